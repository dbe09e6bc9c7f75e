"""What makes a vector invalid: constraints that it breaks, and combinations that may not be."""

from __future__ import annotations

import math
from collections.abc import Iterable
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
WHOLE_SLACK = 1e-13  # the same of numbers with steps, which are exact but for the sum
ROUNDING = 1e-15  # of a parameter's range, by which a position may miss its number


class CubeConstraint(NamedTuple):
    """``sum(coefficients * x[indices]) >= bound`` (or ``==``) in the encoding."""

    indices: list[int]
    coefficients: list[float]
    bound: float


class _Matrix(NamedTuple):
    """``c`` constraints on ``m`` numbers: ``numbers @ weights + rest <= 0`` or, where `equal`, ``== 0``.

    `whole` and `curved` are the columns of whole numbers on linear scales, and of numbers on others or with other steps.
    """

    dims: list[int]
    low: Array
    range: Array
    whole: list[int]
    curved: list[int]
    weights: Array
    rest: Array
    size: Array
    equal: Mask
    slack: Array
    rounding: Array


class Rules:
    """The constraints and forbidden combinations of a space, for the vectors of its `axes`.

    Attributes
    ----------
    linear : the constraints.
    """

    def __init__(self, space: Space, linear: list[Linear], axes: list[Axis], existence: Existence) -> None:
        self._space, self.linear, self._axes, self._existence = space, linear, axes, existence
        self._place = {axis.name: i for i, axis in enumerate(axes)}

    @property
    def conditional(self) -> bool:
        """Whether a constraint does not always apply."""
        return any(self._space.parameters[name].when for item in self.linear for name in item.coefficients)

    def impossible(self) -> Linear | None:
        """A constraint that always applies and that the ranges of its parameters cannot meet."""
        for item in self.linear:
            least = most = self.fixed_part(item) - item.bound
            for name, weight in item.coefficients.items():
                if name in self._place:
                    its = cast("Float | Integer", self._space.parameters[name])
                    ends = sorted((weight * its.low, weight * its.high))
                    least, most = least + ends[0], most + ends[1]
            slack = SAME * (abs(least) + abs(most) + abs(item.bound))
            always = not any(self._space.parameters[name].when for name in item.coefficients)
            if always and (least > slack or (item.sense == "==" and most < -slack)):
                return item
        return None

    def keeps(self, X: Array, active: Mask) -> Mask:
        """``n``: which of the rounded vectors keep every constraint and match no forbidden combination."""
        import numpy as np

        good = np.ones(len(X), dtype=bool)
        if self.linear:
            good &= (self._kept(X) | ~self.applies(X, active)).all(axis=1)
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

    def applies(self, X: Array, active: Mask) -> Mask:
        """``n x c``: of which constraints all parameters exist."""
        import numpy as np

        exist = np.ones((len(X), len(self.linear)), dtype=bool)
        for column, constraint in zip(exist.T, self.linear, strict=True):
            for name in constraint.coefficients:
                if self._space.parameters[name].when:
                    column &= self._existence.of(name, X, active)
        return exist

    def in_cube(self, constraints: Iterable[Linear]) -> list[CubeConstraint]:
        """Those of the constraints that are linear in the encoding: of parameters that always exist, either all of them on linear
        scales, or the ratio of two on logarithmic ones.
        """
        found = []
        for item in constraints:
            free = [name for name in item.coefficients if name in self._place]
            if free and not any(self._space.parameters[name].when for name in item.coefficients):
                if all(self._axes[self._place[name]].straight for name in free):
                    found.append(self._in_cube(item))
                elif self._is_ratio(item):
                    found.append(self._ratio_in_cube(item))
        return found

    def fixed_part(self, constraint: Linear) -> float:
        """What the fixed parameters add to the left side."""
        return sum(w * float(self._space.fixed[name]) for name, w in constraint.coefficients.items() if name not in self._place)

    def _kept(self, X: Array) -> Mask:
        """``n x c``: which constraints hold, whether or not they apply."""
        import numpy as np

        numbers, its = self._numbers(X), self._matrix
        total = numbers @ its.weights + its.rest
        size = np.abs(numbers) @ np.abs(its.weights) + its.size
        return np.asarray(np.where(its.equal, np.abs(total), total) <= its.slack * size + its.rounding)

    def _numbers(self, X: Array) -> Array:
        """``n x m``: the numbers that constraints are about. Linear scales take no loop: there may be hundreds."""
        import numpy as np

        its = self._matrix
        found: Array = its.low + X[:, its.dims] * its.range
        found[:, its.whole] = np.rint(found[:, its.whole])
        for column in its.curved:
            found[:, column] = self._axes[its.dims[column]].numbers(X[:, its.dims[column]])
        return found

    @cached_property
    def _matrix(self) -> _Matrix:
        import numpy as np

        names = {name for item in self.linear for name in item.coefficients if name in self._place}
        dims = sorted(self._place[name] for name in names)
        axes = [self._axes[i] for i in dims]
        width = np.array([axis.span if axis.straight else 0.0 for axis in axes])
        weights = np.array([[item.coefficients.get(axis.name, 0.0) for item in self.linear] for axis in axes])
        weights = weights.reshape(len(axes), len(self.linear))
        rest = np.array([self.fixed_part(item) - item.bound for item in self.linear])
        equal = np.array([item.sense == "==" for item in self.linear])
        stepped = np.array([axis.step > 0.0 for axis in axes], dtype=bool)
        # Numbers with steps must meet an equality, others come as near as a search can.
        exact = ((weights == 0.0) | stepped[:, None]).all(axis=0)
        return _Matrix(
            dims=dims,
            low=np.array([float(cast("Float | Integer", axis.parameter).low) for axis in axes]),
            range=width,
            whole=[k for k, axis in enumerate(axes) if axis.whole],
            curved=[k for k, axis in enumerate(axes) if not axis.whole and (axis.step or not axis.straight)],
            weights=weights,
            rest=rest,
            size=np.maximum(np.abs(rest), np.abs([item.bound for item in self.linear])),
            equal=equal,
            slack=np.where(exact, WHOLE_SLACK, np.where(equal, SAME, SLACK)),
            rounding=ROUNDING * width @ np.abs(weights),
        )

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

    def _is_ratio(self, constraint: Linear) -> bool:
        """Whether a constraint bounds the ratio of two numbers on logarithmic scales."""
        its = [self._space.parameters[name] for name in constraint.coefficients]
        signs = {math.copysign(1.0, weight) for weight in constraint.coefficients.values()}
        logarithmic = all(isinstance(one, Float | Integer) and one.log for one in its)
        return (
            len(its) == len(signs) == 2
            and constraint.bound == 0.0
            and logarithmic
            and constraint.coefficients.keys() <= self._place.keys()
        )

    def _ratio_in_cube(self, constraint: Linear) -> CubeConstraint:
        """Of ``a x <= b y``: ``log y - log x >= log a - log b``."""
        indices, coefficients, bound = [], [], 0.0
        for name, weight in constraint.coefficients.items():
            its, sign = cast("Float | Integer", self._space.parameters[name]), math.copysign(1.0, weight)
            indices.append(self._place[name])
            coefficients.append(-sign * (math.log(its.high) - math.log(its.low)))
            bound += sign * (math.log(abs(weight)) + math.log(its.low))
        return CubeConstraint(indices, coefficients, bound)
