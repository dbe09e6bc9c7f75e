"""A small neural network as plain arrays: five quantiles of a curve's future at once, from what its beginning shows.

    z = [(asinh(f / unit) - centre) / spread, which features are missing]        standardised, a missing one counts as 0
    h_1 = s(z W_1 + b_1),   h_k = h_{k-1} + s(h_{k-1} W_k + b_k),   answer = h_K W_{K+1} + b_{K+1},   s(a) = a / (1 + e^-a)

The features are lengths over many orders of magnitude with heavy tails: hence asinh, which is a logarithm far from 0 and straight
near it. What lies farther than `FARTHEST` standard deviations off counts as lying there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array

FARTHEST = 8.0
TINY = 1e-6

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scaling:
    """What is done to the features before the network sees them.

    Attributes
    ----------
    unit, centre, spread : (k,) of each feature.
    gaps : (g,) the features that may be missing.
    """

    unit: Floats
    centre: Floats
    spread: Floats
    gaps: npt.NDArray[np.int16]

    def __call__(self, rows: Floats) -> Floats:
        """Rows (n, k) as inputs of the network (n, k + g)."""
        scaled = (np.arcsinh(rows / self.unit) - self.centre) / self.spread
        known = np.clip(np.nan_to_num(scaled, nan=0.0), -FARTHEST, FARTHEST)
        return np.concatenate([known, np.isnan(rows[:, self.gaps])], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class Network:
    """Weights (in, out) and biases (out,) of each layer, the last one without s."""

    weights: tuple[npt.NDArray[np.floating], ...]
    biases: tuple[npt.NDArray[np.floating], ...]

    def answer(self, inputs: Floats) -> Array:
        """The quantiles for each row (n, k + g): (n, levels). In double precision: a row's neighbours do not matter."""
        layers = [(W.astype(np.float64), b.astype(np.float64)) for W, b in zip(self.weights, self.biases, strict=True)]
        (first, shift), *hidden, (last, level) = layers
        h = curved(inputs.astype(np.float64) @ first + shift)
        for W, b in hidden:
            h = h + curved(h @ W + b)
        return np.asarray(h @ last + level)


def curved(a: Array) -> Array:
    """s(a) = a / (1 + e^-a)."""
    return np.asarray(a * sigmoid(a))


def sigmoid(a: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """1 / (1 + e^-a), in the precision of a."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * a))


def scaling_of(rows: Floats) -> Scaling:
    """From the rows (n, k) that a network learns from: the median size of each feature, then mean and standard deviation."""
    missing = np.isnan(rows)
    known = ~missing.all(axis=0)
    sizes, centre, spread = np.ones(rows.shape[1]), np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    sizes[known] = np.nanmedian(np.abs(rows[:, known]), axis=0) + TINY
    scaled = np.arcsinh(rows.astype(np.float64) / sizes)
    centre[known], spread[known] = np.nanmean(scaled[:, known], axis=0), np.nanstd(scaled[:, known], axis=0)
    spread = np.maximum(spread, TINY**0.5)
    gaps = np.flatnonzero(missing.any(axis=0)).astype(np.int16)
    return Scaling(sizes.astype(np.float32), centre.astype(np.float32), spread.astype(np.float32), gaps)
