"""The losses of a run made ready to be fitted: spikes cut, long logs thinned, the noise of a loss estimated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fits.learning_curve.lr_aware.schedule import Array, Run, Schedule
from fits.solver import DegenerateData, NotEnoughData

LEAST_POINTS = 3
EARLY = 0.04  # share of the area seen: before it the loss falls faster than any power law (nanoGPT: 11 to 6 in 128 of 9536 steps)
WIDTH = 7  # rows of the running median
SPIKE = 5.0  # noises from the running median: farther away is a spike, and is brought back to there


@dataclass(frozen=True)
class Observed:
    """Losses (n,) at positions x (n,), the variance of the noise of each, and the noise of one loss of the log."""

    x: Array
    loss: Array
    variance: Array
    noise: float


def observe(run: Run, schedule: Schedule, most: int) -> Observed:
    """The losses after the warm-up, at most `most` of them."""
    x, loss = np.asarray(run.steps, dtype=np.float64), np.asarray(run.loss, dtype=np.float64)
    if x.shape != loss.shape:
        raise DegenerateData(f"{len(x)} positions, {len(loss)} losses", remedy="give one loss a position")
    known = np.isfinite(x) & np.isfinite(loss)
    x, loss = x[known], loss[known]
    if np.any(np.diff(x) <= 0.0):
        raise DegenerateData("the positions of the losses do not ascend", remedy="average repeated positions, and sort them")
    if len(x):
        if x[0] < schedule.x[0]:
            raise NotEnoughData(f"a learning rate from x = {x[0]:g} on", found=f"a plan that starts at {schedule.x[0]:g}")
        begins = max(float(schedule.x[0]), 0.0) * float(schedule.h[0])
        area = schedule.area_at(x) + begins
        warm = x >= schedule.warm
        late = warm & (area > EARLY * area[-1])
        kept = late if late.sum() >= LEAST_POINTS else warm & (area > 0.0)
        x, loss = x[kept], loss[kept]
    if len(x) < LEAST_POINTS:
        raise NotEnoughData(f"{LEAST_POINTS} losses after the warm-up", found=len(x))
    noise = _noise(loss)
    if len(loss) < WIDTH * most:  # else the medians of the bins do without spikes
        loss = _without_spikes(loss, noise)
    return _thinned(x, loss, noise, most)


def _noise(loss: Array) -> float:
    """Standard deviation of the noise of one loss, robust: from how far the middle of three neighbours is off their line."""
    floor = 1e-5 * max(float(np.abs(loss).max()), 1e-12)
    if len(loss) < 5:
        return max(floor, 0.005 * float(np.ptp(loss)))
    crooked = loss[1:-1] - 0.5 * (loss[2:] + loss[:-2])  # variance 1.5 noise^2; a smooth curve leaves almost nothing
    return max(floor, 1.4826 * float(np.median(np.abs(crooked))) / math.sqrt(1.5))


def _without_spikes(loss: Array, noise: float) -> Array:
    """The losses with what is too far from its neighbours' median brought back to there."""
    side = min(WIDTH, len(loss) - (1 - len(loss) % 2)) // 2
    middle = np.concatenate([loss[:side], np.median(sliding_window_view(loss, 2 * side + 1), axis=1), loss[len(loss) - side :]])
    reach = SPIKE * noise + 2.0 * np.abs(np.gradient(middle))
    return np.clip(loss, middle - reach, middle + reach)


def _thinned(x: Array, loss: Array, noise: float, most: int) -> Observed:
    """Medians of neighbours: at the middle position of each bin the middle loss."""
    n = len(x)
    if n <= most:
        return Observed(x, loss, np.full(n, noise**2), noise)
    edges = np.linspace(0, n, most + 1).astype(np.int64)
    middles = np.array([[np.median(x[a:b]), np.median(loss[a:b])] for a, b in pairwise(edges)])
    counts = np.diff(edges)
    return Observed(middles[:, 0], middles[:, 1], noise**2 * np.where(counts < 3, 1.0, 0.5 * np.pi) / counts, noise)
