"""The model that ships: quantiles of a curve's future from networks, widened until they hold what they claim to hold.

The networks say where each quantile lies about the forecast of the mixture of families, in units of the error that the mixture
expects of itself. They learned the same from different first weights, and their mean counts. The outer quantiles are then moved
outwards by an offset that depends on the horizon (conformalised quantile regression, Romano, Patterson & Candès 2019, arXiv
1905.03222). Trained on LCDB 1.1 (Yan, Mohr, Viering 2025; CC BY 4.0), see `training`.

Gradient-boosted trees with the same features and folds were off by .0302 / .0201 / .0069 from 10 / 20 / 50 % of the curve where the
networks are by .0269 / .0181 / .0069: less on 70 data sets that the form was chosen on and on the 47 others. The whole prefix as a
further input changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fits.learning_curve.families.family import Array
from fits.learning_curve.meta.features import seen
from fits.learning_curve.meta.network import Floats, Network, Scaling
from fits.learning_curve.quantiles import LEVELS

MIDDLE = LEVELS.index(0.5)
LONGEST = 20.0  # x* / x_n: the farthest that was trained
ROWS = 4096  # answered at once: bounds the memory


@dataclass(frozen=True)
class Model:
    """Networks, and by how much the outer quantiles move outwards.

    Attributes
    ----------
    scaling, networks : from the features: the distance of each quantile from the mixture's forecast, in units of `Seen.unit`.
    horizons, offsets : (k,) and (k, pairs) ln(x* / x_n), and the offsets there of the inner and of the outer pair of quantiles, in
        units of the pair's width.
    data_sets : how many it learned from.
    """

    scaling: Scaling
    networks: tuple[Network, ...]
    horizons: Array
    offsets: Array
    data_sets: int

    def quantiles(self, x: Array, ys: Array, se: Array | None, at: Array) -> Array:
        """The quantiles at `at` (m,), beyond the last x: (S, m, levels), ascending, between 0 and 1. The rest as for `seen`."""
        known = seen(x, ys, se, at)
        rows = known.features.reshape(-1, known.features.shape[-1])
        answer = answered(self.scaling, self.networks, rows).reshape(*known.base.shape, len(LEVELS))
        return moved(quantiles_of(known.base, known.unit, answer), np.log(at / x[-1]), self.horizons, self.offsets)


def answered(scaling: Scaling, networks: tuple[Network, ...], rows: Floats) -> Array:
    """The mean of what the networks say of rows of features (n, k): (n, levels)."""
    parts = (scaling(rows[k : k + ROWS]) for k in range(0, len(rows), ROWS))
    return np.concatenate([np.mean([network.answer(part) for network in networks], axis=0) for part in parts])


def quantiles_of(base: Array, unit: Array, answer: Array) -> Array:
    """Quantiles (..., levels), ascending, from the mixture's forecast and the unit (...) and the networks' answer (..., levels)."""
    return _ordered(base[..., None] + unit[..., None] * answer)


def moved(q: Array, horizon: Array, horizons: Array, offsets: Array) -> Array:
    """Quantiles (..., levels) moved outwards by the offsets at `horizon` (...): ascending, between 0 and 1."""
    q = q.copy()
    for pair in range(MIDDLE):
        low, high = q[..., MIDDLE - 1 - pair].copy(), q[..., MIDDLE + 1 + pair].copy()
        outwards = np.interp(horizon, horizons, offsets[:, pair]) * (high - low)
        q[..., MIDDLE - 1 - pair], q[..., MIDDLE + 1 + pair] = low - outwards, high + outwards
    return np.clip(_ordered(q), 0.0, 1.0)


def _ordered(q: Array) -> Array:
    """Quantiles that do not cross: each is at least as far out as those nearer to the middle. The middle stays."""
    above = np.maximum.accumulate(q[..., MIDDLE:], axis=-1)
    below = np.minimum.accumulate(q[..., MIDDLE::-1], axis=-1)[..., ::-1]
    return np.concatenate([below[..., :-1], above], axis=-1)
