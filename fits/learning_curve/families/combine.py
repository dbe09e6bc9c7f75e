"""The mixture of families: each is judged by how well it would have foretold the curve's own later part.

The curve is cut at earlier points; every family is fitted to each prefix, and E is its mean absolute error at the points behind the
cut. The weight of a family is (E + noise)^-3, `last1` among them, and the forecast is the weighted mean. Cuts count in proportion
to x: the later ones are more like the forecast asked for. Half of what the last observations lie off a fit is carried on.

Families, powers and cuts were chosen on LCDB 1.1, the same on both halves of its data sets. There the weighted mean beats the
weighted median, the plain median and every single family; back-tests at horizons like the one asked for choose no better than all
of them together, so that the mixture is one curve, whatever x is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array
from fits.learning_curve.families.fitting import FittedMany, fit_many
from fits.learning_curve.families.registry import FAMILIES
from fits.learning_curve.families.weights import RECENCY, recency_weights

NAMES = ("pow3", "pow4", "expp3", "mmf4", "vap3", "bnsl", "last1")
CUTS = (0.09, 0.125, 0.18, 0.25, 0.35, 0.5, 0.65, 0.8)  # in shares of the last x
SHORTEST = 5  # points of a prefix
SHARPNESS = 3.0
NOISE_SHARE = 0.3  # of the noise, added to an error: families that differ by less than that are equally good
CARRIED, TAIL = 0.5, 3  # share of the mean residual over the last observations that a forecast keeps

# The error of a forecast, measured on LCDB 1.1: its scale is s^2 = (.8 D)^2 + (.8 E h)^2 + (.3 noise)^2 with D the disagreement of
# the families (weighted standard deviation), E the weighted back-test error and h = |ln x*/x_n|; Z are the quantiles of
# (truth - forecast) / s at LEVELS: heavy tails, the longer one downwards, because curves drop late more often than they turn up.
DISAGREEMENT, ERROR, NOISE = 0.8, 0.8, 0.3
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
Z = (-10.0, -3.7, -2.35, -0.94, -0.05, 0.52, 1.43, 2.27, 5.8)


@dataclass(frozen=True)
class Mixture:
    """S curves with the same x and the mixture of each.

    Attributes
    ----------
    fits : the families fitted to the whole curves.
    weights : (F, S) in the order of `fits`, sum 1 over the families.
    offsets : (F, S) what is carried on of the last residuals, in the unit of y.
    errors : (F, S) mean absolute back-test errors; NaN where the curve is too short for a back-test.
    noise : (S,) standard deviation of an observation about the curve, from its second differences.
    unit, low, high : the last x, and the range of the metric.
    """

    fits: dict[str, FittedMany]
    weights: Array
    offsets: Array
    errors: Array
    noise: Array
    unit: float
    low: float
    high: float

    def members(self, x: npt.ArrayLike) -> Array:
        """The forecast of each family at x (m,): (F, S, m), within [low, high]."""
        raw = np.stack([fit.predict(x) for fit in self.fits.values()])
        return np.asarray(np.clip(raw + self.offsets[..., None], self.low, self.high))

    def predict(self, x: npt.ArrayLike) -> Array:
        """The point forecast at x (m,): (S, m)."""
        return np.asarray(np.einsum("fs,fsm->sm", self.weights, self.members(x)))

    def scale(self, x: npt.ArrayLike) -> Array:
        """The scale s of the forecast's error at x (m,): (S, m), in the unit of y."""
        x = np.atleast_1d(np.asarray(x, dtype=np.float64))
        members = self.members(x)
        spread = np.einsum("fs,fsm->sm", self.weights, (members - np.einsum("fs,fsm->sm", self.weights, members)) ** 2)
        # A curve too short for a back-test is judged by what its families leave unexplained.
        residual = np.stack([fit.rms for fit in self.fits.values()])
        error = np.einsum("fs,fs->s", self.weights, np.where(np.isnan(self.errors), residual, self.errors))
        horizon = np.abs(np.log(np.maximum(x / self.unit, 1e-6)))
        return np.asarray(
            np.sqrt(DISAGREEMENT**2 * spread + np.outer((ERROR * error) ** 2, horizon**2) + (NOISE * self.noise[:, None]) ** 2)
        )

    def quantiles(self, x: npt.ArrayLike, levels: npt.ArrayLike) -> Array:
        """Quantiles of the true value at x (m,), for levels (q,) in (0, 1): (S, m, q), within [low, high].

        Between the measured quantiles, and beyond them, straight lines in the logistic score of the level.
        """
        score, known = (np.log(p / (1.0 - p)) for p in (np.asarray(levels, dtype=np.float64), np.array(LEVELS)))
        segment = np.clip(np.searchsorted(known, score) - 1, 0, len(known) - 2)
        slope = np.diff(Z) / np.diff(known)
        z = np.array(Z)[segment] + slope[segment] * (score - known[segment])
        return np.asarray(np.clip(self.predict(x)[..., None] + self.scale(x)[..., None] * z, self.low, self.high))


