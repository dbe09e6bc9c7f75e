"""expp3: y = c + d (e^(((x - b) / s)^a) - 1).

LCDB (Mohr et al., ECML 2022) writes c - e^((x - b)^a) for accuracies: an amplitude of one and x in its own unit, so that the same
curve in another unit of x or y is another curve. Here the amplitude d >= 0 is free and s = x_1 - b, with x_1 the first positive x,
which makes the fit the same in every unit. Falling form: a < 0, b < 0; c is the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Family, log_space, spread


class Expp3(Family):
    """F = e^(((t + e) / (t_1 + e))^-alpha) - 1; theta = (ln alpha, ln e), alpha = -a, e = -b in units of x_n."""

    name = "expp3"
    shape = "exponential of a power"
    size = 4
    singular = False

    def grid(self, first: float) -> Array:
        return spread(log_space(0.05, 8.0, 8), log_space(first / 4.0, 3.0, 6))

    def box(self, first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(1e-3)), float(np.log(first) - 9.0)], [float(np.log(20.0)), float(np.log(50.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        shift = np.exp(theta[..., 1:])
        inner = np.exp(np.minimum(-np.exp(theta[..., :1]) * np.log((axis.t + shift) / (axis.first + shift)), 5.0))
        F: Array = np.expm1(inner)
        return F

    def params(self, curve: Curve) -> dict[str, float]:
        shift = float(np.exp(curve.theta[1])) * curve.unit
        return {"a": -float(np.exp(curve.theta[0])), "b": -shift, "c": curve.c, "d": curve.a, "s": curve.first * curve.unit + shift}
