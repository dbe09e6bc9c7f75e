"""Outcomes as a surrogate wants them: larger is better, mean 0, variance 1, and where asked for without skew."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from fits.solver import Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

POWERS = (-1.0, 3.0)  # of Yeo-Johnson: beyond them a transform is all tail
LEAST_SPREAD = 1e-60  # of the whole: squares of what is further apart overflow
POWER_DOUBT = 0.5  # standard deviation of a normal prior on the power around 1, the identity; a few rows should not bend the scale


class Outcome(Model):
    """An increasing map from an objective's own scale, its sign turned so that more is better, to a standard one.

    ``z = (yeo_johnson((sign * y - shift) / size, power) - mean) / deviation`` (Yeo & Johnson 2000, eq. 2.1).

    `shift` and `size` are the median and the spread of the middle half, so that a few wild values do not flatten all others.
    """

    sign: float
    shift: float = 0.0
    size: float = 1.0
    power: float = 1.0
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, y: Array, *, maximize: bool, warp: bool = True) -> Self:
        """Learn the map from values ``n``, all finite. Equal values give a map onto zero."""
        import numpy as np

        sign = 1.0 if maximize else -1.0
        values = np.sort(sign * np.asarray(y, dtype=float))
        shift = float(np.median(values))
        size = _spread(values, shift)
        if size == 0.0:
            return cls(sign=sign, shift=shift)
        scaled = (values - shift) / size
        power = _most_likely_power(scaled) if warp and len(values) > 2 else 1.0
        straight = _yeo_johnson(scaled, power)
        deviation = float(straight.std())
        return cls(sign=sign, shift=shift, size=size, power=power, mean=float(straight.mean()), deviation=deviation or 1.0)

    def forward(self, y: Array) -> Array:
        """Values on the standard scale."""
        import numpy as np

        return (
            _yeo_johnson((self.sign * np.asarray(y, dtype=float) - self.shift) / self.size, self.power) - self.mean
        ) / self.deviation

    def back(self, z: Array) -> Array:
        """The values that `forward` maps to `z`; what no value maps to becomes the nearest end of the objective's scale."""
        import numpy as np

        straight = np.asarray(z, dtype=float) * self.deviation + self.mean
        return self.sign * (_inverse(straight, self.power) * self.size + self.shift)

    def slope(self, y: Array) -> Array:
        """``|dz/dy|``: what a standard error or a density is multiplied by."""
        import numpy as np

        scaled = (self.sign * np.asarray(y, dtype=float) - self.shift) / self.size
        exponent = np.where(scaled >= 0.0, self.power - 1.0, 1.0 - self.power)
        return np.asarray(np.exp(exponent * np.log1p(np.abs(scaled))) / (self.size * self.deviation))


def _spread(values: Array, middle: float) -> float:
    """Of the middle half; where that is next to nothing beside the whole, of all."""
    import numpy as np

    low, high = np.quantile(values, [0.25, 0.75])
    whole = float(np.abs(values - middle).max())
    return float(high - low) if high - low > LEAST_SPREAD * whole else whole


def _most_likely_power(scaled: Array) -> float:
    """The power under which the transformed values are likeliest normal, with a prior around 1."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    logs = float((np.sign(scaled) * np.log1p(np.abs(scaled))).sum())
    n = len(scaled)

    def loss(power: float) -> float:
        variance = float(_yeo_johnson(scaled, power).var())
        return 0.5 * n * math.log(max(variance, 1e-300)) - (power - 1.0) * logs + 0.5 * ((power - 1.0) / POWER_DOUBT) ** 2

    return float(minimize_scalar(loss, bounds=POWERS, method="bounded").x)


def _yeo_johnson(x: Array, power: float) -> Array:
    import numpy as np
    from scipy.special import boxcox1p

    return np.where(x >= 0.0, boxcox1p(np.maximum(x, 0.0), power), -boxcox1p(np.maximum(-x, 0.0), 2.0 - power))


def _inverse(z: Array, power: float) -> Array:
    import numpy as np
    from scipy.special import inv_boxcox1p

    upper = -1.0 / power * (1.0 - 1e-9) if power < 0.0 else math.inf  # where power is negative, no value maps beyond -1/power
    lower = -1.0 / (2.0 - power) * (1.0 - 1e-9) if power > 2.0 else math.inf
    return np.where(z >= 0.0, inv_boxcox1p(np.clip(z, 0.0, upper), power), -inv_boxcox1p(np.clip(-z, 0.0, lower), 2.0 - power))
