"""One learning trend: A(x) = -a x^-b + c with a, b, c > 0, in per cent of accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

INFINITY = 1e200  # where the paper puts the observation that anchors a trend
HIGHEST = 100.0  # per cent
SMALLEST = 1e-12  # of a, b and c, which are positive
STEEPEST = 50.0  # of b: the curve is a step


@dataclass(frozen=True)
class Trend:
    """A(x) = -a (x / unit)^-b + c; `unit`, the first x, keeps a of the order of the accuracies."""

    a: float
    b: float
    c: float
    unit: float

    def at(self, x: npt.ArrayLike) -> Array:
        """Accuracy in per cent at x > 0, any shape."""
        return np.asarray(self.c - self.a * np.exp(-self.b * np.log(np.asarray(x, dtype=np.float64) / self.unit)))


def fit_trend(x: Array, accuracy: Array, start: Trend, anchor: float | None = None) -> Trend:
    """Least squares by a trust region (scipy, method trf), from `start`.

    Parameters
    ----------
    x : (l,) ascending, > 0.
    accuracy : (l,) in per cent.
    anchor : accuracy of one further observation at x = 1e200, or None. An anchored trend has c <= 100: what the anchor starts
        from is at most 100, and the paper's accuracies are.
    """
    from scipy.optimize import least_squares

    unit = float(x[0])
    log_t, y = np.log(x / unit), accuracy
    if anchor is not None:
        log_t, y = np.append(log_t, math.log(INFINITY / unit)), np.append(y, anchor)
    ceiling = np.inf if anchor is None else HIGHEST
    # A trend may not start on a bound.
    p0 = np.clip([start.a, start.b, start.c], 2.0 * SMALLEST, [np.inf, 0.99 * STEEPEST, min(ceiling - 1e-6, 1e12)])

    def residuals(p: Array) -> Array:
        return np.asarray(p[2] - p[0] * np.exp(-p[1] * log_t) - y)

    def jacobian(p: Array) -> Array:
        F = np.exp(-p[1] * log_t)
        return np.stack([-F, p[0] * log_t * F, np.ones_like(F)], axis=1)

    bounds = ([SMALLEST] * 3, [np.inf, STEEPEST, ceiling])
    found = least_squares(residuals, p0, jac=jacobian, bounds=bounds, method="trf", x_scale="jac", max_nfev=100)
    a, b, c = (float(v) for v in found.x)
    return Trend(a, b, c, unit)


def layer(trend: Trend, before: Trend, x: float) -> float:
    """How far a trend may still be from where the sequence of trends goes, in per cent; x is the last observation of `trend`.

    |A_l(q_l) - alpha_l| at the last crossing q_l > x_1 of A_l and A_{l-1}; where they do not cross, the largest |A_l - A_{l-1}|
    beyond x_l. Both have the same unit. In u = ln(x / unit) the difference D = A_l - A_{l-1} has at most one turning point, so at
    most two zeros: one on either side of it.
    """

    def difference(u: float) -> float:
        return trend.c - before.c - trend.a * math.exp(-trend.b * u) + before.a * math.exp(-before.b * u)

    first, far = 0.0, math.log(INFINITY / trend.unit)
    turn = first
    if trend.b != before.b:
        turn = math.log((trend.a * trend.b) / (before.a * before.b)) / (trend.b - before.b)
        turn = min(max(turn, first), far)
    for left, right in ((turn, far), (first, turn)):
        if difference(left) * difference(right) < 0.0:
            from scipy.optimize import brentq

            crossing = brentq(difference, left, right, xtol=1e-9)
            return abs(trend.a * math.exp(-trend.b * crossing))
    now = math.log(x / trend.unit)
    return max(abs(difference(u)) for u in (now, max(turn, now), far))
