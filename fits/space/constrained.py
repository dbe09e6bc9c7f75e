"""Valid points where chance finds none: walks in the polytope of the constraints, and points moved until they keep them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from fits.space.errors import NoFeasiblePoint
from fits.space.polytope import Polytope

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fits.space.axis import Axis
    from fits.space.encoding import Encoding
    from fits.space.linear import Linear
    from fits.space.parameters import Float, Integer
    from fits.space.rules import CubeConstraint

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

STEEP = 1e6  # beyond it, a unit is far
BRED = 16  # rounds in which others are made of them


def walked(encoding: Encoding, X: Array, seed: int) -> Array:
    """`X` with the dimensions that are in constraints linear in the encoding replaced by walks in their polytope.

    Raises
    ------
    NoFeasiblePoint
        The polytope is empty.
    """
    linear, equalities = encoding.linear, encoding.equalities
    bound = sorted({i for item in (*linear, *equalities) for i in item.indices})
    if not bound:
        return X
    (A, b), (E, e) = _rows(linear, bound), _rows(equalities, bound)
    polytope = Polytope(-A, -b, E, e, *encoding.bounds[:, bound])
    vertices = polytope.vertices()
    if not len(vertices):
        raise NoFeasiblePoint("no configuration keeps every constraint of the space")
    X = X.copy()
    X[:, bound] = polytope.walk(vertices, len(X), seed)
    return X


def _rows(constraints: list[CubeConstraint], bound: list[int]) -> tuple[Array, Array]:
    import numpy as np

    place = {i: k for k, i in enumerate(bound)}
    rows = np.zeros((len(constraints), len(bound)))
    for row, item in zip(rows, constraints, strict=True):
        for i, weight in zip(item.indices, item.coefficients, strict=True):
            row[place[i]] += weight
    return rows, np.array([item.bound for item in constraints])


def repaired(encoding: Encoding, X: Array, most: int) -> Array:
    """The first points of `X` that break a constraint, moved as little as it takes to keep all; without those that cannot be.

    The levels stay, and so does what exists: a mixed-integer linear program moves the numbers, in some milliseconds a point.
    """
    import numpy as np

    X = encoding.round(X)
    X = X[~encoding.feasible(X)]
    rules = encoding.rules
    found: list[Array] = []
    hopeless: set[bytes] = set()  # constraints that were found to contradict each other
    for x, which in zip(X, rules.applies(X, encoding.active(X)), strict=True):
        if len(found) == most:
            break
        if which.tobytes() in hopeless:
            continue
        moved = _moved(encoding, x, [item for item, its in zip(rules.linear, which, strict=True) if its])
        if moved is None:
            hopeless.add(which.tobytes())
        else:
            found.append(moved)
    return np.array(found).reshape(len(found), encoding.d)


def bred(encoding: Encoding, X: Array, n: int, seed: int) -> Array:
    """About `n` valid points made of few: each plus the difference of two others, which keeps every equality and all steps."""
    import numpy as np

    names = {name for item in encoding.rules.linear for name in item.coefficients}
    dims = [i for i, name in enumerate(encoding.names) if name in names]
    random = np.random.default_rng(seed)
    for _ in range(BRED):
        if len(X) >= n or len(X) < 3:
            break
        first, second, third = random.integers(len(X), size=(3, 4 * n))
        made = X[first]
        for i in dims:
            numbers, its = encoding.axes[i].numbers(X[:, i]), cast("Float | Integer", encoding.axes[i].parameter)
            moved = numbers[first] + numbers[second] - numbers[third]
            made[:, i] = np.where((moved < its.low) | (moved > its.high), np.nan, moved)
            known = np.isfinite(made[:, i])
            made[known, i] = encoding.axes[i].place(made[known, i])
        made = encoding.round(made[np.isfinite(made).all(axis=1)])
        X = np.vstack([X, made[encoding.feasible(made)]])
        _, at = np.unique(X, axis=0, return_index=True)
        X = X[np.sort(at)]
    return X


def _moved(encoding: Encoding, x: Array, constraints: list[Linear]) -> Array | None:
    """The point nearest to `x` that keeps the constraints."""
    import numpy as np

    names = {name for item in constraints for name in item.coefficients}
    dims = [i for i, name in enumerate(encoding.names) if name in names]
    if not dims:
        return None
    axes = [encoding.axes[i] for i in dims]
    ranges = [cast("Float | Integer", axis.parameter) for axis in axes]
    lows, highs = np.array([float(its.low) for its in ranges]), np.array([float(its.high) for its in ranges])
    whole = np.array([axis.step > 0.0 for axis in axes])
    # Units: steps above the lower bound or, without steps, shares of the range.
    unit = np.array([axis.step or high - low for axis, low, high in zip(axes, lows, highs, strict=True)])

    def units(at: Array) -> Array:
        numbers = np.array([float(axis.numbers(at[i : i + 1])[0]) for i, axis in zip(dims, axes, strict=True)])
        found: Array = (numbers - lows) / unit
        found[whole] = np.rint(found[whole])
        return found

    here = units(x)
    (A, b), (E, e) = (
        _in_units(encoding, [item for item in constraints if item.sense == s], dims, lows, unit) for s in ("<=", "==")
    )
    worth = np.array([_worth(axis, low + at * by, by) for axis, low, at, by in zip(axes, lows, here, unit, strict=True)])
    found = Polytope(A, b, E, e, units(encoding.bounds[0]), units(encoding.bounds[1])).nearest(here, worth / worth.max(), whole)
    if found is None:
        return None
    moved: Array = x.copy()
    moved[dims] = [
        axis.place(number)[0] for axis, number in zip(axes, np.clip(lows + found * unit, lows, highs)[:, None], strict=True)
    ]
    return moved


def _worth(axis: Axis, number: float, unit: float) -> float:
    """How far a unit is in the encoding, about a number."""
    its = cast("Float | Integer", axis.parameter)
    if not its.log:
        return unit / (its.high - its.low)
    span = math.log(its.high) - math.log(its.low)
    return math.exp(min(math.log(unit) - math.log(span) - math.log(number), math.log(STEEP)))


def _in_units(encoding: Encoding, constraints: list[Linear], dims: list[int], lows: Array, unit: Array) -> tuple[Array, Array]:
    """The constraints as rows and right sides, for numbers of units above the lower bounds."""
    import numpy as np

    rows, ends = np.zeros((len(constraints), len(dims))), np.zeros(len(constraints))
    for k, item in enumerate(constraints):
        weights = np.array([item.coefficients.get(encoding.names[i], 0.0) for i in dims])
        size = float(np.abs(weights * unit).max()) or 1.0  # the solver's tolerance is absolute
        rows[k] = weights * unit / size
        ends[k] = (item.bound - encoding.rules.fixed_part(item) - weights @ lows) / size
    return rows, ends
