"""The stretched exponential e^(-a t^d): the shape of exp4 and wbl4."""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Family, log_space, safe_exp, spread


class Stretched(Family):
    """F = e^(-a t^d); theta = (ln a, ln d), a in units of x_n^-d."""

    shape = "stretched exponential"
    size = 4
    singular = False

    def grid(self, _first: float) -> Array:
        return spread(log_space(0.05, 30.0, 9), log_space(0.1, 3.0, 8))

    def box(self, _first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(1e-4)), float(np.log(0.02))], [float(np.log(1e3)), float(np.log(8.0))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        return safe_exp(-safe_exp(theta[..., :1] + np.exp(theta[..., 1:]) * axis.log_t))
