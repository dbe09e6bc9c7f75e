"""Least squares over rows that come one at a time, kept as a triangular factor: O(m^2) a row, and no row is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgels, dtpqrt, dtrcon, dtrtrs

Array = NDArray[np.float64]

RANK_TOLERANCE = 1e-10  # directions of the design below this share of the largest count as not seen


class LeastSquares:
    """min over theta of sum (x . theta - y)^2 + ridge |theta|^2; without a ridge the shortest theta where several attain it.

    Of the m + 1 columns of [X y] only the upper triangular factor of the QR decomposition is kept,

        [ R  q ]
        [ 0  r ],     |X theta - y|^2 = |R theta - q|^2 + r^2,

    brought up to date by one Householder sweep a row; the ridge is m rows of its own. Unlike the normal equations it does not
    square the condition number, which matters here: consecutive contexts of a simulation lie close together.

    Parameters
    ----------
    size : number of coefficients m.
    ridge : weight of the penalty, in rows; it makes every solution unique and spares the test for rank.
    """

    def __init__(self, size: int, *, ridge: float = 0.0) -> None:
        if size < 1 or not ridge >= 0:
            raise ValueError(f"at least one coefficient and a ridge that is not negative, got {size} and {ridge}")
        self.size, self.ridge, self.rows = size, ridge, 0
        self._factor: Array = self._penalty()

    def add(self, row: Sequence[float]) -> None:
        """Take in one row, (m + 1,): x and then y."""
        self._factor = dtpqrt(0, self.size + 1, self._factor, np.array([row]))[0]
        self.rows += 1

    def transform(self, change: Array) -> None:
        """Change the features: every row x seen so far becomes change @ x, (m, m).

        The ridge is added once more, for the new coefficients: the change may leave some of them with hardly any.
        """
        m = self.size
        moved = self._factor.copy()
        moved[:m, :m] = self._factor[:m, :m] @ change.T
        self._factor = dtpqrt(0, m + 1, self._penalty(), moved)[0]

    def shift(self, coefficient: int, amount: float) -> None:
        """Change the targets: every y seen so far becomes y + amount * x[coefficient]."""
        self._factor[:, self.size] += amount * self._factor[:, coefficient]

    def _penalty(self) -> Array:
        penalty = np.zeros((self.size + 1, self.size + 1), order="F")
        np.fill_diagonal(penalty[: self.size, : self.size], self.ridge**0.5)
        return penalty

    def solution(self) -> Array:
        """The coefficients, (m,); zeros where nothing was seen."""
        m = self.size
        design, target = self._factor[:m, :m], self._factor[:m, m]
        if self.ridge > 0 or dtrcon(design)[0] > RANK_TOLERANCE:
            theta: Array = dtrtrs(design, target)[0]
            return theta
        return _shortest(design, target)

    def bounded(self, bound: Array, start: Array | None = None) -> Array:
        """The best coefficients with |theta_j| <= bound_j, (m,), by an active set (BVLS, Stark & Parker 1995).

        From a `start` near them, such as those of one row ago, it takes one or two small solutions.
        """
        m = self.size
        theta = np.zeros(m) if start is None else np.clip(start, -bound, bound)
        solve = _unique if self.ridge > 0 else _shortest
        return _box(self._factor[:m, :m], self._factor[:m, m], bound, theta, solve)

    def residual(self, theta: Array | None = None) -> float:
        """The objective at the coefficients `theta`, (m,), or its minimum."""
        m = self.size
        least = float(self._factor[m, m] * self._factor[m, m])
        if theta is None and self.ridge > 0:
            return least
        miss = self._factor[:m, :m] @ (self.solution() if theta is None else theta) - self._factor[:m, m]
        return least + float(miss @ miss)

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain JSON: the factor's upper triangle, row by row."""
        return {"rows": self.rows, "factor": [self._factor[i, i:].tolist() for i in range(self.size + 1)]}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another one of the same options stood.

        Raises
        ------
        ValueError
            The state is of another number of coefficients.
        """
        if len(state["factor"]) != self.size + 1:
            raise ValueError(f"the state is of {len(state['factor']) - 1} coefficients, not {self.size}")
        self.rows = state["rows"]
        self._factor = np.zeros((self.size + 1, self.size + 1), order="F")
        for i, values in enumerate(state["factor"]):
            self._factor[i, i:] = values


def _shortest(design: Array, target: Array) -> Array:
    return np.asarray(np.linalg.lstsq(design, target, rcond=RANK_TOLERANCE)[0], dtype=np.float64)


def _unique(design: Array, target: Array) -> Array:
    theta: Array = dgels(design, target)[1][: design.shape[1]]
    return theta


def _box(design: Array, target: Array, bound: Array, theta: Array, solve: Callable[[Array, Array], Array]) -> Array:
    """argmin |design theta - target| over the box |theta_j| <= bound_j, from a point within it."""
    free = np.abs(theta) < bound
    tolerance = 1e-12 * float(np.abs(design).max()) * float(np.abs(target).max())
    for _ in range(10 * len(bound)):  # every pass lowers the objective; a handful of them do
        held = ~free
        goal = theta.copy()
        if free.any():
            goal[free] = solve(design[:, free], target - design[:, held] @ theta[held])
        outside = np.abs(goal) > bound
        if not outside.any():
            theta = goal
            downhill = design.T @ (target - design @ theta)
            inwards = np.where(held & (downhill * theta < 0), np.abs(downhill), 0.0)
            if inwards.max() <= tolerance:
                return theta
            free[inwards.argmax()] = True  # of the coefficients on the box, the one that pulls most to come back in
            continue
        wall = np.sign(goal) * bound
        reach = np.full(len(bound), np.inf)  # the share of the way to the goal at which a coefficient meets the box
        reach[outside] = (wall[outside] - theta[outside]) / (goal[outside] - theta[outside])
        theta = theta + reach.min() * (goal - theta)
        met = reach <= reach.min()
        theta[met], free[met] = wall[met], False
    return theta
