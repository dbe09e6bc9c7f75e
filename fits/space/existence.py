"""Which parameters exist: in a configuration, and in a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from fits.solver import Scalar
from fits.space.axis import Axis
from fits.space.model import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    _Conditions = dict[tuple[int, bytes], Array]  # a parent's dimension, and its positions, which tell equal conditions apart

SAME = 1e-6  # distance up to which two positions are one


class Existence:
    """The conditions of a space's parameters, read for its `axes`."""

    def __init__(self, space: Space, axes: Sequence[Axis]) -> None:
        self._space = space
        self._ranked = space.ranked()
        self._every = frozenset(self._ranked)
        self._place = {axis.name: i for i, axis in enumerate(axes)}
        self._conditions: dict[str, _Conditions | None] = {}
        for name in self._ranked:
            if space.parameters[name].when:
                self._conditions[name] = self._read(name, axes)

    def in_config(self, config: Mapping[str, Scalar]) -> Set[str]:
        """The parameters that exist in a configuration."""
        if not self._conditions:
            return self._every
        found: set[str] = set()
        for name in self._ranked:
            when = self._space.parameters[name].when.items()
            if all(parent in found and self._space.fixed.get(parent, config.get(parent)) in values for parent, values in when):
                found.add(name)
        return found

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

        conditions = self._conditions.get(name, {})
        met = np.full(len(X), conditions is not None)
        for (parent, _), allowed in (conditions or {}).items():
            met &= exists[:, parent] & (np.abs(X[:, parent, None] - allowed) < SAME).any(axis=1)
        return met

    def _read(self, name: str, axes: Sequence[Axis]) -> _Conditions | None:
        """The positions of free parents that let a parameter exist; None where a fixed parent has another value.

        A fixed parent has no dimension: its own conditions stand for it.
        """
        conditions: _Conditions = {}
        for parent, values in self._space.parameters[name].when.items():
            if parent in self._place:
                i = self._place[parent]
                allowed = axes[i].positions(values)
                conditions[i, allowed.tobytes()] = allowed
            else:
                its = self._conditions.get(parent, {})
                if its is None or self._space.fixed[parent] not in values:
                    return None
                conditions |= its
        return conditions
