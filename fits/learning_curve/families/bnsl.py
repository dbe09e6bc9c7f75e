"""bnsl: y = a + b x^-c0 (1 + (x / d1)^(1/f1))^(-c1 f1), a broken neural scaling law with one break.

Caballero et al., "Broken Neural Scaling Laws" (arXiv 2210.14891), eq. 1 with n = 1. On log-log axes the slope of y - a is -c0
before the break at d1 and -(c0 + c1) behind it; f1 is how sharp the break is. Falling form: b >= 0, c0 > 0, c0 + c1 > 0.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Family, log_space, safe_exp, spread


class BNSL(Family):
    """theta = (ln c0, ln(c0 + c1), ln d1, ln f1), d1 in units of x_n; ln F is 0 at t = 1 but for the softplus."""

    name = "bnsl"
    shape = "broken power"
    size = 6

    def grid(self, first: float) -> Array:
        slopes = log_space(0.03, 3.0, 5)
        return spread(slopes, slopes, np.log(first) * np.array([0.8, 0.6, 0.4, 0.2]), [float(np.log(0.3))])

    def box(self, first: float) -> tuple[list[float], list[float]]:
        slopes = float(np.log(1e-3)), float(np.log(12.0))
        return [slopes[0], slopes[0], float(np.log(first)), float(np.log(0.05))], [slopes[1], slopes[1], 0.0, float(np.log(3.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        before, behind, place = np.exp(theta[..., :1]), np.exp(theta[..., 1:2]), theta[..., 2:3]
        sharpness = np.exp(theta[..., 3:])
        log_t = axis.log_t
        bend = sharpness * np.logaddexp(0.0, (log_t - place) / sharpness)
        return safe_exp(-before * log_t - (behind - before) * bend)

    def params(self, curve: Curve) -> dict[str, float]:
        c0, total = float(np.exp(curve.theta[0])), float(np.exp(curve.theta[1]))
        return {
            "a": curve.c,
            "b": curve.a * curve.unit**c0,
            "c0": c0,
            "c1": total - c0,
            "d1": float(np.exp(curve.theta[2])) * curve.unit,
            "f1": float(np.exp(curve.theta[3])),
        }
