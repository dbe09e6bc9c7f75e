"""Scores of trajectories: normalised regret, hypervolume, and differences of methods with intervals over the problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, lgamma
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from bnn_bo_spaces import Array

if TYPE_CHECKING:
    from bnn_bo_problems import Outcomes, Problem

MARKS = (10, 20, 30, 50, 100)
WIDER = 0.1  # of its range, by which a Pareto front's worst point is moved away to be the reference
DRAWS = 2000  # of problems, for intervals
TINY = 1e-9


# --- several objectives: everything is to be maximized here


def efficient(values: Array) -> Array:
    """The rows that no other dominates, each once: ``n x m`` to ``k x m``."""
    found: list[Array] = []
    for row in np.unique(values, axis=0)[::-1]:  # whoever dominates a row comes before it
        if not found or not (np.array(found) >= row).all(axis=1).any():
            found.append(row)
    return np.array(found)


def nadir(values: Array) -> Array:
    """The worst of each objective on the Pareto front, and a tenth of the front's range worse."""
    front = efficient(values)
    low, high = front.min(axis=0), front.max(axis=0)
    wide = np.where(high > low, high - low, np.ptp(values, axis=0))
    return low - WIDER * np.where(wide > 0.0, wide, 1.0)


def hypervolume(values: Array, reference: Array) -> float:
    """The volume that dominates `reference` and is dominated by some row: by slices along the last objective."""
    inside = values[(values > reference).all(axis=1)]
    if not len(inside):
        return 0.0
    front = efficient(inside) - reference
    if front.shape[1] == 1:
        return float(front.max())
    front = front[np.argsort(-front[:, -1])]
    heights = np.append(front[:, -1], 0.0)
    thick = heights[:-1] - heights[1:]
    zero = np.zeros(front.shape[1] - 1)
    return float(sum(t * hypervolume(front[: k + 1, :-1], zero) for k, t in enumerate(thick) if t > 0.0))


# --- one run


def regrets(problem: Problem, outcomes: Sequence[Outcomes], marks: Sequence[int]) -> list[float]:
    """Normalised regret after each number of evaluations: 0 is the best there is, 1 the median outcome.

    Of several objectives: the share of the largest hypervolume that is missing. A run that ended with its table goes on as it was.
    """
    names = list(problem.directions)
    signs = np.array([1.0 if problem.directions[name] == "maximize" else -1.0 for name in names])
    values = signs * np.array([[outcome[name] for name in names] for outcome in outcomes])
    if problem.several:
        assert problem.reference is not None
        assert problem.hypervolume is not None
        point = signs * np.array([problem.reference[name] for name in names])
        return [1.0 - hypervolume(values[:mark], point) / problem.hypervolume for mark in marks]
    assert problem.best is not None
    best, usual = signs[0] * problem.best, signs[0] * problem.usual
    return [float((best - values[:mark].max()) / (best - usual)) for mark in marks]


def best_of(problem: Problem, outcomes: Sequence[Outcomes], mark: int) -> float:
    """The best value after so many evaluations, as it was measured."""
    (name,) = problem.directions
    found = [outcome[name] for outcome in outcomes[:mark]]
    return max(found) if problem.directions[name] == "maximize" else min(found)


def expected_best(values: Array, draws: int, *, maximize: bool) -> float:
    """The mean best of so many of these values, drawn at random and none twice, exactly."""
    n = len(values)
    ranked = np.sort(values)[::-1] if maximize else np.sort(values)
    if draws >= n:
        return float(ranked[0])
    whole = lgamma(n + 1) - lgamma(draws + 1) - lgamma(n - draws + 1)
    first = [lgamma(n - k) - lgamma(draws) - lgamma(n - k - draws + 1) - whole for k in range(n - draws + 1)]
    return float(np.dot([exp(one) for one in first], ranked[: n - draws + 1]))


# --- methods beside each other


class Comparison(NamedTuple):
    """Over the problems that both have been run on, seeds paired."""

    problems: int
    ratio: float  # of mean regrets
    ratio_within: tuple[float, float]
    difference: float
    difference_within: tuple[float, float]
    worse: float  # share of problems
    surely_worse: float  # by more than two standard errors of the paired differences


def compare(ours: Mapping[str, Mapping[int, float]], theirs: Mapping[str, Mapping[int, float]]) -> Comparison | None:
    """Regret by problem and seed; the intervals of 95 % are by drawing problems again."""
    pairs = {}
    for name in ours:
        seeds = sorted(set(ours[name]) & set(theirs.get(name, {})))
        if seeds:
            pairs[name] = np.array([[ours[name][s], theirs[name][s]] for s in seeds])
    if not pairs:
        return None
    means = np.array([pair.mean(axis=0) for pair in pairs.values()])
    drawn = redrawn(means)
    mean, its = means.mean(axis=0)
    sure = [_gap(pair) > 2.0 for pair in pairs.values()]
    return Comparison(
        len(pairs),
        float(mean / max(its, TINY)),
        middle(drawn[:, 0] / np.maximum(drawn[:, 1], TINY)),
        float(mean - its),
        middle(drawn[:, 0] - drawn[:, 1]),
        float((means[:, 0] > means[:, 1] + TINY).mean()),
        float(np.mean(sure)),
    )


def redrawn(each: Array) -> Array:
    """Column means of ``problems x k``, the problems drawn again and again: ``draws x k``."""
    return np.asarray(each[np.random.default_rng(0).integers(len(each), size=(DRAWS, len(each)))].mean(axis=1))


def middle(drawn: Array) -> tuple[float, float]:
    """Bounds of the middle 95 %."""
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return low, high


def _gap(pair: Array) -> float:
    """Mean difference of a problem's seeds in standard errors."""
    more = pair[:, 0] - pair[:, 1]
    if len(more) < 2 or not more.std():
        return 0.0
    return float(more.mean() / (more.std(ddof=1) / np.sqrt(len(more))))
