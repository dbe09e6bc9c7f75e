"""A search space, what is sought in it and the trials so far, as the arrays that models learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.bnn_bo.problem import Goal
from fits.bnn_bo.schema import Limit, Row, Trial
from fits.space import Encoding, Space

Array = NDArray[np.float64]

WITHIN_REACH = 500  # rows that a model learns from: beyond it, those around the best and a spread of the others


class Lesson(NamedTuple):
    """Points ``k x d``, outcomes ``k``, and their standard errors ``k`` where they are known."""

    X: Array
    y: Array
    errors: Array | None = None

    def part(self, rows: NDArray[np.bool_]) -> Lesson:
        """Some of the rows."""
        return Lesson(self.X[rows], self.y[rows], None if self.errors is None else self.errors[rows])


@dataclass(frozen=True)
class Study:
    """All that a proposal is made from, before anything is learned.

    `trials` lie in the space. Their order does not count: arrays are in the order of the encoded configurations.
    """

    space: Space
    goal: Goal
    trials: Sequence[Trial]
    pool: Sequence[Row] | None = None
    seed: int = 0

    @cached_property
    def encoding(self) -> Encoding:
        return Encoding(self.space)

    @cached_property
    def _sorted(self) -> tuple[list[Trial], Array]:
        X = self.encoding.encode([trial.config for trial in self.trials])
        keys = [
            (row, trial.status, sorted(trial.outcomes.items()), trial.row)
            for row, trial in zip(X.tolist(), self.trials, strict=True)
        ]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return [self.trials[i] for i in order], X[order]

    @property
    def ordered(self) -> list[Trial]:
        """The trials in the order of all arrays."""
        return self._sorted[0]

    @property
    def X(self) -> Array:
        """``n x d``: every trial, also failed and pending ones."""
        return self._sorted[1]

    @cached_property
    def done(self) -> NDArray[np.bool_]:
        """``n``: which trials were evaluated."""
        return np.array([trial.status == "done" for trial in self.ordered], dtype=bool)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """``n``: which evaluated trials are within all limits."""
        return np.array([trial.status == "done" and self.within(trial) for trial in self.ordered], dtype=bool)

    def within(self, trial: Trial) -> bool:
        """Whether a trial's outcomes keep every limit."""
        return all(keeps(limit, trial.outcomes[limit.name]) for limit in self.goal.limits)

    def values(self, name: str) -> Array:
        """``n``: an outcome of every trial, NaN where there is none."""
        return np.array(
            [trial.outcomes.get(name, np.nan) if trial.status == "done" else np.nan for trial in self.ordered], dtype=float
        )

    def lesson(self, name: str) -> Lesson:
        """What a model of an outcome learns from.

        A failed trial counts as bad as the worst one done, so that the search keeps away from what fails. Of more than
        `WITHIN_REACH` rows the better half of that number and an even spread of the others are taken.
        """
        y = self.values(name)
        objective = next((item for item in self.goal.objectives if item.name == name), None)
        errors = None
        if objective is not None and self.done.any():
            failed = np.array([trial.status == "failed" for trial in self.ordered], dtype=bool)
            y[failed] = (np.nanmin if objective.maximize else np.nanmax)(y)
            if objective.noise is not None:
                known = self.values(objective.noise)
                errors = np.where(np.isfinite(known), known, np.nanmedian(known))
        rows = np.flatnonzero(np.isfinite(y))
        if len(rows) > WITHIN_REACH:
            rows = rows[self._chosen(rows)]
        return Lesson(self.X[rows], y[rows], None if errors is None else errors[rows])

    def _chosen(self, known: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in `known` of the rows that fit into `WITHIN_REACH`, ascending."""
        first = self.goal.objectives[0]
        y = np.nan_to_num(self.values(first.name)[known], nan=-np.inf if first.maximize else np.inf)
        order = np.argsort(-y if first.maximize else y, kind="stable")
        best, others = order[: WITHIN_REACH // 2], order[WITHIN_REACH // 2 :]
        spread = np.random.default_rng(self.seed).permutation(others)[: WITHIN_REACH - len(best)]
        return np.sort(np.concatenate([best, spread]))

    @cached_property
    def candidates(self) -> Array | None:
        """``k x d``: the pool; None where anything in the space can be evaluated."""
        return None if self.pool is None else self.encoding.encode(list(self.pool))


def keeps(limit: Limit, value: float) -> bool:
    """Whether a value is within a limit."""
    return value <= limit.bound if limit.sense == "<=" else value >= limit.bound
