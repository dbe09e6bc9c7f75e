"""A policy whose every decision depends on the seed, the context and all that was told, so that nothing lost goes unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fits.bandits.ledger import Ledger
from fits.solver import BadQuery, Scalar
from toy_dial.schema import Fit, Options, PolicyOptions

if TYPE_CHECKING:
    import pandas as pd


def fit(log: pd.DataFrame, options: Options) -> Fit:
    return Fit(mean=float(log["cost"].mean()))


def policy(options: PolicyOptions, fit: Fit | None = None, state: dict[str, Any] | None = None) -> Policy:
    new = {"next_id": 1, "pending": [], "told": [], "sum": 0.0}
    return Policy(options, 0.0 if fit is None else fit.mean, new if state is None else state)


class Policy:
    """Remembers the id and the cost of every outcome (a real policy keeps a state of bounded size)."""

    def __init__(self, options: PolicyOptions, mean: float, state: dict[str, Any]) -> None:
        self.options, self.mean = options, mean
        self.ledger = Ledger(state["next_id"], dict(state["pending"]))
        self.told: list[tuple[int, float]] = [(id_, cost) for id_, cost in state["told"]]
        self.sum: float = state["sum"]

    @property
    def next_id(self) -> int:
        return self.ledger.next_id

    @next_id.setter
    def next_id(self, value: int) -> None:
        self.ledger.next_id = value

    def ask(self, query: Mapping[str, Any]) -> tuple[int, dict[str, Scalar]]:
        c = _number(query, "c")
        dial = (self.options.seed + 1) * (c + self.mean + self.sum * 0.7310585786300049 + len(self.told)) % self.options.width
        decision: dict[str, Scalar] = {"dial": dial} if c != -1 else {"id": 0}  # -1: a decision with a name that is taken
        return self.ledger.open(c), decision

    def tell(self, id_: int, outcome: Mapping[str, Any]) -> None:
        cost = _number(outcome, "cost")
        if cost == -1:
            raise AssertionError("a bug in a policy")
        self.ledger.close(id_)
        self.told.append((id_, cost))
        self.sum += cost

    def state(self) -> dict[str, Any]:
        return {"next_id": self.next_id, "pending": list(self.ledger.pending().items()), "told": self.told, "sum": self.sum}


def _number(values: Mapping[str, Any], name: str) -> float:
    value = values.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 1e9:
        raise BadQuery(name, f"expected a number up to 1e9 (got {value!r})")
    return float(value)
