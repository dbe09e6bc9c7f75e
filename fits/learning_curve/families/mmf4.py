"""mmf4 (Morgan-Mercer-Flodin): y = (a b + c x^d) / (b + x^d).

LCDB (Mohr et al., ECML 2022). Falling form: a >= c, b, d > 0; a is the value at x = 0, c the asymptote.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Curve
from fits.learning_curve.families.hill import Hill


class MMF4(Hill):
    """y = (a b + c x^d) / (b + x^d) = c + (a - c) / (1 + x^d / b)."""

    name = "mmf4"
    size = 4

    def params(self, curve: Curve) -> dict[str, float]:
        d = float(np.exp(curve.theta[1]))
        return {"a": curve.c + curve.a, "b": (float(np.exp(curve.theta[0])) * curve.unit) ** d, "c": curve.c, "d": d}
