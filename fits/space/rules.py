"""What makes a vector invalid: constraints that it breaks, and combinations that may not be."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

from fits.space.axis import Axis
from fits.space.existence import SAME, Existence
from fits.space.linear import Linear
from fits.space.model import Space
from fits.space.parameters import Float, Integer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SLACK = 1e-9  # of a constraint's terms, by which rounding may miss it
ROUNDING = 1e-15  # of a parameter's range, by which a position may miss its number


class CubeConstraint(NamedTuple):
    """``sum(coefficients * x[indices]) >= bound`` (or ``==``) in the encoding."""

    indices: list[int]
    coefficients: list[float]
    bound: float


class Rules:
    """The constraints and forbidden combinations of a space, for the vectors of its `axes`."""

    def __init__(self, space: Space, axes: list[Axis], existence: Existence) -> None:
        self._space, self._axes, self._existence = space, axes, existence
        self._place = {axis.name: i for i, axis in enumerate(axes)}

    @cached_property
    def linear(self) -> list[Linear]:
        """The constraints, read."""
        return self._space.linear()

    def keeps(self, X: Array, active: Mask) -> Mask:
        """``n``: which of the rounded vectors keep every constraint and match no forbidden combination."""
        import numpy as np

        good = np.ones(len(X), dtype=bool)
        for constraint in self.linear:
            good &= self._kept(constraint, X) | ~self.applies(constraint, X, active)
        for combination in self._space.forbidden:
            matches = np.ones(len(X), dtype=bool)
            for name, values in combination.items():
                matches &= self._existence.of(name, X, active)
                if name in self._place:
                    i = self._place[name]
                    matches &= (np.abs(X[:, i, None] - self._axes[i].positions(values)) < SAME).any(axis=1)
                else:
                    matches &= self._space.fixed[name] in values
            good &= ~matches
        return good

    def applies(self, constraint: Linear, X: Array, active: Mask) -> Mask:
        """``n``: where all parameters of a constraint exist."""
        import numpy as np

        exist = np.ones(len(X), dtype=bool)
        for name in constraint.coefficients:
            exist &= self._existence.of(name, X, active)
        return exist

    def in_cube(self, sense: str) -> list[CubeConstraint]:
        """The constraints of this sense that are linear in the encoding: of parameters that always exist, on linear scales."""
        return [self._in_cube(item) for item in self.linear if item.sense == sense and self.is_straight(item)]

    def is_straight(self, constraint: Linear) -> bool:
        """Whether a constraint is linear in the encoding, and of every vector."""
        free = [name for name in constraint.coefficients if name in self._place]
        always = not any(self._space.parameters[name].when for name in constraint.coefficients)
        return bool(free) and always and all(self._axes[self._place[name]].straight for name in free)

    def fixed_part(self, constraint: Linear) -> float:
        """What the fixed parameters add to the left side."""
        return sum(w * float(self._space.fixed[name]) for name, w in constraint.coefficients.items() if name not in self._place)

    def _kept(self, constraint: Linear, X: Array) -> Mask:
        import numpy as np

        rest = self.fixed_part(constraint) - constraint.bound
        total, size = np.full(len(X), rest), np.full(len(X), max(abs(rest), abs(constraint.bound)))
        rounding, whole = 0.0, True
        for name, weight in constraint.coefficients.items():
            if name in self._place:
                axis = self._axes[self._place[name]]
                numbers = axis.numbers(X[:, self._place[name]])
                total, size = total + weight * numbers, size + np.abs(weight * numbers)
                whole &= bool(axis.step)
                if axis.straight:
                    its = cast("Float | Integer", axis.parameter)
                    rounding += ROUNDING * abs(weight) * (its.high - its.low)
        if constraint.sense == "==":
            total = np.abs(total)
        # Numbers with steps must meet an equality, others come as near as a search can.
        loose = constraint.sense == "==" and not whole
        return np.asarray(total <= (SAME if loose else SLACK) * size + rounding)

    def _in_cube(self, constraint: Linear) -> CubeConstraint:
        """``-sum w (high - low) u >= sum w low - bound``."""
        indices, coefficients, bound = [], [], self.fixed_part(constraint) - constraint.bound
        for name, weight in constraint.coefficients.items():
            if name in self._place:
                its = cast("Float | Integer", self._space.parameters[name])
                indices.append(self._place[name])
                coefficients.append(-weight * (its.high - its.low))
                bound += weight * its.low
        return CubeConstraint(indices, coefficients, bound)
