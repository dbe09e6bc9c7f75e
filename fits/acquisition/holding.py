"""The part of a search space in which some dimensions have a given value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fits.space import Encoding, NoFeasiblePoint

Array = NDArray[np.float64]

TRIES = 8  # times as many points are drawn, where holding makes many of them infeasible


class Held(Encoding):
    """`encoding` with the dimensions of `fixed` at its values: every point it gives has them."""

    def __init__(self, encoding: Encoding, fixed: Mapping[int, float]) -> None:
        super().__init__(encoding.space)
        self.fixed = dict(fixed)
        self.bounds = encoding.bounds.copy()
        for i, value in self.fixed.items():
            self.bounds[:, i] = value

    def round(self, X: Array) -> Array:
        X = X.copy()
        for i, value in self.fixed.items():
            X[:, i] = value
        return super().round(X)

    def sample(self, n: int, seed: int) -> Array:
        points = self.round(super().sample(TRIES * n, seed))
        points = np.unique(points[self.feasible(points)], axis=0)
        if not len(points):
            raise NoFeasiblePoint("no configuration with the values held keeps the constraints")
        order = np.random.default_rng(seed).permutation(len(points))
        return points[order[:n]]

    def points(self, most: int) -> Array | None:
        listed = super().points(most)
        return None if listed is None else listed[np.all([listed[:, i] == value for i, value in self.fixed.items()], axis=0)]

    def neighbours(self, x: Array) -> Array:
        points = super().neighbours(x)
        return points[np.all([points[:, i] == value for i, value in self.fixed.items()], axis=0)]
