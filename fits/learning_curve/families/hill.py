"""The Hill curve 1 / (1 + (t/m)^d): the shape of mmf4 and logpower3."""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Family, log_space, safe_exp, spread


class Hill(Family):
    """F = 1 / (1 + (t/m)^d); theta = (ln m, ln d), m in units of x_n."""

    shape = "hill"
    singular = False

    def grid(self, first: float) -> Array:
        return spread(log_space(first / 4.0, 4.0, 9), log_space(0.2, 5.0, 9))

    def box(self, first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(first)) - 9.0, float(np.log(0.02))], [float(np.log(1e3)), float(np.log(8.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        return 1.0 / (1.0 + safe_exp(np.exp(theta[..., 1:]) * (axis.log_t - theta[..., :1])))
