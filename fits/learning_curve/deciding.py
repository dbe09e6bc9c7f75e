"""Whether to go on with a curve, and how far a target is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fits.learning_curve.places import MIDDLE, Place, position
from fits.learning_curve.quantiles import LEVELS, chance_below, reach
from fits.learning_curve.rules import threshold
from fits.learning_curve.schema import LEVEL, Curve, Fit, Query, Reach, Stop
from fits.solver import Interval

LEAST_CHANCE = 0.05  # of ending best: a run below it may be stopped
SURE = 0.5  # that the rest gains nothing: then stopping is right more often than not


def stop_or_go(fit: Fit, query: Query, place: Place, best: float | None) -> Stop | None:
    """Whether to stop: by the rule, or where there are several, because the curve will hardly end best."""
    current = place.curve.current
    if place.x <= place.curve.last_x * (1.0 + 1e-9):
        return None
    if query.stop_if is not None:
        least = threshold(query.stop_if).of(current)
        # the gain is the present score minus the last, both with small as good
        now = current if fit.goal == "min" else -current
        harmless = 1.0 - float(chance_below(place.better(fit), np.array(now - least)))
        stop, rule = harmless > SURE, f"{query.stop_if.strip()} up to {position(place.x)}"
    elif best is not None:
        harmless = 1.0 - best
        stop, rule = best < LEAST_CHANCE, f"P(ends best) < {LEAST_CHANCE:g}"
    else:
        return None
    return Stop(
        action="stop" if stop else "continue",
        harmless=harmless,
        gain=_gain(fit, place),
        rule=rule,
        saves=place.x - place.curve.last_x if stop else 0.0,
    )


def _gain(fit: Fit, place: Place) -> Interval:
    """What the rest of training gains; below zero it loses."""
    q = place.better(fit)
    now = place.curve.current if fit.goal == "min" else -place.curve.current
    return Interval(mean=now - float(q[MIDDLE]), low=now - float(q[-1]), high=now - float(q[0]), level=LEVEL)


def savings(told: Sequence[Place], stops: Mapping[str | None, Stop | None]) -> str:
    """What stopping saves over all curves."""
    decided = [(place, stop) for place in told if (stop := stops[place.curve.name]) is not None]
    ahead = sum(place.x - place.curve.last_x for place, _ in decided)
    stopped = [stop for _, stop in decided if stop.action == "stop"]
    if not stopped:
        return ""
    return f"; stopping {len(stopped)} of {len(decided)} unfinished curves now saves {sum(s.saves for s in stopped) / ahead:.0%}"


def needed(fit: Fit, curve: Curve, target: float) -> Reach | None:
    """How much x the target needs, by the quantiles of the forecast; None where there is no forecast."""
    sign = 1.0 if fit.goal == "min" else -1.0
    reached = np.flatnonzero(sign * np.array(curve.observed.score) <= sign * target)
    if sign * curve.current <= sign * target and reached.size:
        first = curve.observed.x[int(reached[0])]
        return Reach(target=target, reached=True, x=first, low=first, high=first, chance=1.0, farthest=curve.last_x)
    if not curve.ahead.x:
        return None
    q = np.array(curve.ahead.quantiles)
    now = np.full(len(LEVELS), curve.current)
    both = np.vstack([now, q])
    falling = both if sign > 0.0 else -both[:, ::-1]
    found = reach(np.array([curve.last_x, *curve.ahead.x]), falling, sign * target)
    farthest = curve.ahead.x[-1]
    return Reach(
        target=target, reached=False, x=found.typical, low=found.low, high=found.high, chance=found.chance, farthest=farthest
    )
