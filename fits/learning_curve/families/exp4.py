"""exp4: y = c + e^(b - a x^d).

LCDB (Mohr et al., ECML 2022) writes c - e^(-a x^d + b) for accuracies. Falling form: a, d > 0, c the asymptote. The same curve as
wbl4, with its amplitude as a logarithm.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import LOG_CEILING, Curve
from fits.learning_curve.families.stretched import Stretched


class Exp4(Stretched):
    """y = c + e^(b - a x^d)."""

    name = "exp4"

    def params(self, curve: Curve) -> dict[str, float]:
        d = float(np.exp(curve.theta[1]))
        log_amplitude = float(np.log(curve.a)) if curve.a > 0.0 else -LOG_CEILING  # a curve that does not fall has no logarithm
        return {"a": float(np.exp(curve.theta[0])) / curve.unit**d, "b": log_amplitude, "c": curve.c, "d": d}
