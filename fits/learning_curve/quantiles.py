"""Decisions from quantiles: chances, comparisons and times of arrival of values that are known by their quantiles alone.

An uncertain value is an array (..., 5): its quantiles at `LEVELS`, ascending. Between them the logistic score of the level,
ln(p / (1 - p)), is a straight line in the value. Beyond them the odds of lying still farther out fall as 1 / (1 + distance), with
the slope of the outer line where they begin: tails as heavy as those that `Mixture` was measured to have between .05 and .01.
Quantiles that coincide are a point mass: it counts half where a value equals it.

Measured on forecasts of an earlier `meta` for data sets of LCDB 1.1 that it was not trained on (3,150 curves, 38,000 pairs of
learners on the same data set; 10 / 20 / 50 % seen). The heavy tails take the log loss of "a point is still to gain" from .376 /
.363 / .231 to .373 / .358 / .231 and leave that of pairs at .295 / .229 / .115; of pairs said to be less likely than .005, .1 / .5
/ .1 % happen. Each decile of the chances of pairs is within .06 of what happens; a gain is promised somewhat too often (.35 said,
.2 happen) below one half. Errors of two learners on the same data set correlate by .06 / .05 / .03: taking them as independent
needs no correction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SCORES = np.log(np.array(LEVELS) / (1.0 - np.array(LEVELS)))
OUTER = float(SCORES[-1])
SURE = 0.005  # no chance is nearer to 0 or 1: as many of those that would be come out otherwise
GRID = (np.arange(200) + 0.5) / 200.0  # levels that stand for a distribution
CELLS = 500  # of the values among which the best of many is sought


def chance_below(q: npt.ArrayLike, value: npt.ArrayLike) -> Array:
    """P(Y < value), with half of P(Y = value): (...), between .005 and .995.

    Parameters
    ----------
    q : (..., 5) quantiles of Y.
    value : (...), in the unit of q.
    """
    return np.asarray(np.clip(_level_of(np.asarray(q, dtype=np.float64), np.asarray(value, dtype=np.float64)), SURE, 1.0 - SURE))


def at_levels(q: npt.ArrayLike, levels: npt.ArrayLike) -> Array:
    """Quantiles at other levels (k,) in (0, 1): (..., k)."""
    q, levels = np.asarray(q, dtype=np.float64), np.asarray(levels, dtype=np.float64)
    score = _straight(np.log(levels / (1.0 - levels)))
    k = np.clip(np.searchsorted(SCORES, score) - 1, 0, len(SCORES) - 2)
    share = (score - SCORES[k]) / (SCORES[k + 1] - SCORES[k])
    return np.asarray(q[..., k] + share * (q[..., k + 1] - q[..., k]))


def chance_less(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """P(A < B), with half of P(A = B), of independent A and B: (...), between .005 and .995.

    Parameters
    ----------
    a, b : (..., 5) their quantiles; broadcast against each other. Takes 2 kB a pair and more: not for all pairs of 1,000 curves.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    above = _level_of(b[..., None, :], at_levels(a, GRID)).mean(axis=-1)  # P(B < A)
    below = _level_of(a[..., None, :], at_levels(b, GRID)).mean(axis=-1)
    # Both orders, so that the chances of a pair add up to one.
    return np.asarray(np.clip(0.5 * (below + 1.0 - above), SURE, 1.0 - SURE))


def chances_of_best(q: npt.ArrayLike) -> Array:
    """The chance that each of S independent values is the lowest: (S,), sum 1.

    P(s is lowest) = integral of prod_{r != s} (1 - F_r(v)) dF_s(v), summed over cells whose borders are quantiles of all of them,
    so it depends neither on a seed nor on the order of the curves. Equal values share.

    Parameters
    ----------
    q : (S, 5)
    """
    q = np.asarray(q, dtype=np.float64)
    values = np.unique(at_levels(q, GRID))
    # What lies above every curve's upper end never wins.
    values = values[values <= at_levels(q, GRID[-1:]).min()]
    values = values[np.unique(np.linspace(0, len(values) - 1, CELLS).round().astype(int))]
    # A point mass lies between two borders.
    borders = np.sort(np.concatenate([np.nextafter(values, -np.inf), np.nextafter(values, np.inf)]))
    F = np.concatenate([np.zeros((len(q), 1)), _level_of(q[:, None, :], borders), np.ones((len(q), 1))], axis=1)
    mass, won = np.diff(F, axis=1), np.zeros(len(q))
    for share in (0.5 - 0.75**0.5 / 3.0, 0.5 + 0.75**0.5 / 3.0):  # of a cell: Gauss's two points
        ahead = np.log1p(-np.minimum(F[:, :-1] + share * mass, 1.0 - 1e-12))
        won += (mass * np.exp(ahead.sum(axis=0) - ahead)).sum(axis=1)
    return np.asarray(won / won.sum())