def combine(
    x: npt.ArrayLike,
    ys: npt.ArrayLike,
    low: float = 0.0,
    high: float = np.inf,
    *,
    se: npt.ArrayLike | None = None,
    power: float = RECENCY,
    names: Sequence[str] = NAMES,
) -> Mixture:
    """The mixture for curves that share their x.

    Parameters
    ----------
    x : (n,) ascending, distinct, finite, >= 0.
    ys : (n,) for one curve, or (S, n); finite, falling form.
    low, high : range of the metric, possibly infinite.
    se : (n,) standard errors of the observations, as for `recency_weights`.
    power : of x in the weight of an observation.
    names : the families to combine; `last1` is always one of them.
    """
    x, ys = np.asarray(x, dtype=np.float64), np.atleast_2d(np.asarray(ys, dtype=np.float64))
    n, curves = len(x), len(ys)
    # A family with as many parameters as there are points follows the noise: it may not take part.
    names = [name for name in dict.fromkeys([*names, "last1"]) if FAMILIES[name].size < n or name == "last1"]
    cuts = sorted({int(np.searchsorted(x, share * x[-1], side="right")) for share in CUTS})
    cuts = [k for k in cuts if SHORTEST <= k < n]
    weights = np.zeros((len(cuts) + 1, n))
    for row, k in zip(weights, [*cuts, n], strict=True):
        row[:k] = recency_weights(x[:k], None if se is None else np.asarray(se)[:k], power)
    many = fit_many(x, np.repeat(ys, len(weights), axis=0), np.tile(weights, (curves, 1)), low, high, names)
    fitted = np.stack([many[name].predict(x) for name in names]).reshape(len(names), curves, len(weights), n)
    noise = noise_level(ys)
    errors = _backtest(x, ys, fitted, cuts)
    scores = np.where(np.isnan(errors), 0.0, errors) + NOISE_SHARE * noise
    scores = np.maximum(scores, 1e-9 * np.maximum(scores.max(axis=0), 1e-300))
    share = (scores.min(axis=0) / scores) ** SHARPNESS
    offsets = CARRIED * (ys - fitted[:, :, -1])[..., -TAIL:].mean(axis=-1)
    offsets[names.index("last1")] = 0.0
    whole = {name: many[name].rows(slice(len(cuts), None, len(weights))) for name in names}
    return Mixture(whole, share / share.sum(axis=0), offsets, errors, noise, float(x[-1]) or 1.0, low, high)


def noise_level(ys: Array) -> Array:
    """Standard deviation of an observation about a smooth curve, (S,), robust against a few outliers; ys (S, n).

    From the median absolute second difference of three neighbours, whose variance is 1.5 times that of an observation where their
    distances are equal: sigma = 1.4826 median|y_i - (y_{i-1} + y_{i+1}) / 2| / 1.5^1/2. 0 for fewer than three points.
    """
    if ys.shape[1] < 3:
        return np.zeros(len(ys))
    bend = ys[:, 1:-1] - 0.5 * (ys[:, :-2] + ys[:, 2:])
    sigma: Array = 1.4826 / 1.5**0.5 * np.median(np.abs(bend), axis=1)
    return sigma


def _backtest(x: Array, ys: Array, fitted: Array, cuts: Sequence[int]) -> Array:
    """Mean absolute error of each family behind the cuts, (F, S); `fitted` (F, S, cuts + 1, n). NaN without cuts."""
    if not cuts:
        return np.full(fitted.shape[:2], np.nan)
    share = x[[k - 1 for k in cuts]] / x[-1]
    off = [np.abs(fitted[:, :, row, k:] - ys[:, k:]).mean(axis=-1) for row, k in enumerate(cuts)]
    return np.asarray(np.average(off, axis=0, weights=share))
