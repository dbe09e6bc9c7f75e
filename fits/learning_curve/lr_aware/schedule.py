"""A run and its learning-rate plan, reduced to what the law needs: areas under the plan, and the drops of the learning rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fits.solver import DegenerateData, NotEnoughData

Array = npt.NDArray[np.float64]
Beyond = Literal["refuse", "hold"]

DROPS = 192  # cells that stand for all falls of a plan, as many again for its rises; 400 change a forecast by < .002 nats
FINE = 400  # a plan of fewer rows is filled in, linearly, until it has about as many
SUDDEN = 0.05  # of the peak: such a change from one row to the next, alone, is a step and no slope
FALLING = 1e-3  # a fall of this share of the peak ends the warm-up; a smaller one is a rounding of the log


@dataclass(frozen=True)
class Run:
    """One training run: what was seen, and the learning rate it was and will be trained with.

    Attributes
    ----------
    steps : (n,) positions of the losses, ascending, in optimiser steps (or tokens, epochs: see `fit_lr_aware`).
    loss : (n,) training or validation loss, smaller is better, in nats or any other unit.
    plan_steps : (m,) ascending positions where the learning rate is known; between them it is linear.
    plan_lr : (m,) learning rates, in any unit that all runs share.
    """

    steps: Array
    loss: Array
    plan_steps: Array
    plan_lr: Array


@dataclass(frozen=True)
class Schedule:
    """A plan in units of a reference learning rate: h(x) = lr(x) / reference, and S1(x), its integral from the first row.

    `drop_area`, `drop_size`, `drop_rate` (k,) are S1 where h changes, by how much it falls (negative: rises), and h after it.
    """

    x: Array
    area: Array
    h: Array
    warm: float
    drop_area: Array
    drop_size: Array
    drop_rate: Array

    def area_at(self, x: Array, beyond: Beyond = "refuse") -> Array:
        """S1 at positions x; past the plan's end as `beyond` says: refuse, or hold the last learning rate."""
        last = float(self.x[-1])
        over = np.maximum(x - last, 0.0)
        if beyond == "refuse" and np.any(over > 1e-6 * max(abs(last), 1.0)):
            raise NotEnoughData(f"the learning rate planned up to x = {float(np.max(x)):g}", found=f"a plan that ends at {last:g}")
        # the integral of a linear h is a parabola: interpolating S1 itself would blur a coarse plan
        inside = np.clip(x, self.x[0], last)
        left = np.clip(np.searchsorted(self.x, inside, side="right") - 1, 0, len(self.x) - 1)
        part = inside - self.x[left]
        area = self.area[left] + 0.5 * part * (self.h[left] + np.interp(inside, self.x, self.h))
        return np.asarray(area + over * self.h[-1], dtype=np.float64)


def peak_rate(run: Run) -> float:
    """The largest learning rate of the plan."""
    rates = np.asarray(run.plan_lr, dtype=np.float64)
    rates = rates[np.isfinite(rates)]
    if not len(rates):
        raise NotEnoughData("a learning rate", found="none")
    if rates.min() < 0.0 or rates.max() <= 0.0:
        raise DegenerateData("the learning rate is never above zero", remedy="log the learning rate that was used")
    return float(rates.max())


def schedule_of(run: Run, reference: float) -> Schedule:
    """The plan of `run` in units of the learning rate `reference`."""
    x, rate = np.asarray(run.plan_steps, dtype=np.float64), np.asarray(run.plan_lr, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(rate)
    x, h = x[known], rate[known] / reference
    if len(x) < 2:
        raise NotEnoughData("two rows of the learning-rate plan", found=len(x))
    if np.any(np.diff(x) <= 0.0):
        raise DegenerateData("the positions of the learning-rate plan do not ascend", remedy="give one learning rate a position")
    x, h = _filled_in(x, h)
    area = np.concatenate([[0.0], np.cumsum(0.5 * (h[1:] + h[:-1]) * np.diff(x))])
    top = _end_of_warm_up(h)
    fall = -np.diff(h)
    fall[:top] = 0.0
    cells = [_cells(sign * fall, sign, area, h) for sign in (1.0, -1.0)]
    drop_area, drop_size, drop_rate = (np.concatenate(parts) for parts in zip(*cells, strict=True))
    return Schedule(x, area, h, float(x[top]) if top else float(x[0]), drop_area, drop_size, drop_rate)


def _filled_in(x: Array, h: Array) -> tuple[Array, Array]:
    """A coarse plan with more rows between its rows: h is linear there, but held where it then changes at once."""
    if len(x) < FINE:
        parts = -(-FINE // len(x))
        fine = np.interp(np.arange((len(x) - 1) * parts + 1) / parts, np.arange(len(x)), x)
        level = np.interp(fine, x, h)
        row = np.minimum(np.searchsorted(x, fine, side="right") - 1, len(x) - 1)
        held = np.append(_sudden(h), False)[row]
        x, h = fine, np.where(held, h[row], level)
    sudden = np.flatnonzero(_sudden(h))
    # a rate in the log is that of the updates after it: it changes at the later row
    late = x[sudden + 1] - 1e-6 * (x[sudden + 1] - x[sudden])
    return np.insert(x, sudden + 1, late), np.insert(h, sudden + 1, h[sudden])


def _sudden(h: Array) -> npt.NDArray[np.bool_]:
    """(rows - 1,) where h changes by much from a row to the next, and by little before and after."""
    change = np.abs(np.diff(h))
    beside = np.maximum(np.append(change[1:], 0.0), np.insert(change[:-1], 0, 0.0))
    return np.asarray(change > np.maximum(SUDDEN * h.max(), 4.0 * beside), dtype=np.bool_)


def _end_of_warm_up(h: Array) -> int:
    """The row of the first peak: where h has risen, and falls for the first time. 0 where the plan starts at its peak."""
    falls = np.flatnonzero(np.maximum.accumulate(h) - h > FALLING * h.max())
    before = h[: falls[0]] if len(falls) else h
    return int(np.argmax(before))


def _cells(fall: Array, sign: float, area: Array, h: Array) -> tuple[Array, Array, Array]:
    """The rows where `fall` > 0, joined to at most `DROPS` neighbourhoods of equal fall: S1, signed fall and h after it."""
    rows = np.flatnonzero(fall > 1e-12)
    if not len(rows):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    size = fall[rows]
    middle = np.cumsum(size) - 0.5 * size
    cell = np.minimum((middle / size.sum() * DROPS).astype(np.int64), DROPS - 1)
    total = np.asarray(np.bincount(cell, size, DROPS), dtype=np.float64)
    used = total > 0.0
    where = np.bincount(cell, size * 0.5 * (area[rows] + area[rows + 1]), DROPS)[used] / total[used]
    after = np.bincount(cell, size * h[rows + 1], DROPS)[used] / total[used]
    return where, sign * total[used], after
