"""The scores of the benchmark. Each takes the cases of one share and a method's answers to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from learning_curve_cases import POINT, Array, Case
from learning_curve_methods import Answer

APART = 0.02  # learners whose ends are nearer are no pair: so the last value orders as many right as the page says
FEWEST = 5  # learners to pick the best from

Asked = Sequence[tuple[Case, Answer]]


def errors(asked: Asked) -> Array:
    """|forecast - truth| at the end, (curves,)."""
    return np.concatenate([np.abs(answer.value - case.truth) for case, answer in asked])


def covered(asked: Asked) -> float:
    """Share of the 90 % intervals that hold the truth."""
    return float(np.mean(np.concatenate([_inside(case, answer) for case, answer in asked])))


def width(asked: Asked) -> float:
    """Median width of the 90 % intervals."""
    return float(np.median(np.concatenate([np.diff(answer.interval)[:, 0] for _, answer in asked if answer.interval is not None])))


def pairs_right(asked: Asked) -> float:
    """Share of the pairs of learners on the same data set that the forecasts order as the ends; equal forecasts count half."""
    right, count = 0.0, 0
    for case, answer in asked:
        apart = np.subtract.outer(case.truth, case.truth)
        said = np.subtract.outer(answer.value, answer.value)
        pair = np.triu(np.abs(apart) > APART, 1)
        right += float(np.where(said == 0.0, 0.5, np.sign(said) == np.sign(apart))[pair].sum())
        count += int(pair.sum())
    return right / count


def regrets(asked: Asked) -> Array:
    """By how much the end of the learner picked lies above the best, (groups of learners,)."""
    return np.array([case.truth[np.argmin(a.pick)] - case.truth.min() for case, a in asked if len(case.truth) >= FEWEST])


def stop_or_continue(asked: Asked) -> float:
    """Balanced accuracy of "less than a point is still to gain": the mean of the shares right of either kind."""
    stop = np.concatenate([answer.stop for _, answer in asked])
    should = np.concatenate([case.last - case.truth < POINT for case, _ in asked])
    return float(0.5 * (stop[should].mean() + 1.0 - stop[~should].mean()))


def targets(asked: Asked) -> tuple[float, float, float]:
    """Of targets that the curve gets to: shares answered within a factor 2, not answered, and said never to be reached."""
    true = np.concatenate([case.arrival for case, _ in asked])
    said, never = (np.concatenate([getattr(answer, name) for _, answer in asked]) for name in ("arrival", "never"))
    is_one = ~np.isnan(true)
    off = np.abs(np.log(said[is_one] / true[is_one]))
    return float((off <= np.log(2.0)).mean()), float(np.isnan(off).mean()), float(never[is_one].mean())


def _inside(case: Case, answer: Answer) -> np.ndarray:
    assert answer.interval is not None
    low, high = answer.interval.T
    return np.asarray((low <= case.truth) & (case.truth <= high))
