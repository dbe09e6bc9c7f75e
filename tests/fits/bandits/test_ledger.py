"""Every decision is told exactly once."""

import pytest

from fits.bandits.ledger import MOST_PENDING, Ledger
from fits.solver import UnknownId


def test_outcomes_may_come_in_any_order() -> None:
    ledger: Ledger[str] = Ledger()
    ids = [ledger.open(name) for name in "abc"]
    assert [ledger.close(id_) for id_ in reversed(ids)] == ["c", "b", "a"]


def test_an_id_is_told_once() -> None:
    ledger: Ledger[str] = Ledger()
    id_ = ledger.open("a")
    ledger.close(id_)
    with pytest.raises(UnknownId, match="told before"):
        ledger.close(id_)


@pytest.mark.parametrize("id_", [0, -1, 7])
def test_an_id_never_asked_is_unknown(id_: int) -> None:
    with pytest.raises(UnknownId, match="never asked"):
        Ledger().close(id_)


def test_a_caller_that_never_tells_does_not_fill_the_memory() -> None:
    ledger: Ledger[int] = Ledger()
    for number in range(MOST_PENDING + 10):
        ledger.open(number)
    assert len(ledger) == MOST_PENDING
    with pytest.raises(UnknownId, match="forgotten"):
        ledger.close(1)
