"""vap3: y = e^(a + b / x + c ln x).

LCDB (Mohr et al., ECML 2022). Falling form: c < 0; b of either sign bends the start. The formula is linear in ln y, but is fitted
to y itself, with e^a as its amplitude: values at or below the least value of the metric then do no harm. The curve falls to that
value: y - low = e^(a + b / x + c ln x).
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import LOG_CEILING, Array, Axis, Curve, Family, log_space, safe_exp, spread


class Vap3(Family):
    """y = low + e^(a + b / x + c ln x). F = e^(beta t_1 (1/t - 1)) t^-gamma; theta = (beta, ln gamma), b = beta x_1, c = -gamma."""

    name = "vap3"
    shape = "vapour pressure"
    size = 3
    level = "low"

    def grid(self, _first: float) -> Array:
        return spread([-8.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0], log_space(0.02, 4.0, 9))

    def box(self, _first: float) -> tuple[list[float], list[float]]:
        return [-60.0, float(np.log(1e-3))], [20.0, float(np.log(20.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        return safe_exp(theta[..., :1] * axis.first * (1.0 / axis.t - 1.0) - np.exp(theta[..., 1:]) * axis.log_t)

    def params(self, curve: Curve) -> dict[str, float]:
        b, exponent = float(curve.theta[0]) * curve.first * curve.unit, -float(np.exp(curve.theta[1]))
        # An amplitude of 0 has no logarithm.
        log_amplitude = float(np.log(curve.a)) if curve.a > 0.0 else -LOG_CEILING
        return {"a": log_amplitude - b / curve.unit - exponent * float(np.log(curve.unit)), "b": b, "c": exponent}
