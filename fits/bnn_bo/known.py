"""Outcomes that follow from the configuration: a linear sum of parameters, or a column of the pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fits.bnn_bo.schema import Row
from fits.solver import BadQuery
from fits.space import Encoding, Space
from fits.space.existence import SAME
from fits.space.linear import expression

Array = NDArray[np.float64]


class Quantity(Protocol):
    """An outcome that is known of every configuration that can be evaluated."""

    def at(self, X: Array) -> Array:
        """Its values ``n`` at rounded points ``n x d``; NaN where it is not known."""
        ...

    def least(self) -> float:
        """Its smallest value; of a sum, constraints left aside."""
        ...


@dataclass(frozen=True)
class LinearSum:
    """``constant + sum(weight * parameter)``; the weight of "" is the constant."""

    encoding: Encoding
    weights: Mapping[str, float]

    def at(self, X: Array) -> Array:
        total = np.full(len(X), self.weights.get("", 0.0))
        for name, weight in self.weights.items():
            if name in self.encoding.space.fixed:
                total += weight * float(self.encoding.space.fixed[name])
            elif name:
                i = self.encoding.names.index(name)
                total += weight * self.encoding.axes[i].numbers(X[:, i])
        return total

    def least(self) -> float:
        weights = np.array([self.weights.get(name, 0.0) for name in self.encoding.names])
        corner = np.where(weights > 0.0, *self.encoding.bounds)  # a number grows with its position
        return float(self.at(corner[None])[0])


@dataclass(frozen=True)
class PoolColumn:
    """``values[i]`` at ``points[i]``."""

    points: Array
    values: Array

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    def at(self, X: Array) -> Array:
        if not self.points.shape[1]:
            return np.full(len(X), self.values[0])
        distance, nearest = self._tree.query(X, p=np.inf)
        return np.where(distance <= SAME, self.values[nearest], np.nan)

    def least(self) -> float:
        return float(self.values.min())


def quantities(encoding: Encoding, pool: Sequence[Row], points: Array | None) -> dict[str, Quantity]:
    """The known outcomes of a space by name; those that the pool, encoded as `points`, tells only where there is one."""
    found: dict[str, Quantity] = {}
    for name, its in encoding.space.objectives.items():
        if isinstance(its.known, str):
            found[name] = LinearSum(encoding, expression(its.known, encoding.space.parameters))
        elif its.known and points is not None:
            found[name] = PoolColumn(points, np.array([float(str(row[name])) for row in pool]))
    return found


def check_pool(space: Space, pool: Sequence[Row]) -> None:
    """Refuse a pool that does not say what is known, or says two things of one configuration.

    Raises
    ------
    BadQuery
        With the row and what was expected.
    """
    for name in (name for name, its in space.objectives.items() if its.known is True):
        said: dict[tuple[object, ...], tuple[int, object]] = {}
        for i, row in enumerate(pool, start=1):
            cell = row.get(name)
            if isinstance(cell, bool) or not isinstance(cell, int | float):
                found = "empty" if cell is None else cell
                raise BadQuery("pool", f"row {i}: {name} is {found} (expected a number, for it is known)")
            first, before = said.setdefault(tuple(row.get(parameter) for parameter in space.parameters), (i, cell))
            if before != cell:
                raise BadQuery("pool", f"rows {first} and {i} are the same configuration, but {name} is {before} and {cell}")
