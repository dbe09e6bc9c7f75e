"""logpower3: y = a / (1 + (x / e^b)^c).

LCDB (Mohr et al., ECML 2022). Falling form: a >= 0, c > 0. The curve falls to the least value of the metric:
y - low = a / (1 + (x / e^b)^c).
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Curve
from fits.learning_curve.families.hill import Hill


class LogPower3(Hill):
    """y = low + a / (1 + (x / e^b)^c)."""

    name = "logpower3"
    size = 3
    level = "low"

    def params(self, curve: Curve) -> dict[str, float]:
        return {"a": curve.a, "b": float(curve.theta[0] + np.log(curve.unit)), "c": float(np.exp(curve.theta[1]))}
