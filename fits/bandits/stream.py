"""Random numbers by position: draw number n of a seed is always the same, so a stream's whole state is one integer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024


class Stream:
    """Uniform and standard normal draws.

    Parameters
    ----------
    seed : any non-negative integer.
    position : how many draws have been taken; a stream made with the `position` of another goes on where that one stands.
    """

    def __init__(self, seed: int, position: int = 0) -> None:
        if seed < 0 or position < 0:
            raise ValueError(f"seed and position are not negative, got {seed} and {position}")
        self.seed, self.position = seed, position
        self._number = -1
        self._uniforms: list[float] = []
        self._normals = np.empty(0)

    def uniform(self) -> float:
        """One draw from [0, 1)."""
        at = self._at()
        return self._uniforms[at]

    def normal(self) -> float:
        """One draw from the standard normal distribution."""
        at = self._at()
        return float(self._normals[at])

    def normals(self, count: int) -> NDArray[np.float64]:
        """`count` <= `BLOCK` standard normal draws; the rest of a block that is too short is skipped."""
        left = -self.position % BLOCK
        if 0 < left < count:
            self.position += left
        at = self._at()
        self.position += count - 1
        return self._normals[at : at + count]

    def _at(self) -> int:
        number, at = divmod(self.position, BLOCK)
        if number != self._number:  # a block at a time: a generator made for one draw would cost more than the draw
            source = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, number])))
            self._uniforms, self._normals = source.random(BLOCK).tolist(), source.standard_normal(BLOCK)
            self._number = number
        self.position += 1
        return at
