"""pow3: y = a + b x^-c.

LCDB (Mohr et al., ECML 2022) writes a - b x^-c for accuracies. Falling form: b >= 0, c > 0, a the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Curve
from fits.learning_curve.families.power import Power


class Pow3(Power):
    """y = a + b x^-c."""

    name = "pow3"
    size = 3

    def params(self, curve: Curve) -> dict[str, float]:
        exponent = float(np.exp(curve.theta[0]))
        return {"a": curve.c, "b": curve.a * curve.unit**exponent, "c": exponent}
