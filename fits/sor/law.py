"""The law of relaxation: what a solve by SOR costs at omega, when the spectral radius of Jacobi's iteration is beta.

Young (1954): rho(omega) = omega - 1 from omega* = 2 / (1 + sqrt(1 - beta^2)) on, and below it
((omega beta + sqrt(omega^2 beta^2 - 4 (omega - 1))) / 2)^2. We write the optimum as s = -ln(1 - beta^2) / 2, so that
omega* = 2 / (1 + e^-s) and s = ln(omega* / (2 - omega*)): in the coordinate ln(omega / (2 - omega)) the left branches are
shifts of one another. Iterations are K / -ln rho, but K is not the same everywhere: at the kink the iteration matrix has a
Jordan block, so K swells there and falls off to the right, and steps down to the left. Four numbers shared by all solves say how
(measured on four sequences, natural ordering, tolerance 1e-8: misfit of ln cost .04-.07).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fits.compiled import jit_if_possible

Array = NDArray[np.float64]

SHAPE = 4  # ln K, tilt, step, swell
FLOOR = 0.054  # even where rho is 0 a solve costs an iteration: 1 / ln(1e8)
SMALLEST = 1e-3  # s of omega* = 1.0005
STEP_WIDTH = 0.03  # over which K steps down on the left of the kink, in ln(omega / (2 - omega))
SWELL_WIDTH = 0.6  # over which the swelling falls off on the right


@jit_if_possible
def log_cost(omega: float, s: float, shape: Array) -> float:
    """ln cost at omega for the optimum s and `shape` = (ln K, tilt, step, swell)."""
    s = max(s, SMALLEST)
    u = math.log(omega / (2.0 - omega)) - s
    if u < 0.0:
        beta_square = 1.0 - math.exp(-2.0 * s)
        root = math.sqrt(max(omega * omega * beta_square - 4.0 * (omega - 1.0), 0.0))
        radius = 0.25 * (omega * math.sqrt(beta_square) + root) ** 2
        profile = shape[3] - shape[2] * (1.0 - math.exp(u / STEP_WIDTH))
    else:
        radius = omega - 1.0
        profile = shape[3] * math.exp(-u / SWELL_WIDTH)
    radius = min(max(radius, 1e-30), 1.0 - 1e-12)
    value: float = shape[0] + math.log(FLOOR - 1.0 / math.log(radius)) + shape[1] * (omega - 1.5) + profile
    return value


@jit_if_possible
def log_costs(omega: Array, s: Array, shape: Array) -> Array:
    """`log_cost` at each of n pairs."""
    value = np.empty(omega.size)
    for i in range(omega.size):
        value[i] = log_cost(omega[i], s[i], shape)
    return value


@jit_if_possible
def slope(omega: float, s: float, shape: Array, width: float, into: Array) -> None:
    """Put the slopes of `log_cost` in s and in `shape` into (1 + SHAPE,) `into`.

    The slope in s is taken over +-`width`, which must not vanish: at the kink it is infinite.
    """
    u = math.log(omega / (2.0 - omega)) - max(s, SMALLEST)
    into[0] = (log_cost(omega, s + width, shape) - log_cost(omega, s - width, shape)) / (2.0 * width)
    into[1] = 1.0
    into[2] = omega - 1.5
    into[3] = math.exp(u / STEP_WIDTH) - 1.0 if u < 0.0 else 0.0
    into[4] = 1.0 if u < 0.0 else math.exp(-u / SWELL_WIDTH)


@jit_if_possible
def slopes(omega: Array, s: Array, shape: Array, width: float) -> Array:
    """`slope` at each of n pairs: an array (n, 1 + SHAPE)."""
    into = np.empty((omega.size, 1 + SHAPE))
    for i in range(omega.size):
        slope(omega[i], s[i], shape, width, into[i])
    return into
