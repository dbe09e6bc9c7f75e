"""The learning rate up to the end of training: as logged, as the user plans it, or as a known shape goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fits.learning_curve.curves import Seen
from fits.learning_curve.families.family import Array
from fits.learning_curve.metric import Metric
from fits.solver import BadQuery

ALIKE = 2e-3  # of the peak: two learning rates that differ by less are the same
STEADY = 0.01  # of the peak: a plan that varies by less says nothing
FEWEST = 4  # rows since the peak
LEAST_FALL, TELLING_FALL = 0.02, 0.25  # of the peak: before a shape can be recognised, and before its end can be told from it
STARTS = 21
GIVEN = "the plan given"
ROWS = 200  # of the part that goes on
SHAPES: dict[str, Callable[[Array], Array]] = {
    "linear": lambda t: 1.0 - t,
    "cosine": lambda t: np.asarray(0.5 * (1.0 + np.cos(np.pi * t))),
}  # of a decay from 1 at t = 0 to 0 at t = 1


class Plan(NamedTuple):
    """Learning rates (m,) at ascending positions x (m,), and what the part ahead rests on."""

    x: Array
    rate: Array
    source: str

    @property
    def varies(self) -> bool:
        """Whether the learning rate changes after its peak."""
        after = self.rate[int(self.rate.argmax()) :]
        return bool(after.min() < (1.0 - STEADY) * after.max())


def tells(plan: Plan, metric: Metric) -> bool:
    """Whether the plan says something of the score: a loss under a learning rate that changes, or that the user has planned."""
    return (plan.varies or plan.source == GIVEN) and metric.is_loss and metric.goal == "min"


def planned(texts: Mapping[str, float]) -> dict[float, float]:
    """The user's plan: learning rate by position.

    Raises
    ------
    BadQuery
        A position is no positive number, or a learning rate is negative.
    """
    plan = {}
    for text, rate in texts.items():
        try:
            x = float(text)
        except ValueError:
            x = -1.0
        if not (np.isfinite(x) and x >= 0.0 and rate >= 0.0):
            raise BadQuery("plan", f"expected POSITION=RATE, such as 20000=3e-5 (got {text}={rate:g})")
        plan[x] = rate
    return plan


def plan_of(seen: Seen, horizon: float, wanted: Mapping[float, float], others: Sequence[Seen]) -> Plan | None:
    """The plan of a run up to `horizon`; None where the learning rate ahead is not known.

    In this order: the log itself, the user's plan, another run of the log that has had the same learning rates so far, and a
    straight line or a half cosine that fits what was logged and ends at the horizon.
    """
    x, rate = seen.rate_x, seen.rate
    if len(x) < 2 or rate.max() <= 0.0:
        return None
    if x[-1] >= horizon:
        return Plan(x, rate, "the log")
    ahead = sorted((at, value) for at, value in wanted.items() if at > x[-1])
    if ahead:
        return _given(x, rate, ahead) if ahead[-1][0] >= horizon else None
    for other in others:
        if len(other.rate_x) >= 2 and other.rate_x[-1] >= horizon and _alike(seen, other):
            later = other.rate_x > x[-1]
            return Plan(np.append(x, other.rate_x[later]), np.append(rate, other.rate[later]), f"the plan of {other.name}")
    return _continued(x, rate, horizon)


def _given(x: Array, rate: Array, ahead: Sequence[tuple[float, float]]) -> Plan:
    """The user's plan in many rows: of few, a fall from one to the next would be taken for one at once."""
    knots = np.array([x[-1], *(at for at, _ in ahead)])
    at = np.unique(np.concatenate([knots, np.linspace(x[-1], knots[-1], ROWS)]))[1:]
    straight = np.interp(at, knots, [rate[-1], *(value for _, value in ahead)])
    return Plan(np.append(x, at), np.append(rate, straight), GIVEN)


def _alike(seen: Seen, other: Seen) -> bool:
    """Whether the other run had the same learning rates as far as this one has come."""
    inside = seen.rate_x >= other.rate_x[0]
    off = np.abs(np.interp(seen.rate_x[inside], other.rate_x, other.rate) - seen.rate[inside])
    return bool(inside.sum() >= 2 and off.max() <= ALIKE * seen.rate.max())


def _continued(x: Array, rate: Array, horizon: float) -> Plan | None:
    """A linear or cosine decay to the horizon, if what was logged since the peak is one.

    The decay begins at the peak in the log or up to one row before it, and ends at zero, at a tenth of its peak, or, once it has
    come down far enough to tell, at any rate.
    """
    peak = float(rate.max())
    top = int(np.flatnonzero(rate >= peak * (1.0 - 1e-9))[-1])
    since, seen = x[top:], rate[top:]
    if len(since) < FEWEST or seen[-1] > (1.0 - LEAST_FALL) * peak:
        return None
    before = float(x[top - 1]) if top else 0.0
    ends: list[float | None] = [0.0, 0.1, *([None] if seen[-1] <= (1.0 - TELLING_FALL) * peak else [])]
    tried = [
        _decay(since, seen, start, horizon, name, end)
        for name in SHAPES
        for end in ends
        for start in np.linspace(before, since[0], STARTS).tolist()
    ]
    best = min(tried, key=lambda one: one.off)
    if best.off > ALIKE * peak:
        return None
    ahead = np.linspace(x[-1], horizon, ROWS)[1:]
    going_on = best.low + (best.high - best.low) * SHAPES[best.name]((ahead - best.start) / (horizon - best.start))
    return Plan(np.append(x, ahead), np.append(rate, going_on), f"a {best.name} decay to {best.low:.3g}, as logged so far")


class _Decay(NamedTuple):
    """rate = low + (high - low) shape((x - start) / (horizon - start)), and how far off it is at most."""

    off: float
    name: str
    start: float
    high: float
    low: float


def _decay(x: Array, rate: Array, start: float, horizon: float, name: str, end: float | None) -> _Decay:
    """The least-squares decay of one shape; `end` is its last rate in shares of its first, None if that is free."""
    form = SHAPES[name]((x - start) / (horizon - start))
    if end is None:
        (high, low), *_ = np.linalg.lstsq(np.stack([form, 1.0 - form], axis=1), rate, rcond=None)
        high, low = float(high), max(float(low), 0.0)
    else:
        basis = form + end * (1.0 - form)
        high = float(basis @ rate / (basis @ basis))
        low = end * high
    return _Decay(float(np.abs(low + (high - low) * form - rate).max()), name, start, high, low)
