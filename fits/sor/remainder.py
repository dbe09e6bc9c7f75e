"""What a smooth model of ln cost leaves over, omega by omega: a dip too narrow for its cosines is found and held here.

Two tilings of the range of omega, the second shifted by half a tile; the remainder at an omega is the sum of the two tiles it lies
in, so it is level on cells of half a tile. Each tile is a Gaussian of its own: a cost takes constant time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fits.bandits.robust import FREEDOM
from fits.compiled import jit_if_possible
from fits.sor.law import Array

TILES = 20  # of the first tiling: a twentieth of the range, .05 wide on the paper's
CELLS = 2 * TILES
SIZE = 2 * TILES + 1  # tiles of both
SPREAD = 0.07  # sd of ln cost
TEMPER = 0.5  # of Thompson sampling: at 1 the looks at omegas that nobody tried cost 1 % on SSOR-CG, at 0 dips stay unknown


class Remainder:
    """The posterior: `mean` and `variance` (SIZE,) of the tiles."""

    def __init__(self) -> None:
        self.mean, self.variance = np.zeros(SIZE), np.full(SIZE, 0.5 * SPREAD**2)

    def fit(self, place: Array, error: Array, variance: Array) -> None:
        """The posterior of a whole batch, (n,) each: omega as a share of its range, ln cost above the model's, its variance."""
        self.mean, self.variance = np.zeros(SIZE), np.full(SIZE, 0.5 * SPREAD**2)
        _take_all(self.mean, self.variance, place, error, variance)

    def state(self) -> dict[str, Any]:
        """The posterior as plain JSON."""
        return {"mean": self.mean.tolist(), "variance": self.variance.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the posterior of another one."""
        mean, variance = np.array(state["mean"]), np.array(state["variance"])
        if not mean.shape == variance.shape == (SIZE,):
            raise ValueError(f"a remainder of {mean.shape} and {variance.shape} where there are {SIZE} tiles")
        self.mean, self.variance = mean, variance


def cells(place: Array) -> NDArray[np.int64]:
    """The cell of each omega, given as a share of the range: (n,)."""
    return np.clip((place * CELLS).astype(np.int64), 0, CELLS - 1)


@jit_if_possible
def drawn_remainder(mean: Array, variance: Array, normals: Array, cell: NDArray[np.int64]) -> Array:
    """One draw from the tempered posterior, at each of n cells; `normals` (SIZE,)."""
    tiles = mean + TEMPER * np.sqrt(variance) * normals
    remainder = np.empty(cell.size)
    for k in range(cell.size):
        remainder[k] = tiles[cell[k] // 2] + tiles[TILES + (cell[k] + 1) // 2]
    return remainder


@jit_if_possible
def take(mean: Array, variance: Array, place: float, error: float, noise: float) -> None:
    """Update the two tiles of `place` by one outcome, of variance `noise`; a surprising one counts for less (Student)."""
    cell = int(min(max(place * CELLS, 0.0), CELLS - 1.0))
    first, second = cell // 2, TILES + (cell + 1) // 2
    left = error - mean[first] - mean[second]
    doubt = variance[first] + variance[second]
    surprise = left * left / (doubt + noise)
    total = doubt + noise * max(1.0, (FREEDOM + surprise) / (FREEDOM + 1.0))
    for tile in (first, second):
        gain = variance[tile] / total
        mean[tile] += gain * left
        variance[tile] *= 1.0 - gain


@jit_if_possible
def _take_all(mean: Array, variance: Array, place: Array, error: Array, noise: Array) -> None:
    for i in range(place.size):
        take(mean, variance, place[i], error[i], noise[i])
