"""pow2: y = a x^-b.

LCDB (Mohr et al., ECML 2022) writes -a x^-b with a free sign. Falling form: a >= 0, b > 0. The curve falls to the least value of
the metric: y - low = a x^-b.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Curve
from fits.learning_curve.families.power import Power


class Pow2(Power):
    """y = low + a x^-b."""

    name = "pow2"
    size = 2
    level = "low"

    def params(self, curve: Curve) -> dict[str, float]:
        b = float(np.exp(curve.theta[0]))
        return {"a": curve.a * curve.unit**b, "b": b}
