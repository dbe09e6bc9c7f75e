"""The power law t^-b: the shape of pow2 and pow3."""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Family, log_space, safe_exp

EXPONENTS = (1e-3, 20.0)


class Power(Family):
    """F = t^-b; theta = (ln b)."""

    shape = "power"

    def grid(self, _first: float) -> Array:
        return log_space(0.01, 8.0, 18)[:, None]

    def box(self, _first: float) -> tuple[list[float], list[float]]:
        return [float(np.log(EXPONENTS[0]))], [float(np.log(EXPONENTS[1]))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        return safe_exp(-np.exp(theta[..., :1]) * axis.log_t)
