"""Which parameters exist: in a configuration, and in a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fits.solver import Scalar
from fits.space.axis import Axis
from fits.space.model import Space
from fits.space.parameters import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SAME = 1e-6  # distance up to which two positions are one


class Existence:
    """The conditions of a space's parameters, read for its `axes`."""

    def __init__(self, space: Space, axes: Sequence[Axis]) -> None:
        self._space = space
        self._place = {axis.name: i for i, axis in enumerate(axes)}
        self._conditions = {name: self._read(name, axes) for name in self._by_rank() if space.parameters[name].when}

    def in_config(self, name: str, config: Mapping[str, Scalar]) -> bool:
        """Whether a parameter exists in a configuration."""
        parameter = self._space.parameters.get(name)
        if parameter is None:
            return True
        for parent, values in parameter.when.items():
            if self._space.fixed.get(parent, config.get(parent)) not in values or not self.in_config(parent, config):
                return False
        return True

    def active(self, X: Array) -> Mask:
        """``n x d``: which free parameters exist, X being rounded but perhaps for those that do not."""
        import numpy as np

        exists = np.ones(X.shape, dtype=bool)
        for name in self._conditions:
            if name in self._place:
                exists[:, self._place[name]] = self._met(name, X, exists)
        return exists

    def of(self, name: str, X: Array, active: Mask) -> Mask:
        """``n``: whether a parameter, perhaps a fixed one, exists."""
        return active[:, self._place[name]] if name in self._place else self._met(name, X, active)

    def _met(self, name: str, X: Array, exists: Mask) -> Mask:
        import numpy as np

        conditions = self._conditions.get(name, [])
        met = np.full(len(X), conditions is not None)
        for parent, allowed in conditions or []:
            met &= exists[:, parent] & (np.abs(X[:, parent, None] - allowed) < SAME).any(axis=1)
        return met

    def _by_rank(self) -> list[str]:
        """All parameters, parents first."""
        done: list[str] = []
        while len(done) < len(self._space.parameters):
            done += [name for name, its in self._space.parameters.items() if name not in done and its.when.keys() <= set(done)]
        return done

    def _read(self, name: str, axes: Sequence[Axis]) -> list[tuple[int, Array]] | None:
        """Each free parent's dimension and the positions that it allows; None where a fixed parent has another value."""
        conditions = []
        for parent, values in self._all(name):
            if parent not in self._place:
                if self._space.fixed[parent] not in values:
                    return None
            else:
                i = self._place[parent]
                conditions.append((i, axes[i].positions(values)))
        return conditions

    def _all(self, name: str) -> list[tuple[str, list[Value]]]:
        """A parameter's own conditions, and those of its fixed parents, which have no dimension to carry them."""
        found = list(self._space.parameters[name].when.items())
        for parent in self._space.parameters[name].when:
            if parent in self._space.fixed:
                found += self._all(parent)
        return found
