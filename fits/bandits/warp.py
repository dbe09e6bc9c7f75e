"""Contexts brought to [0, 1] by what was seen of them: half linear, half by rank, for long tails and crowds alike."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

KNOTS = 65


class Warp:
    """A piecewise linear, increasing map of one context to [0, 1].

    Beyond the range it was made from it goes on at half its mean slope, as far as its margin reaches.

    Attributes
    ----------
    x, z : the knots; `x` increases strictly. One knot: the context never changed.
    """

    def __init__(self, x: list[float], z: list[float]) -> None:
        self.x, self.z = x, z

    @classmethod
    def of(cls, values: NDArray[np.float64], margin: float = 0.0) -> Warp:
        """The map made from the context's values, (n,) and n >= 1, to [margin, 1 - margin].

        But for the margin, z is the mean of the linear map of the range and of the normal score of the rank, also scaled to
        [0, 1]: normal scores stretch the rare ends of the distribution, where costs change fastest, and its crowded middle gets
        its share.
        """
        from scipy.special import ndtri

        distinct = np.unique(values)
        count = len(distinct)
        if count == 1:
            return cls([float(distinct[0])], [0.5])
        rank = (np.arange(count) + 0.5) / count
        score = ndtri(rank)
        linear = (distinct - distinct[0]) / (distinct[-1] - distinct[0])
        z = np.clip(0.5 * linear + 0.5 * (0.5 - 0.5 * score / score[0]), 0.0, 1.0)  # rounding may pass the ends
        # knots where z passes the steps of a regular grid, so that no part of [0, 1] is coarse
        at = np.unique(np.searchsorted(z, np.linspace(0.0, 1.0, KNOTS)).clip(0, count - 1))
        return cls(distinct[at].tolist(), (margin + (1.0 - 2.0 * margin) * z[at]).tolist())

    def __call__(self, value: float) -> float:
        x, z = self.x, self.z
        if value <= x[0]:
            return max(z[0] - self._further(x[0] - value), 0.0)
        if value >= x[-1]:
            return min(z[-1] + self._further(value - x[-1]), 1.0)
        i = bisect_right(x, value)
        return min(z[i - 1] + (z[i] - z[i - 1]) * (value - x[i - 1]) / (x[i] - x[i - 1]), z[i])  # rounding may pass the knot

    def _further(self, distance: float) -> float:
        x, z = self.x, self.z
        return 0.5 * distance * (z[-1] - z[0]) / (x[-1] - x[0]) if len(x) > 1 else 0.0

    def reach(self, share: float) -> tuple[float, float]:
        """The range, longer by `share` of its length at either end."""
        margin = share * (self.x[-1] - self.x[0])
        return self.x[0] - margin, self.x[-1] + margin