def standing(q: npt.ArrayLike, last: npt.ArrayLike) -> Array:
    """What the best of several curves is to be picked by, the lowest first: .2 of the .75 quantile and .8 of the last value, (...).

    The lowest of many forecasts is low by luck: a pick by the median costs more than one by the last value. Measured as above, mean
    excess of the pick over the best of up to 28 learners in 1e-4 at 5 / 7 / 10 / 14 / 20 / 30 / 40 / 50 / 65 % seen: last value
    86 / 80 / 65 / 53 / 20 / 14 / 13 / 5 / 5, median 238 / 193 / 108 / 73 / 69 / 35 / 23 / 16 / 4, this
    77 / 79 / 60 / 34 / 22 / 15 / 8 / 3 / 4. On 80 smaller data sets, which had no say in it, it is 63 on average against 66 of the
    last value. Pairs are ordered better by the median.

    Parameters
    ----------
    q : (..., 5); last : (...) the last value seen.
    """
    q, last = np.asarray(q, dtype=np.float64), np.asarray(last, dtype=np.float64)
    return np.asarray(0.2 * q[..., LEVELS.index(0.75)] + 0.8 * last)


@dataclass(frozen=True)
class Reach:
    """Where a falling curve first gets to a target; None beyond the last position looked at.

    Attributes
    ----------
    typical : x by which the target is reached in half of the cases in which it is reached at all by the last position: the best
        single answer. Where the chance of that is below .05 there is none.
    median, low, high : x at which the median, the .05 and the .95 quantile get there: `low` is early, `high` late.
    chance : of getting there by the last position.
    """

    typical: float | None
    median: float | None
    low: float | None
    high: float | None
    chance: float


def reach(x: npt.ArrayLike, q: npt.ArrayLike, target: float) -> Reach:
    """Where a falling curve gets to a target.

    Of a curve that never rises, P(X* <= x) = P(Y(x) <= target): the quantiles of the arrival X* are the arrivals of the quantiles,
    and `typical` is that of the level chance / 2.

    Measured on curves of unseen data sets, with an earlier model and forecasts up to 14 times ahead: where a target is reached
    1.5 / 2 / 3 / 4 / 6 / 9 times ahead, `typical` is within a factor 2 in 93 / 92 / 92 / 89 / 80 / 63 %, and `median` in 88 / 78 /
    66 / 55 / 43 / 26 % because it often never gets there. The chance is below .05 for 1 / 2 / 3 / 3 / 5 / 8 %.

    Parameters
    ----------
    x : (m,) ascending, > 0.
    q : (m, 5) quantiles of the curve there, falling form.
    target : in the unit of q.
    """
    x, q = np.asarray(x, dtype=np.float64), np.minimum.accumulate(np.asarray(q, dtype=np.float64), axis=0)
    early, middle, late = (_arrival(x, q[:, LEVELS.index(level)], target) for level in (0.05, 0.5, 0.95))
    by_the_end = _level_on(q[-1:], np.array([target]), (q[-1:] <= target).sum(axis=-1), 1.0)
    chance = float(np.clip(by_the_end[0], SURE, 1.0 - SURE))
    halfway = np.minimum.accumulate(at_levels(q, [0.5 * chance])[:, 0])
    typical = _arrival(x, halfway, target) if chance >= LEVELS[0] else None
    return Reach(typical, middle, early, late, chance)


def _arrival(x: Array, y: Array, target: float) -> float | None:
    """The first x at which y (m,), which never rises, is at most the target: linear in ln x between two positions."""
    k = int((y > target).sum())
    if k == len(y):
        return None
    if k == 0:
        return float(x[0])
    share = (y[k - 1] - target) / (y[k - 1] - y[k])
    return float(x[k - 1] * (x[k] / x[k - 1]) ** share)


def _level_of(q: Array, value: Array) -> Array:
    """P(Y < value) with half of P(Y = value): (...), between 0 and 1; q (..., 5), value (...)."""
    q, value = np.broadcast_arrays(q, value[..., None])
    value = value[..., 0]
    below, upto = (q < value[..., None]).sum(axis=-1), (q <= value[..., None]).sum(axis=-1)
    return np.asarray(0.5 * (_level_on(q, value, below, 0.0) + _level_on(q, value, upto, 1.0)))


def _level_on(q: Array, value: Array, above: npt.NDArray[np.int64], otherwise: float) -> Array:
    """The level of values that have `above` quantiles below them: on the segment there or, past the ends, on the outer one.

    An outer segment without a width ends in a point mass: past it nothing is left, and `otherwise` holds on its edge.
    """
    k = np.clip(above - 1, 0, len(SCORES) - 2)
    left, right = (np.take_along_axis(q, i[..., None], axis=-1)[..., 0] for i in (k, k + 1))
    wide = right > left
    with np.errstate(over="ignore"):  # a width next to nothing
        score = SCORES[k] + (value - left) / np.where(wide, right - left, 1.0) * (SCORES[k + 1] - SCORES[k])
        level = 1.0 / (1.0 + np.exp(-_heavy(score)))
    edge = np.where(value < left, 0.0, np.where(value > right, 1.0, otherwise))
    return np.where(wide, level, edge)


def _heavy(score: Array) -> Array:
    """The score of a level where the outer lines bend, from that on straight ones."""
    size = np.abs(score)
    return np.asarray(np.sign(score) * (np.minimum(size, OUTER) + np.log1p(np.maximum(size - OUTER, 0.0))))


def _straight(score: Array) -> Array:
    """The inverse of `_heavy`."""
    size = np.abs(score)
    return np.asarray(np.sign(score) * (np.minimum(size, OUTER) + np.expm1(np.maximum(size - OUTER, 0.0))))
