"""The exponential e^-bt: the shape of exp3 and expd3."""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Family, log_space, safe_exp


class Exponential(Family):
    """F = e^(-b t); theta = (ln b), b in units of 1 / x_n."""

    shape = "exponential"
    size = 3
    singular = False

    def grid(self, first: float) -> Array:
        return log_space(0.1, 3.0 / first, 20)[:, None]

    def box(self, first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(1e-3))], [float(np.log(30.0 / first))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        return safe_exp(-np.exp(theta[..., :1]) * axis.t)
