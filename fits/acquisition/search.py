"""The point of a search space that is worth most: scan, climb where the space is continuous, step where it is not.

Start from a space-filling scan and from points around the best rows; from the most promising of them climb over the continuous
dimensions (L-BFGS-B; SLSQP under linear constraints) with all others held, step to the best neighbour in the discrete ones, and
repeat until neither helps. What is compared in the end is what can be evaluated: rounded points that keep every constraint.

The points around the best rows do in many dimensions what a trust region does (TuRBO: Eriksson et al. 2019). Measured in 30 to 200
dimensions, 60 evaluations, 5 paired seeds, the default surrogate, a box that is halved after ten failures in a row: on none of six
problems did the mean best with and without it differ by two standard errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fits.space import Encoding

Array = NDArray[np.float64]
Value = Callable[[torch.Tensor], torch.Tensor]
"""``b x 1 x d`` to ``b``."""

SCAN = 512  # space-filling points
AROUND = 256  # points around the best rows
REACHES = (0.02, 0.1, 0.3)  # how far around, of each dimension's range
STARTS = 6
ROUNDS = 4  # of climbing and stepping
STEPS = 100  # of L-BFGS-B in a round
INWARD = 1e-9  # of a constraint's terms: a point on its edge would break it by a rounding error
ENUMERATED = 20_000  # a space with no more points is looked through whole
BATCH = 1024
FINALISTS = 256  # of more points, those that are compared exactly after a rough comparison of all


class Exhausted(Exception):
    """Every point of the space was evaluated or is being evaluated."""


def best_point(
    value: Value, encoding: Encoding, rows: Array, avoid: Array, seed: int, rough: Value | None = None
) -> tuple[Array, float]:
    """The point of largest `value`, never within rounding of a row of `avoid`.

    Parameters
    ----------
    value : to be maximised.
    encoding : the space.
    rows : ``k x d``, the best evaluated points, best first; may be empty.
    avoid : ``p x d``, points evaluated or pending.
    rough : nearly the same as `value`, and faster.

    Raises
    ------
    Exhausted
        No other point is left.
    """
    listed = encoding.points(ENUMERATED)
    if listed is not None:
        return best_of(value, encoding, listed, avoid, rough)
    candidates = np.vstack([encoding.sample(SCAN, seed), around(encoding, rows, AROUND, seed)])
    candidates = candidates[~encoding.is_duplicate(candidates, avoid)]
    if not len(candidates):
        raise Exhausted
    candidates = _finalists(candidates, rough)
    scores = values(value, candidates)
    starts = _starts(candidates, scores)
    points, reached = _improved(value, encoding, candidates[starts], scores[starts], avoid)
    candidates, scores = np.vstack([candidates, points]), np.append(scores, reached)
    best = int(np.argmax(scores))
    return candidates[best], float(scores[best])


def best_of(value: Value, encoding: Encoding, points: Array, avoid: Array, rough: Value | None = None) -> tuple[Array, float]:
    """The best of the given points that are not in `avoid`; of many, of those that are best by a `rough` value.

    Raises
    ------
    Exhausted
        All of them are.
    """
    left = points[~encoding.is_duplicate(points, avoid)]
    if not len(left):
        raise Exhausted
    left = _finalists(left, rough)
    scores = values(value, left)
    best = int(np.argmax(scores))
    return left[best], float(scores[best])


def _finalists(points: Array, rough: Value | None) -> Array:
    """Those that are best by a rough value, or all."""
    if rough is None or len(points) <= FINALISTS:
        return points
    return points[np.argsort(-values(rough, points), kind="stable")[:FINALISTS]]


def around(encoding: Encoding, rows: Array, count: int, seed: int) -> Array:
    """About `count` valid points near `rows`: some dimensions moved by a normal step, categorical ones to another level."""
    if not len(rows):
        return np.empty((0, encoding.d))
    random = np.random.default_rng(seed)
    points = rows[random.integers(len(rows), size=count)]
    moved = random.random(points.shape) < max(0.3, 3.0 / encoding.d)
    reach = random.choice(REACHES, size=(count, 1))
    steps = random.normal(size=points.shape) * reach
    low, high = encoding.bounds
    for i in range(encoding.d):
        if i in encoding.levels:
            other = random.integers(encoding.levels[i], size=count)
            points[:, i] = np.where(moved[:, i] & (random.random(count) < 0.5), other, points[:, i])
        else:
            grid = encoding.discrete.get(i)
            least = 0.0 if grid is None or len(grid) < 2 else float(np.diff(grid).min())  # so that a step leaves the value it is at
            step = np.sign(steps[:, i]) * np.maximum(np.abs(steps[:, i]), 0.6 * least)
            points[:, i] = np.where(moved[:, i], points[:, i] + step, points[:, i])
    points = encoding.round(np.clip(points, low, high))
    return points[encoding.feasible(points)]


def values(value: Value, points: Array) -> Array:
    """`value` at each of ``k x d``."""
    with torch.no_grad():
        parts = [value(torch.from_numpy(points[i : i + BATCH]).unsqueeze(-2)) for i in range(0, len(points), BATCH)]
    return np.asarray(np.nan_to_num(torch.cat(parts).numpy(), nan=-np.inf))


def _starts(candidates: Array, scores: Array) -> list[int]:
    """The best candidates that are not all in one place: each further than a tenth of the range from the better ones."""
    chosen: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(np.abs(candidates[i] - candidates[j]).max() > 0.1 for j in chosen):
            chosen.append(int(i))
        if len(chosen) == STARTS:
            break
    return chosen


def _improved(value: Value, encoding: Encoding, points: Array, scores: Array, avoid: Array) -> tuple[Array, Array]:
    """``k x d`` points and their scores after climbing and stepping in turn."""
    points, scores = points.copy(), scores.copy()
    continuous = [i for i in range(encoding.d) if i not in encoding.levels and i not in encoding.discrete]
    moving = np.arange(len(points))  # the others are where neither a climb nor a step helps
    for _ in range(ROUNDS):
        its, reached = points[moving], scores[moving]
        if continuous:
            its, reached = _better(value, encoding, its, reached, _climbed(value, encoding, its, continuous)[:, None], avoid)
        stepped, after = _better(value, encoding, its, reached, [encoding.neighbours(point) for point in its], avoid)
        points[moving], scores[moving] = stepped, after
        moving = moving[after > reached]
        if not len(moving):
            break
    return points, scores


def _better(
    value: Value, encoding: Encoding, points: Array, scores: Array, options: Sequence[Array] | Array, avoid: Array
) -> tuple[Array, Array]:
    """Each point, or the best of its own options where that is better and can be evaluated."""
    owner = np.repeat(np.arange(len(points)), [len(own) for own in options])
    offered = np.vstack([*options, np.empty((0, encoding.d))])
    fit = encoding.feasible(offered) & ~encoding.is_duplicate(offered, avoid)
    owner, offered = owner[fit], offered[fit]
    if not len(offered):
        return points, scores
    points, scores, worth = points.copy(), scores.copy(), values(value, offered)
    for i in np.argsort(worth, kind="stable"):  # the best comes last
        if worth[i] > scores[owner[i]]:
            points[owner[i]], scores[owner[i]] = offered[i], worth[i]
    return points, scores


def _climbed(value: Value, encoding: Encoding, points: Array, continuous: list[int]) -> Array:
    """``k x d``: the local maxima over the continuous dimensions, rounded to what can be evaluated."""
    from botorch.generation.gen import gen_candidates_scipy

    inside = [(i, c, bound + INWARD * (sum(map(abs, c)) + abs(bound))) for i, c, bound in encoding.linear]
    linear, equalities = _tensors(inside), _tensors(encoding.equalities)
    low, high = (torch.from_numpy(bound) for bound in encoding.bounds)
    held = {i: torch.from_numpy(points[:, i]) for i in range(encoding.d) if i not in continuous}
    options = {"maxiter": STEPS, **({"max_optimization_problem_aggregation_size": 1} if linear or equalities else {})}
    with warnings.catch_warnings(record=True):  # a climb that ends early is still compared; a filter would not silence BoTorch
        reached, _ = gen_candidates_scipy(
            torch.from_numpy(points).unsqueeze(-2),
            value,  # type: ignore[arg-type]  # any function of b x 1 x d will do
            low,
            high,
            linear,
            equalities,
            options=options,
            fixed_features=held or None,
        )
    return encoding.round(np.clip(reached.detach().squeeze(-2).numpy(), *encoding.bounds))


def _tensors(constraints: Sequence[tuple[list[int], list[float], float]]) -> list[tuple[torch.Tensor, torch.Tensor, float]] | None:
    return [(torch.as_tensor(i), torch.as_tensor(c, dtype=torch.float64), float(r)) for i, c, r in constraints] or None
