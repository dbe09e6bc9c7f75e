"""Which decisions still wait for their outcome: every id is told exactly once, in any order, however late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from fits.solver import UnknownId

P = TypeVar("P")

MOST_PENDING = 10_000  # a caller that never tells would fill the memory: the oldest decisions are forgotten


class Ledger(Generic[P]):
    """The decisions made and not yet told, by id. Ids count up from 1 and are never given twice."""

    def __init__(self, next_id: int = 1, pending: Mapping[int, P] | None = None) -> None:
        self.next_id = next_id
        self._pending: dict[int, P] = dict(pending or {})

    def __len__(self) -> int:
        return len(self._pending)

    def open(self, what: P) -> int:
        """Note a decision; the id under which its outcome will be told."""
        id_ = self.next_id
        self.next_id += 1
        self._pending[id_] = what
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        return id_

    def close(self, id_: int) -> P:
        """The decision of this id, which from now on waits no more.

        Raises
        ------
        UnknownId
            It does not wait: never asked, told before, or forgotten.
        """
        try:
            return self._pending.pop(id_)
        except KeyError:
            known = isinstance(id_, int) and 0 < id_ < self.next_id
            raise UnknownId(id_, "was told before, or forgotten" if known else "was never asked") from None

    def pending(self) -> dict[int, P]:
        """The waiting decisions, oldest first."""
        return dict(self._pending)
