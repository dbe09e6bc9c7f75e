"""Young's optimal omega from the spectral radius of Jacobi's iteration, and Lanczos steps that find that radius."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fits.sor.relax.matrix import Array

FIRST_LOOK = 10  # Lanczos steps before the first look at the Ritz values


def young(beta: float) -> float:
    """omega* = 1 + (beta / (1 + sqrt(1 - beta^2)))^2: the fastest SOR for a consistently ordered matrix (Young 1950).

    Parameters
    ----------
    beta : spectral radius of I - D^-1 A, at least 0 and below 1.
    """
    if not 0.0 <= beta < 1.0:
        raise ValueError(f"beta = {beta!r}: Young's formula needs a spectral radius of at least 0 and below 1")
    return 1.0 + (beta / (1.0 + math.sqrt(1.0 - beta * beta))) ** 2


def lanczos_radius(multiply: Callable[[Array], Array], size: int, steps: int, tolerance: float) -> float:
    """Largest |1 - lambda| over the eigenvalues lambda of a symmetric matrix, from below.

    Plain Lanczos from a fixed start: lost orthogonality repeats eigenvalues, it does not move the outermost. Ends when half as
    many steps again move 1 - radius by less than `tolerance` of itself. The start is positive, near the slowest mode of a
    discretised Laplacian.
    """
    from scipy.linalg import eigvalsh_tridiagonal

    vector = np.random.default_rng(0).uniform(0.5, 1.5, size)
    vector /= np.linalg.norm(vector)
    before = np.zeros(size)
    on: list[float] = []
    beside: list[float] = []
    radius, look = -np.inf, FIRST_LOOK
    for k in range(1, steps + 1):
        image = multiply(vector) - (beside[-1] if beside else 0.0) * before
        on.append(_dot(vector, image))
        image -= on[-1] * vector
        length = math.sqrt(_dot(image, image))
        exhausted = length <= 1e-14 * abs(on[0]) or k == steps
        if exhausted or k == look:
            ritz = eigvalsh_tridiagonal(on, beside)
            previous, radius = radius, max(abs(1.0 - float(ritz[0])), abs(1.0 - float(ritz[-1])))
            if exhausted or abs(radius - previous) <= tolerance * abs(1.0 - radius):
                break
            look += look // 2
        beside.append(length)
        before, vector = vector, image / length
    return radius


def _dot(x: Array, y: Array) -> float:
    """x'y without BLAS, whose threads wait for each other on a busy machine: 50 times slower at 65,000 unknowns."""
    return float(np.einsum("i,i", x, y))
