"""The law of relaxation: what a solve by SOR costs at omega, when the spectral radius of Jacobi's iteration is beta.

Young (1954): rho(omega) = omega - 1 from omega* = 2 / (1 + sqrt(1 - beta^2)) on, and below it
((omega beta + sqrt(omega^2 beta^2 - 4 (omega - 1))) / 2)^2. We write the optimum as s = -ln(1 - beta^2) / 2, so that
omega* = 2 / (1 + e^-s) and s = ln(omega* / (2 - omega*)): in the coordinate ln(omega / (2 - omega)) the left branches are
shifts of one another. Iterations are K / -ln rho, but K is not the same everywhere: at the kink the iteration matrix has a
Jordan block, so K swells there and falls off to the right, and steps down to the left. Four numbers shared by all solves say how
(measured on four sequences, natural ordering, tolerance 1e-8: misfit of ln cost .04-.07).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fits.compiled import jit_if_possible

Array = NDArray[np.float64]

SHAPE = 4  # ln K, tilt, step, swell
SMALLEST = 1e-3  # s of omega* = 1.0005
STEP_WIDTH = 0.03  # over which K steps down on the left of the kink, in ln(omega / (2 - omega))
SWELL_WIDTH = 0.6  # over which the swelling falls off on the right


@jit_if_possible
def log_costs(omega: Array, s: Array, shape: Array) -> Array:
    """ln cost at each omega (n,) for optima s (n,) and `shape` = (ln K, tilt, step, swell)."""
    s = np.maximum(s, SMALLEST)
    e = np.exp(-s)
    beta_square = 1.0 - e * e
    u = np.log(omega / (2.0 - omega)) - s
    left = u < 0.0
    root = np.sqrt(np.maximum(omega * omega * beta_square - 4.0 * (omega - 1.0), 0.0))
    slow = 0.25 * (omega * np.sqrt(beta_square) + root) ** 2
    radius = np.where(left, slow, omega - 1.0)
    radius = np.minimum(np.maximum(radius, 1e-30), 1.0 - 1e-12)
    smooth = np.log(1.0 - np.exp(shape[0]) / np.log(radius)) + shape[1] * (omega - 1.5)
    below = shape[3] - shape[2] * (1.0 - np.exp(np.minimum(u, 0.0) / STEP_WIDTH))
    above = shape[3] * np.exp(-np.maximum(u, 0.0) / SWELL_WIDTH)
    total: Array = smooth + np.where(left, below, above)
    return total


@jit_if_possible
def slopes(omega: Array, s: Array, shape: Array, width: float) -> tuple[Array, Array]:
    """ln cost (n,), and its slopes (n, 1 + SHAPE) in s and in `shape`.

    The slope in s is taken over +-`width`, which must not vanish: at the kink it is infinite.
    """
    value = log_costs(omega, s, shape)
    slope = np.empty((omega.size, 1 + SHAPE))
    slope[:, 0] = (log_costs(omega, s + width, shape) - log_costs(omega, s - width, shape)) / (2.0 * width)
    more = shape.copy()
    more[0] += 1e-3
    slope[:, 1] = (log_costs(omega, s, more) - value) / 1e-3
    u = np.log(omega / (2.0 - omega)) - np.maximum(s, SMALLEST)
    slope[:, 2] = omega - 1.5
    slope[:, 3] = np.where(u < 0.0, np.exp(np.minimum(u, 0.0) / STEP_WIDTH) - 1.0, 0.0)
    slope[:, 4] = np.where(u < 0.0, 1.0, np.exp(-np.maximum(u, 0.0) / SWELL_WIDTH))
    return value, slope
