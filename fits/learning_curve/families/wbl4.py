"""wbl4: y = c + b e^(-a x^d).

LCDB (Mohr et al., ECML 2022) writes c - b e^(-a x^d) for accuracies. Falling form: a, d > 0, b >= 0, c the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Curve
from fits.learning_curve.families.stretched import Stretched


class Wbl4(Stretched):
    """y = c + b e^(-a x^d)."""

    name = "wbl4"

    def params(self, curve: Curve) -> dict[str, float]:
        d = float(np.exp(curve.theta[1]))
        return {"a": float(np.exp(curve.theta[0])) / curve.unit**d, "b": curve.a, "c": curve.c, "d": d}
