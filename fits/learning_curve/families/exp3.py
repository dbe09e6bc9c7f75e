"""exp3: y = a e^(-b x) + c.

LCDB (Mohr et al., ECML 2022). Falling form: a >= 0, b > 0, c the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.exponential import Exponential
from fits.learning_curve.families.family import Curve


class Exp3(Exponential):
    """y = a e^(-b x) + c."""

    name = "exp3"

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.a, "b": float(np.exp(curve.theta[0])) / curve.unit, "c": curve.c}
