"""The solver under test as the benchmark sees it: `fits.bnn_bo.proposing.propose`, asked anew at every step.

A name is a surrogate, or "auto". Of a pool it may choose any row that is left; "gp+nearest" instead asks in the box around the
rows, as rivals must, and has the nearest row that is left evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bnn_bo_problems import Problem
from bnn_bo_rivals import Evaluation, Make, Method, UnsuitedProblemError
from bnn_bo_spaces import Config

if TYPE_CHECKING:
    from fits.space import Space

OURS = ("gp", "average", "gp-rbf", "ibnn", "dkl", "hmc", "sghmc", "ensemble", "laplace", "vbll", "saas", "auto")
NEAREST = "+nearest"


class Ours:
    def __init__(self, problem: Problem, starts: Sequence[Evaluation], seed: int, surrogate: str, pooled: bool) -> None:
        from fits.bnn_bo.proposing import propose

        self._propose, self._space, self._seed, self._surrogate = propose, space_of(problem), seed, surrogate
        self._pool = problem.pool if pooled else None
        self._history = [(one.config, one.outcomes) for one in starts]
        self.intervals: dict[str, tuple[float, float]] = {}  # of 90 %, of what was asked for last

    def ask(self) -> Config:
        (proposal,) = self._propose(self._space, self._history, surrogate=self._surrogate, pool=self._pool, seed=self._seed)
        self.intervals = {name: (its.low, its.high) for name, its in proposal.expected.items()}
        return dict(proposal.config)

    def tell(self, evaluation: Evaluation) -> None:
        self._history.append((evaluation.config, evaluation.outcomes))


def space_of(problem: Problem) -> Space:
    from fits.space import Space

    objectives = {name: {"direction": direction} for name, direction in problem.directions.items()}
    return Space.model_validate({"parameters": dict(problem.parameters), "objectives": objectives})


def ours(name: str) -> Make:
    surrogate, nearest = name.removesuffix(NEAREST), name.endswith(NEAREST)

    def make(problem: Problem, starts: Sequence[Evaluation], seed: int) -> Method:
        if nearest and problem.pool is None:
            raise UnsuitedProblemError("there is no pool")
        return Ours(problem, starts, seed, surrogate, pooled=not nearest)

    return make
