"""A curve at the position asked for: from what was seen, from its forecast, or nothing; and which of several is best there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fits.learning_curve.between import NORMAL, between
from fits.learning_curve.families.family import Array
from fits.learning_curve.quantiles import LEVELS, chances_of_best, standing
from fits.learning_curve.schema import LEVEL, Curve, Fit
from fits.solver import Interval

ALIKE = 1.1  # last x of the longest curve over that of the shortest: they were seen equally far
MIDDLE = len(LEVELS) // 2


class Place(NamedTuple):
    """A curve at the position asked for: quantiles of the score (5,), ascending, or why there are none."""

    curve: Curve
    x: float
    quantiles: Array | None
    cannot_tell: str | None = None

    def better(self, fit: Fit) -> Array:
        """The quantiles with small as good."""
        assert self.quantiles is not None
        return self.quantiles if fit.goal == "min" else -self.quantiles[::-1]


def end_of(curve: Curve) -> float:
    """Where the score is asked for by default: where training ends, or where it has ended."""
    return curve.last_x if curve.finished else curve.horizon


def place_at(fit: Fit, curve: Curve, x: float) -> Place:
    """What is known of a curve at x: from what was seen, from the forecast, or nothing."""
    if x <= curve.last_x * (1.0 + 1e-9):
        return seen_at(fit, curve, x)
    if curve.cannot_tell is not None:
        return Place(curve, x, None, curve.cannot_tell)
    if x > curve.ahead.x[-1] * (1.0 + 1e-9):
        reach = f"forecasts reach to {position(curve.ahead.x[-1])}, {curve.ahead.x[-1] / curve.last_x:.3g} times what was seen"
        return Place(curve, x, None, reach)
    return Place(curve, x, forecast_at(fit, curve, x))


def seen_at(fit: Fit, curve: Curve, x: float) -> Place:
    """What was seen at x, or just before and after it."""
    if x < curve.observed.x[0]:
        return Place(curve, x, None, f"the curve begins at {position(curve.observed.x[0])}")
    latest = x >= curve.last_x * (1.0 - 1e-9)
    middle = curve.current if latest else float(np.interp(x, curve.observed.x, curve.observed.score))
    return Place(curve, x, _about(fit, middle, curve.error if latest else curve.noise))


def _about(fit: Fit, middle: float, noise: float) -> Array:
    """Quantiles (5,) of a value that was seen, within the metric's range."""
    return np.asarray(np.clip(middle + noise * NORMAL, fit.low, fit.high)) if noise > 0.0 else np.full(len(LEVELS), middle)


def forecast_at(fit: Fit, curve: Curve, x: float) -> Array:
    """The forecast (5,) at x, which lies beyond the last position seen and not beyond the forecast."""
    now = _about(fit, curve.current, curve.error)
    return between(np.array(curve.ahead.x), np.array(curve.ahead.quantiles), curve.last_x, now, x)


def best_first(fit: Fit, told: Sequence[Place]) -> list[Place]:
    """By the middle of the forecast. Of curves that were seen equally far the first is the one to pick: see `standing`."""
    order = sorted(told, key=lambda place: float(place.better(fit)[MIDDLE]))
    seen = [place.curve.last_x for place in order]
    if len(order) < 2 or max(seen) > ALIKE * min(seen):
        return order
    sign = 1.0 if fit.goal == "min" else -1.0
    first = min(order, key=lambda place: float(standing(place.better(fit), np.array(sign * place.curve.current))))
    return [first, *(place for place in order if place is not first)]


def chances(fit: Fit, told: Sequence[Place]) -> dict[str | None, float]:
    """The probability that each curve ends best; of a single one there is none."""
    if len(told) < 2:
        return {}
    found = chances_of_best(np.stack([place.better(fit) for place in told]))
    return {place.curve.name: float(chance) for place, chance in zip(told, found, strict=True)}


def interval(q: Array) -> Interval:
    """The middle and the outer quantiles."""
    return Interval(mean=float(q[MIDDLE]), low=float(q[0]), high=float(q[-1]), level=LEVEL)


def position(x: float) -> str:
    """A position in words."""
    return f"{x:,.0f}" if x >= 1000.0 else f"{x:.4g}"
