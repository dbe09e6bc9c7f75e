"""A Gaussian process on the unit cube as a linear model: cosines with the variances of its spectrum.

Hilbert-space approximation (Solin & Särkkä 2020, eq. 8) with the Laplacian's eigenfunctions under Neumann conditions.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

HIGHEST = 24  # cosines beyond this frequency have no variance under any lengthscale used here


def spectrum(
    dimensions: int, count: int, lengthscale: float, interaction: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The `count` cosines of largest variance under a squared-exponential kernel, the constant first.

    Parameters
    ----------
    lengthscale : in units of the cube's edge.
    interaction : factor on the variance of products of two contexts; products of more are left out.

    Returns
    -------
    frequencies (count, dimensions), and variances (count,) relative to that of the constant, which is 1.
    """
    most = min(HIGHEST, int(3.5 / (np.pi * lengthscale)) + 1)
    found = [tuple([0] * dimensions)]
    for axis in range(dimensions):
        found += [tuple(f if a == axis else 0 for a in range(dimensions)) for f in range(1, most + 1)]
    for first, second in combinations(range(dimensions), 2):
        for f, g in product(range(1, most // 2 + 1), repeat=2):
            found.append(tuple(f if a == first else g if a == second else 0 for a in range(dimensions)))
    frequencies = np.array(found, dtype=np.float64).reshape(len(found), dimensions)
    variances = np.exp(-0.5 * (lengthscale * np.pi) ** 2 * (frequencies**2).sum(axis=1))
    variances *= np.where((frequencies > 0).sum(axis=1) > 1, interaction, 1.0)
    order = np.argsort(-variances, kind="stable")[:count]
    return frequencies[order], variances[order]


def scales(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor that makes each product of cosines have mean square 1 over the cube."""
    return np.asarray(np.sqrt(2.0) ** (frequencies > 0).sum(axis=1), dtype=np.float64)


def features(points: NDArray[np.float64], frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cosines at `points` (n, dimensions): an array (n, count)."""
    waves = np.cos(np.pi * points[:, None, :] * frequencies[None, :, :])
    return np.asarray(waves.prod(axis=2) * scales(frequencies), dtype=np.float64)
