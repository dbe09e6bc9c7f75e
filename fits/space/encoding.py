"""Configurations as vectors: numbers in [0, 1], levels of categorical parameters as their index, one dimension a free parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

from fits.solver import Scalar
from fits.space.axis import Axis
from fits.space.errors import NoFeasiblePoint, SpaceError
from fits.space.existence import SAME, Existence
from fits.space.model import Space
from fits.space.narrowing import narrowed
from fits.space.parameters import Value, plain
from fits.space.rules import CubeConstraint, Rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]


class Outside(NamedTuple):
    """A value that the space does not hold: position of the configuration, parameter, value, and what was expected."""

    at: int
    name: str
    value: Scalar
    expected: str


class Encoding:
    """The vectors of a space.

    Attributes
    ----------
    names : of the free parameters, in the order of the dimensions.
    d : number of dimensions.
    levels : number of levels of each categorical dimension.
    discrete : all positions, ascending, of each other dimension that has few.
    bounds : ``2 x d``, within the constraints of a single number; points outside keep their place beyond.
    filler : ``d``, the positions of parameters that do not exist in a configuration.
    rules : the constraints and forbidden combinations.
    """

    def __init__(self, space: Space) -> None:
        import numpy as np

        self.space = space
        constraints = space.linear()
        ranges, self._others = narrowed(space, constraints)
        self.axes = [Axis(name, parameter, ranges.get(name)) for name, parameter in space.free.items()]
        self.names = [axis.name for axis in self.axes]
        self.d = len(self.axes)
        self.levels = {i: axis.levels for i, axis in enumerate(self.axes) if axis.levels}
        self.discrete = {i: axis.grid for i, axis in enumerate(self.axes) if axis.grid is not None}
        self.bounds = np.array([[axis.low for axis in self.axes], [axis.high for axis in self.axes]])
        self.filler = np.array([axis.filler for axis in self.axes])
        self._ends = np.array([float(axis.levels - 1) if axis.levels else 1.0 for axis in self.axes])
        whole = [axis for axis in self.axes if axis.whole]
        self._whole = [i for i, axis in enumerate(self.axes) if axis.whole]
        self._stepped = [i for i, axis in enumerate(self.axes) if not axis.whole and (axis.levels or axis.step or axis.values)]
        self._span = np.array([axis.span for axis in whole])
        self._step = np.array([axis.step for axis in whole])
        self._steps = np.array([float(axis.steps) for axis in whole])
        self._axis_of = dict(zip(self.names, self.axes, strict=True))
        self._existence = Existence(space, self.axes)
        self.rules = Rules(space, constraints, self.axes, self._existence)

    # --- configurations and vectors

    def outside(self, configs: Sequence[Mapping[str, Scalar]]) -> list[Outside]:
        """What the configurations hold, or lack, against the space; parameters it does not know are passed over."""
        found = []
        for index, config in enumerate(configs):
            exist = self._existence.in_config(config)
            for name in self.space.parameters:
                value = cast("Scalar", plain(config.get(name)))
                if name in self.space.fixed:
                    if value is not None and value != self.space.fixed[name]:
                        found.append(Outside(index, name, value, str(self.space.fixed[name])))
                elif name in exist and not (axis := self._axis_of[name]).holds(value):
                    found.append(Outside(index, name, value, "a value" if value is None else axis.expected()))
        return found

    def encode(self, configs: Sequence[Mapping[str, Scalar]]) -> Array:
        """``n x d``; a parameter that does not exist in a configuration is at its filler.

        Raises
        ------
        SpaceError
            A configuration does not lie in the space.
        """
        import numpy as np

        wrong = next(iter(self.outside(configs)), None)
        if wrong is not None:
            problem = "is not given" if wrong.value is None else f"{wrong.value} is not in the space"
            raise SpaceError(wrong.name, f"{problem} (expected {wrong.expected})")
        X = np.tile(self.filler, (len(configs), 1))
        for i, axis in enumerate(self.axes):
            values = [plain(config.get(axis.name)) for config in configs]
            known = [k for k, value in enumerate(values) if axis.holds(value)]
            if known:
                X[known, i] = axis.positions([cast("Value", values[k]) for k in known])
        return self.round(X)

    def decode(self, X: Array) -> list[dict[str, Scalar]]:
        """The configurations of ``n x d``, rounded to what can be evaluated; without the parameters that do not exist in them."""
        X = self.round(X)
        active = self.active(X)
        columns: dict[str, list[Value]] = {axis.name: axis.decoded(X[:, i]) for i, axis in enumerate(self.axes)}
        exists: dict[str, Mask] = {name: active[:, i] for i, name in enumerate(self.names)}
        for name, value in self.space.fixed.items():
            columns[name], exists[name] = [value] * len(X), self._existence.of(name, X, active)
        order = list(dict.fromkeys([*self.space.parameters, *self.space.fixed]))
        return [{name: columns[name][row] for name in order if exists[name][row]} for row in range(len(X))]

    def round(self, X: Array) -> Array:
        """The nearest vectors that `decode` can express; parameters that do not exist are put at their filler."""
        import numpy as np

        X = np.clip(X, 0.0, self._ends)
        # Whole numbers take no loop: there may be hundreds.
        X[:, self._whole] = np.minimum(np.rint(X[:, self._whole] * self._span / self._step), self._steps) * self._step / self._span
        for i in self._stepped:
            X[:, i] = self.axes[i].round(X[:, i])
        return np.where(self.active(X), X, self.filler)

    def active(self, X: Array) -> Mask:
        """``n x d``: which parameters exist, X being rounded but perhaps for those that do not."""
        return self._existence.active(X)

    # --- what is valid

    def feasible(self, X: Array) -> Mask:
        """``n``: which of the vectors, once rounded, keep every constraint and match no forbidden combination."""
        X = self.round(X)
        return self.rules.keeps(X, self.active(X))

    @property
    def linear(self) -> list[CubeConstraint]:
        """The inequalities that are linear in the encoding and not yet in `bounds`: see `Rules.in_cube`."""
        return self.rules.in_cube(item for item in self._others if item.sense == "<=")

    @property
    def equalities(self) -> list[CubeConstraint]:
        """The equalities, likewise."""
        return self.rules.in_cube(item for item in self._others if item.sense == "==")

    @cached_property
    def combinations(self) -> float:
        """How many vectors within bounds there are, valid or not; infinity where a number has no steps or very many."""
        import math

        return math.prod(math.inf if few is None else float(len(few)) for few in (axis.few for axis in self.axes))

    def points(self, most: int) -> Array | None:
        """``n x d``, every valid point of a space with no more than `most` combinations of values; None of a larger one.

        Raises
        ------
        NoFeasiblePoint
            There is none.
        """
        import numpy as np

        if self.combinations > most:
            return None
        columns = [few for axis in self.axes if (few := axis.few) is not None]
        X = np.stack([column.ravel() for column in np.meshgrid(*columns, indexing="ij")], axis=-1) if self.d else np.zeros((1, 0))
        if any(parameter.when for parameter in self.space.parameters.values()):
            X = np.unique(self.round(X), axis=0)
        X = X[self.feasible(X)]
        if not len(X):
            raise NoFeasiblePoint("no configuration keeps every constraint of the space")
        return X

    def sample(self, n: int, seed: int) -> Array:
        """At most `n` different valid points that fill the space: see `fits.space.sampling`."""
        from fits.space.sampling import sample

        return sample(self, n, seed)

    # --- near and far

    def neighbours(self, x: Array) -> Array:
        """Every valid point that differs from `x`, ``d``, in one dimension with steps or levels, by a step or to another level."""
        import numpy as np

        exists = self.active(x[None])[0]
        found = []
        for i, axis in enumerate(self.axes):
            for at in axis.beside(float(x[i])) if exists[i] else []:
                found.append(x.copy())
                found[-1][i] = at
        if not found:
            return np.empty((0, self.d))
        X = self.round(np.array(found))
        return X[self.feasible(X)]

    def distances(self, A: Array, B: Array) -> Array:
        """``|A| x |B|``: the largest difference in a dimension, two levels being 1 apart."""
        import numpy as np

        farthest = np.zeros((len(A), len(B)))
        for i in range(self.d):
            apart = np.abs(A[:, i, None] - B[None, :, i])
            farthest = np.maximum(farthest, np.minimum(apart, 1.0))
        return farthest

    def is_duplicate(self, X: Array, past: Array) -> Mask:
        """``n``: which points are a row of `past`, within `SAME` in every dimension."""
        import numpy as np
        from scipy.spatial import cKDTree

        if not len(past) or not len(X):
            return np.zeros(len(X), dtype=bool)
        if not self.d:
            return np.ones(len(X), dtype=bool)
        distance, _ = cKDTree(past).query(X, k=1, p=np.inf, distance_upper_bound=2.0 * SAME)
        return np.asarray(distance <= SAME)
