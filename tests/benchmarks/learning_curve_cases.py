"""The questions of the benchmark: beginnings of LCDB's curves, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fits.learning_curve.meta import LONGEST
from fits.learning_curve.meta.curves import TAIL, Group
from fits.learning_curve.quantiles import reach

Array = NDArray[np.float64]

SHARES = (0.1, 0.2, 0.5)  # of the last x: where the beginnings end
LEAST_X, LEAST_POINTS, SHORTEST = 2000.0, 12, 6
AHEAD = 4.0  # how far off a target is, in units of the last x seen
POINT = 0.01


@dataclass(frozen=True)
class Case:
    """The beginnings of S curves of one data set with the same x.

    Attributes
    ----------
    x, ys, se : (n,), (S, n) and (S, n) what is seen.
    end : where the curves end; truth (S,) their values there, as `Group.end` has them.
    target, arrival : (S,) a value that the curve gets to `AHEAD` times ahead, a point or more below all that was seen, and the x
        where it first does; NaN where there is none.
    """

    data_set: int
    share: float
    x: Array
    ys: Array
    se: Array
    end: float
    truth: Array
    target: Array
    arrival: Array

    @property
    def last(self) -> Array:
        """(S,)"""
        return self.ys[:, -1]


def cases(groups: Sequence[Group]) -> Iterator[Case]:
    """Every beginning of every group that is long enough."""
    for group in groups:
        if group.x[-1] < LEAST_X or len(group.x) < LEAST_POINTS:
            continue
        end, truth = group.end
        for share in SHARES:
            n = int((group.x <= share * group.x[-1]).sum())
            unseen = n <= len(group.x) - TAIL
            if n >= SHORTEST and unseen and end <= LONGEST * group.x[n - 1]:
                beginning = group.x[:n], group.ys[:, :n], group.se[:, :n]
                yield Case(group.data_set, share, *beginning, end, truth, *_targets(group, n))


def _targets(group: Group, n: int) -> tuple[Array, Array]:
    """Target and arrival (S,). The curve is smoothed over three anchors, and never rises."""
    target, arrival = np.full((2, len(group.ys)), np.nan)
    there = int(np.searchsorted(group.x, AHEAD * group.x[n - 1]))
    if there < len(group.x):
        padded = np.pad(group.ys, ((0, 0), (1, 1)), mode="edge")
        falling = np.minimum.accumulate((padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3.0, axis=1)
        further = falling[:, there] <= group.ys[:, :n].min(axis=1) - POINT
        for i in np.flatnonzero(further):
            target[i] = falling[i, there]
            arrival[i] = crossing(group.x, falling[i], target[i])
    return target, arrival


def crossing(x: Array, y: Array, target: float) -> float:
    """The x at which y (m,) first is at most the target, NaN where it is nowhere."""
    found = reach(x, np.repeat(y[:, None], 5, axis=1), target).median
    return np.nan if found is None else found
