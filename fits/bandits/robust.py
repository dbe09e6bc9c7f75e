"""A batch of outcomes, and the Student likelihood that keeps single wild ones from deciding."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.compiled import jit_if_possible

Array = NDArray[np.float64]

FREEDOM = 4.0
TRUST = 6.0  # outcomes that the least noise counts for, in an estimate of the noise


class Batch(NamedTuple):
    """Costs of a batch of n actions.

    Attributes
    ----------
    z : (n, dimensions) contexts in the unit cube.
    omega, log_cost : (n,)
    rounding : (n,) variance of log_cost from rounding to whole numbers.
    censored : (n,) the cost is only known to be at least this.
    iterations : all costs are whole numbers.
    """

    z: Array
    omega: Array
    log_cost: Array
    rounding: Array
    censored: NDArray[np.bool_]
    iterations: bool

    def error(self, predicted: Array) -> Array:
        """Observed minus predicted; none where a censored cost is below what was predicted."""
        error = self.log_cost - predicted
        return np.where(self.censored & (error < 0.0), 0.0, error)


def weights(error: Array, variance: Array) -> Array:
    """The Student's weights: 1 for a small error, falling with its square."""
    return np.asarray((FREEDOM + 1.0) / (FREEDOM + error**2 / variance), dtype=np.float64)


def mean_squared(error: Array, variance: Array, least: float) -> float:
    """Robust variance of the errors, drawn to `least` squared as if that had been seen `TRUST` times."""
    robust = (weights(error, variance) * error**2).sum()
    return float((robust + TRUST * least**2) / (len(error) + TRUST))


@jit_if_possible
def log_density(error: float, variance: float) -> float:
    """Of the Student distribution, up to a constant that all models share."""
    return -0.5 * math.log(variance) - 0.5 * (FREEDOM + 1.0) * math.log1p(error * error / (FREEDOM * variance))
