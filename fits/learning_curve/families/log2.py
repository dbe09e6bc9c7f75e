"""log2: y = c - a ln x.

LCDB (Mohr et al., ECML 2022) writes -a ln(x) + c. Falling form: a >= 0. It has no asymptote: predictions end at the range of the
metric.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array, Axis, Curve, Shapeless


class Log2(Shapeless):
    """y = c - a ln x. F = -ln t; theta is empty."""

    name = "log2"
    shape = "logarithm"
    size = 2
    level = "none"

    def basis(self, theta: Array, axis: Axis) -> Array:
        return np.broadcast_to(-axis.log_t, (*theta.shape[:-1], len(axis.t)))

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.a, "c": curve.c + curve.a * float(np.log(curve.unit))}
