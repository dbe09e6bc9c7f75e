"""Which forecast a curve gets: by its learning rate where that promises more, else by what its data allow; and where it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fits.learning_curve.between import NORMAL, between
from fits.learning_curve.curves import Seen
from fits.learning_curve.metric import Metric
from fits.learning_curve.outlook import Outlook, by_learning_rate, look_ahead, unknown
from fits.learning_curve.plans import Plan, plan_of, tells

if TYPE_CHECKING:
    from fits.learning_curve.schema import Method

NO_PLAN = "lr-aware needs the learning rate up to where training ends: log it, and give what is ahead as a plan"
ENDED = "training has ended, and no learning rate is known beyond"
BEGUN = 0.95  # of the peak: a learning rate below it has begun to fall


class Horizon(NamedTuple):
    """Where training ends, and what says so."""

    x: float
    source: Literal["option", "log", "longest curve", "twice the last x"]


def horizons_of(curves: Sequence[Seen], option: float | None) -> list[Horizon]:
    """Where the training of each curve ends. That of the longest curve counts unless all are as long."""
    longest = max(curve.last_x for curve in curves)
    alike = all(curve.ends_by(longest) for curve in curves)
    return [_horizon(curve, option, None if alike else longest) for curve in curves]


def _horizon(curve: Seen, option: float | None, longest: float | None) -> Horizon:
    if option is not None:
        return Horizon(option, "option")
    if curve.horizon is not None:
        return Horizon(curve.horizon, "log")
    return Horizon(2.0 * curve.last_x, "twice the last x") if longest is None else Horizon(longest, "longest curve")


def forecasts(
    curves: Sequence[Seen],
    horizons: Sequence[Horizon],
    metric: Metric,
    method: Method | None,
    plan: Mapping[float, float],
    tau: float,
) -> list[Outlook]:
    """The forecast of each curve; without a method by meta, or by its learning rate where that promises more."""
    low, high = metric.falling_range
    if method != "lr-aware":
        blind = look_ahead(curves, method or "meta", low, high, tau)
    else:
        blind = [unknown(ENDED if one.ends_by(end.x) else NO_PLAN) for one, end in zip(curves, horizons, strict=True)]
    if method not in (None, "lr-aware"):
        return blind
    found = []
    for i, curve in enumerate(curves):
        others = [other for k, other in enumerate(curves) if k != i]
        known = None if curve.ends_by(horizons[i].x) else plan_of(curve, horizons[i].x, plan, others)
        outlook = blind[i] if known is None else replace(blind[i], planned=True)
        if known is not None and (method == "lr-aware" or tells(known, metric)):
            aware = by_learning_rate(curve, known, others, low, high)
            if method == "lr-aware" or _promises_more(aware, blind[i], curve, known):
                outlook = aware
        found.append(outlook)
    return found


def _promises_more(aware: Outlook, blind: Outlook, curve: Seen, plan: Plan) -> bool:
    """Whether to trust the learning rate: its interval at the end is the narrower one, or a decay has yet to begin.

    A forecast that is blind to the plan is surer than it should be as long as nothing has been seen of the decay.
    """
    if aware.method is None:
        return False
    if blind.method is None or aware.x[-1] > blind.x[-1]:
        return True
    peak = int(plan.rate.argmax())
    begun = float(np.interp(curve.last_x, plan.x[peak:], plan.rate[peak:])) < BEGUN * float(plan.rate[peak])
    now = curve.current + curve.error * NORMAL
    other = between(blind.x, blind.quantiles, curve.last_x, now, float(aware.x[-1]))
    return not begun or float(np.ptp(aware.quantiles[-1])) <= float(np.ptp(other))
