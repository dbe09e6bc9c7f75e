"""Gaussian posteriors of linear models, one outcome at a time: features, a draw, an update."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fits.bandits.robust import FREEDOM, log_density
from fits.compiled import jit_if_possible

Array = NDArray[np.float64]


@jit_if_possible
def features_at(z: Array, frequencies: Array, scale: Array) -> Array:
    """`fits.bandits.basis.features` at one point z (dimensions,): an array (count,)."""
    phi = scale.copy()
    for q in range(phi.size):
        for axis in range(z.size):
            if frequencies[q, axis] > 0.0:
                phi[q] *= math.cos(math.pi * frequencies[q, axis] * z[axis])
    return phi


@jit_if_possible
def draw(mean: Array, covariance: Array, normals: Array) -> None:
    """Add a draw from N(0, covariance) to `mean`: Cholesky, with a zero where rounding made a variance negative."""
    n = mean.size
    for i in range(n):
        for j in range(i + 1):
            x = covariance[i, j]
            for k in range(j):
                x -= covariance[i, k] * covariance[j, k]
            if i == j:
                covariance[i, i] = math.sqrt(max(x, 0.0))
            elif covariance[j, j] > 0.0:
                covariance[i, j] = x / covariance[j, j]
            else:
                covariance[i, j] = 0.0
    for i in range(n):
        for k in range(i + 1):
            mean[i] += covariance[i, k] * normals[k]


@jit_if_possible
def filtered(
    theta: Array, covariance: Array, gradient: Array, error: float, variance: float, censored: bool
) -> tuple[float, float]:
    """Update mean and covariance in place by an outcome that was `error` above its prediction; `gradient` is its slope in theta.

    The variance of a surprising outcome counts for more, as under a Student likelihood. A censored outcome below its prediction
    tells nothing. Returns the log density before, and the squared surprise in units of its variance.
    """
    gain = np.dot(covariance, gradient)
    doubt = np.dot(gradient, gain)
    if censored and error < 0.0:
        return 0.0, 0.0
    surprise = error * error / (doubt + variance)
    density = log_density(error, doubt + variance)
    total = doubt + variance * max(1.0, (FREEDOM + surprise) / (FREEDOM + 1.0))
    for q in range(theta.size):
        share = gain[q] / total  # a division for every element would take as long as all the rest
        theta[q] += share * error
        for r in range(theta.size):
            covariance[q, r] -= share * gain[r]
    return density, surprise
