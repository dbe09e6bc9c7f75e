"""ilog2: y = b + a / ln(x / x_0).

LCDB (Mohr et al., ECML 2022) writes b - a / ln(x) for accuracies: x_0 is one unit of x, so that the same curve in another unit is
another curve. Here 0 < x_0 < x_1 is fitted. Falling form: a >= 0, b the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Family


class ILog2(Family):
    """y = b + a / ln(x / x_0). F = 1 / (ln t + v); theta = (v), v = ln(x_n / x_0) > -ln t_1."""

    name = "ilog2"
    shape = "inverse logarithm"
    size = 3

    def grid(self, first: float) -> Array:
        grid: Array = (np.geomspace(0.1, 40.0, 14) - np.log(first))[:, None]
        return grid

    def box(self, first: float) -> tuple[list[float], list[float]]:
        return [0.03 - float(np.log(first))], [100.0 - float(np.log(first))]

    def basis(self, theta: Array, axis: Axis) -> Array:
        # Left of the first observation the formula turns over at x_0: it is held at a hundredth.
        F: Array = 1.0 / np.maximum(axis.log_t + theta[..., :1], 0.01)
        return F

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.a, "b": curve.c, "x_0": curve.unit * float(np.exp(-curve.theta[0]))}
