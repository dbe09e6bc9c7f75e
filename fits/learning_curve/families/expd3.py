"""expd3: y = c - (c - a) e^(-b x).

LCDB (Mohr et al., ECML 2022). Falling form: a >= c, b > 0; a is the value at x = 0, c the asymptote. The same curve as exp3, told
by where it starts.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.exponential import Exponential
from fits.learning_curve.families.family import Curve


class Expd3(Exponential):
    """y = c - (c - a) e^(-b x)."""

    name = "expd3"

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.c + curve.a, "b": float(np.exp(curve.theta[0])) / curve.unit, "c": curve.c}
