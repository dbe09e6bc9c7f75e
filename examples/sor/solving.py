"""Solve a sequence for real: by a policy, by one omega throughout, by Young's formula; and what the best of each step costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sequences import CAP, Heat, NonlinearDiffusion, Problem, ShiftedLaplacian, Step

from fits.sor import Policy
from fits.sor.relax import young
from fits.sor.schema import OMEGA_RANGE
from fits.sor.schema import Method as PolicyName

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Each = Callable[[Problem], Iterator[Step]]  # the steps of a problem, perhaps with a progress bar

SSOR_CG_RANGE = (2.0 * math.sqrt(2.0) - 2.0, 1.9)  # the paper's
INTERVALS = {"c": (-0.15, 0.45), "coef": (0.0, 10.0), "log10_dt": (math.log10(2e-4), math.log10(2e-2))}
ONE_CONTEXT = ("tsallis-inf-cb", "chebcb")
FINE, COARSE = 96, 20  # values of omega for the best of each step, and for the best fixed one

PROBLEMS: dict[str, Callable[[int | None, int], Problem]] = {
    "paper_hv": lambda steps, seed: ShiftedLaplacian("hv", steps or 5000, seed),
    "paper_lv": lambda steps, seed: ShiftedLaplacian("lv", steps or 2000, seed),
    "heat25": lambda steps, _seed: Heat(25, "sor", steps or 3000),
    "heat25-cg": lambda steps, _seed: Heat(25, "ssor-cg", steps or 5000),
    "heat50-cg": lambda steps, _seed: Heat(50, "ssor-cg", steps or 3000),
    "fem": lambda steps, seed: NonlinearDiffusion(steps or 1000, seed),
}
"""(number of steps, or None for the usual one; seed) -> the sequence."""

YOUNG_HOLDS = ("paper_hv", "paper_lv", "heat25")  # SOR on a consistently ordered matrix


class Decision(NamedTuple):
    """Solve with omega; at `limit` iterations, go on with `fallback`."""

    omega: float
    limit: float | None = None
    fallback: float = 1.0


class Driver(Protocol):
    """Chooses omega before each solve and hears what the solve cost."""

    def decide(self, step: Step) -> Decision: ...

    def learn(self, cost: int, converged: bool) -> None: ...


class ByFormula:
    """omega from the step alone; there is nothing to learn."""

    def __init__(self, omega_of: Callable[[Step], float]) -> None:
        self._omega_of = omega_of

    def decide(self, step: Step) -> Decision:
        return Decision(self._omega_of(step))

    def learn(self, cost: int, converged: bool) -> None:
        """Nothing."""


class ByPolicy:
    """omega from a policy, with the contexts that it was made for."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._id = 0

    def decide(self, step: Step) -> Decision:
        self._id, omega = self.policy.ask({name: step.context[name] for name in self.policy.contexts})
        return Decision(omega, self.policy.limit, self.policy.fallback)

    def learn(self, cost: int, converged: bool) -> None:
        self.policy.tell(self._id, cost, converged=converged)


def fixed(omega: float) -> Driver:
    """The same omega throughout."""
    return ByFormula(lambda _step: omega)


def by_young(tolerance: float = 1e-3) -> Driver:
    """Young's omega from the spectral radius by Lanczos steps: `tolerance` of 1 - radius."""
    return ByFormula(lambda step: young(step.solver.jacobi_radius(tolerance=tolerance)))


def policy_for(method: PolicyName, problem: Problem, seed: int) -> Policy:
    """A new policy for this problem, with all of its contexts where the policy takes several."""
    low, high = omega_range(problem)
    names = list(problem.step.context)
    if method in ONE_CONTEXT:
        names = names[:1]
    interval = INTERVALS[names[0]] if method in ONE_CONTEXT else None
    return Policy(method, contexts=names, low=low, high=high, seed=seed, interval=interval)


def omega_range(problem: Problem) -> tuple[float, float]:
    """The values of omega to choose from."""
    return OMEGA_RANGE if problem.step.method == "sor" else SSOR_CG_RANGE


@dataclass(frozen=True)
class Run:
    """What a sequence took: iterations and omega of each solve; seconds in the solver and in decisions; solves given up."""

    iterations: Counts
    omegas: Array
    solving: float
    deciding: float
    gave_up: int


def run(problem: Problem, driver: Driver, each: Each = iter) -> Run:
    """Solve the rest of the sequence."""
    problem.step.costs([1.5], cap=1)  # loads the compiled solver before the clock runs
    iterations, omegas = [], []
    solving = deciding = 0.0
    gave_up = 0
    for step in each(problem):
        start = perf_counter()
        omega, limit, fallback = driver.decide(step)
        decided = perf_counter()
        solve = step.solve(omega, CAP if limit is None else max(1, min(CAP, int(limit))))
        solved = perf_counter()
        driver.learn(solve.iterations, solve.converged)
        learned = perf_counter()
        cost = solve.iterations
        if not solve.converged and limit is not None:
            gave_up += 1
            cost += step.go_on(solve, fallback).iterations
        solving += solved - decided + perf_counter() - learned
        deciding += decided - start + learned - solved
        iterations.append(cost)
        omegas.append(omega)
    return Run(np.array(iterations), np.array(omegas), solving, deciding, gave_up)


@dataclass(frozen=True)
class Reference:
    """What could be had.

    Attributes
    ----------
    optimal : (steps,) iterations of the best omega of each step: the instance-optimal policy.
    omegas, costs : (n,) values of omega and (steps, n) iterations.
    """

    optimal: Counts
    omegas: Array
    costs: Counts

    @property
    def best_fixed(self) -> int:
        """Which of `omegas` costs least in total."""
        return int(self.costs.sum(axis=0).argmin())


def reference(problem: Problem, each: Each = iter) -> Reference:
    """Solve the rest of the sequence with 96 and with 20 values of omega, and with 1."""
    low, high = omega_range(problem)
    fine, coarse = (np.union1d(np.linspace(low, high, number), [1.0]) for number in (FINE, COARSE))
    optimal, costs = [], []
    for step in each(problem):
        costs.append(step.costs(coarse))
        optimal.append(step.best(fine)[1])
    return Reference(np.array(optimal), coarse, np.array(costs))


def warm_up(methods: Sequence[PolicyName], problem: Problem) -> None:
    """Load what is compiled in the policies, before the clock runs."""
    for method in methods:
        driver = ByPolicy(policy_for(method, problem, seed=0))
        for cost in range(10, 40):
            driver.decide(problem.step)
            driver.learn(cost, True)
