"""A search space, what is sought in it and the trials so far, as the arrays that models learn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.acquisition.holding import Held
from fits.bnn_bo.known import Quantity, quantities
from fits.bnn_bo.problem import Goal
from fits.bnn_bo.schema import Limit, Objective, Row, Trial
from fits.solver import BadQuery
from fits.space import Encoding, Space
from fits.space.existence import SAME

Array = NDArray[np.float64]

WITHIN_REACH = 500  # rows that a model learns from: beyond it, those around the best and a spread of the others


class Lesson(NamedTuple):
    """Points ``k x d``, outcomes ``k``, and their standard errors ``k`` where they are known."""

    X: Array
    y: Array
    errors: Array | None = None

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Lesson:
        """Some of the rows."""
        return Lesson(self.X[rows], self.y[rows], None if self.errors is None else self.errors[rows])


@dataclass(frozen=True)
class Study:
    """All that a proposal is made from, before anything is learned.

    `trials` lie in the space. Their order does not count: arrays are in the order of the encoded configurations. What is sought is
    sought at the target fidelity: `fidelity` or, where it is None, that of the space.
    """

    space: Space
    goal: Goal
    trials: Sequence[Trial]
    pool: Sequence[Row] | None = None
    seed: int = 0
    fidelity: float | None = None

    def but(self, **changes: Any) -> Study:
        """This study with other trials, objectives or fidelity: what space, pool and limits say is not worked out again."""
        other = replace(self, **changes)
        vars(other).update({name: its for name, its in vars(self).items() if name in ("encoding", "candidates", "known")})
        return other

    @cached_property
    def encoding(self) -> Encoding:
        """Of the part of the space that keeps the limits on known sums."""
        objectives, space = self.space.objectives, self.space
        sums = [(objectives[limit.name].known, limit) for limit in self.goal.limits if limit.name in objectives]
        rules = [f"({its}) {limit.sense} {limit.bound!r}" for its, limit in sums if isinstance(its, str)]
        return Encoding(space.model_copy(update={"constraints": [*space.constraints, *rules]}) if rules else space)

    @cached_property
    def known(self) -> dict[str, Quantity]:
        """The outcomes that follow from the configuration.

        Raises
        ------
        BadQuery
            The cost is one of them, and not positive everywhere.
        """
        found = quantities(self.encoding, self.pool or [], self.candidates)
        if self.goal.cost in found and not (least := found[self.goal.cost].least()) > 0.0:
            raise BadQuery("cost", f"{self.goal.cost} must be above 0 everywhere (its smallest value is {least:g})")
        return found

    @cached_property
    def target(self) -> dict[int, float]:
        """The dimension of the fidelity and its position at the target; empty where the space has no fidelity."""
        its = self.space.fidelity
        if its is None:
            return {}
        i = self.encoding.names.index(its.parameter)
        value = its.target if self.fidelity is None else self.fidelity
        return {i: float(self.encoding.axes[i].positions([value])[0])}

    @cached_property
    def searched(self) -> Encoding:
        """The space at the target fidelity."""
        return Held(self.encoding, self.target) if self.target else self.encoding

    @cached_property
    def _sorted(self) -> tuple[list[Trial], Array]:
        X = self.encoding.encode([trial.config for trial in self.trials])
        trials = self._told(X)
        keys = [
            (row, trial.status, sorted(trial.outcomes.items()), trial.row) for row, trial in zip(X.tolist(), trials, strict=True)
        ]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return [trials[i] for i in order], X[order]

    def _told(self, X: Array) -> list[Trial]:
        """The trials with their known outcomes.

        Raises
        ------
        BadQuery
            The pool does not say what is known of one of them.
        """
        told = [dict(trial.outcomes) for trial in self.trials]
        for name, quantity in self.known.items():
            for trial, outcomes, value in zip(self.trials, told, quantity.at(X).tolist(), strict=True):
                if math.isnan(value):
                    raise BadQuery("pool", f"row {trial.row} of the log is not in the pool, which says what {name} is")
                outcomes[name] = value
        return [trial.model_copy(update={"outcomes": its}) for trial, its in zip(self.trials, told, strict=True)]

    @property
    def ordered(self) -> list[Trial]:
        """The trials, with their known outcomes, in the order of all arrays."""
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
    def counting(self) -> NDArray[np.bool_]:
        """``n``: which trials were evaluated at the target fidelity."""
        found = self.done.copy()
        for i, at in self.target.items():
            found &= np.abs(self.X[:, i] - at) <= SAME
        return found

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """``n``: which of them are within all limits."""
        return self.counting & self._within(self.goal.limits)

    @cached_property
    def baseline(self) -> NDArray[np.bool_]:
        """``n``: the trials that others must improve on: those of `kept`.

        Where there are none: evaluated ones within all limits, whatever their fidelity; else those within the limits on what was
        measured, for the search keeps the others by itself.
        """
        if self.kept.any():
            return self.kept
        within = self.done & self._within(self.goal.limits)
        if within.any():
            return within
        return self.done & self._within([limit for limit in self.goal.limits if limit.name not in self.known])

    def _within(self, limits: Sequence[Limit]) -> NDArray[np.bool_]:
        values = {limit.name: self.values(limit.name) for limit in limits}
        return np.array([all(keeps(limit, values[limit.name][i]) for limit in limits) for i in range(len(self.trials))], dtype=bool)

    def allowed(self, X: Array) -> NDArray[np.bool_]:
        """``n``: which of ``n x d`` points keep the limits on what is known."""
        kept = np.ones(len(X), dtype=bool)
        for limit in self.goal.limits:
            if limit.name in self.known:
                values = self.known[limit.name].at(X)
                kept &= (values <= limit.bound) if limit.sense == "<=" else (values >= limit.bound)
        return kept

    @property
    def modelled(self) -> list[Objective]:
        """The objectives that are not known."""
        return [item for item in self.goal.objectives if item.name not in self.known]

    @property
    def learnable(self) -> Study:
        """The study of those objectives alone."""
        return self.but(goal=self.goal._replace(objectives=self.modelled))

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
        first = (self.modelled or self.goal.objectives)[0]
        y = np.nan_to_num(self.values(first.name)[known], nan=-np.inf if first.maximize else np.inf)
        order = np.argsort(-y if first.maximize else y, kind="stable")
        best, others = order[: WITHIN_REACH // 2], order[WITHIN_REACH // 2 :]
        spread = np.random.default_rng(self.seed).permutation(others)[: WITHIN_REACH - len(best)]
        return np.sort(np.concatenate([best, spread]))

    @cached_property
    def candidates(self) -> Array | None:
        """``k x d``: the pool; None where anything in the space can be evaluated."""
        return None if self.pool is None else self.encoding.encode(list(self.pool))

    def config(self, x: Array) -> Row:
        """The configuration of a point ``d``: of a pool the row itself, not what is left of it after encoding and back."""
        config = self.encoding.decode(x[None])[0]
        if self.pool is None or self.candidates is None:
            return config
        row = self.pool[int(np.abs(self.candidates - x).sum(axis=1).argmin())]
        return {name: row.get(name, value) for name, value in config.items()}


def keeps(limit: Limit, value: float) -> bool:
    """Whether a value is within a limit."""
    return value <= limit.bound if limit.sense == "<=" else value >= limit.bound
