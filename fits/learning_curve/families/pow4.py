"""pow4: y = a + b (x + d)^-c.

LCDB (Mohr et al., ECML 2022) writes a - b (x + d)^-c for accuracies. Falling form: b >= 0, c > 0, d > 0, a the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Family, log_space, safe_exp, spread


class Pow4(Family):
    """y = a + b (x + d)^-c. F = ((t + d) / (1 + d))^-c; theta = (ln c, ln d), d in units of x_n."""

    name = "pow4"
    shape = "shifted power"
    size = 4
    singular = False

    def grid(self, first: float) -> Array:
        return spread(log_space(0.05, 8.0, 9), log_space(first / 4.0, 3.0, 7))

    def box(self, first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(1e-3)), float(np.log(first) - 9.0)], [float(np.log(20.0)), float(np.log(50.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        exponent, shift = np.exp(theta[..., :1]), np.exp(theta[..., 1:])
        return safe_exp(-exponent * np.log((axis.t + shift) / (1.0 + shift)))

    def params(self, curve: Curve) -> dict[str, float]:
        exponent, shift = float(np.exp(curve.theta[0])), float(np.exp(curve.theta[1])) * curve.unit
        return {"a": curve.c, "b": curve.a * (curve.unit + shift) ** exponent, "c": exponent, "d": shift}
