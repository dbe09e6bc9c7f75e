"""last1: y = the last observation.

The baseline of LCDB (Mohr et al., ECML 2022), and hard to beat.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Shapeless


class Last1(Shapeless):
    """y = a, the last value of the curve. F = 0: the fit puts c there."""

    name = "last1"
    shape = "constant"
    size = 1
    level = "last"
    singular = False

    def basis(self, theta: Array, axis: Axis) -> Array:
        return np.zeros((*theta.shape[:-1], len(axis.t)))

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.c}
