"""Separable least squares by variable projection (Golub & Pereyra 1973), for a batch of curves that share their x.

For a given theta the linear parameters of y = c + a F(t; theta) follow in closed form, within a >= 0 and low <= c <= high. What
is left is a function of theta alone: it is evaluated on the family's grid, then refined from the best point by
Levenberg-Marquardt steps with Kaufman's Jacobian (1975). No random numbers, a fixed budget.

Shapes: S curves, n points, K grid points, p shape parameters, R rows that are refined together: every curve of every family with
the same p. All of it is in scaled units (t = x / x_n, z of order 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array, Axis, Family

STEPS = 20
STARTS = 2  # a family with several shape parameters may have several minima
DIFFERENCE = 1e-6  # of theta, which is a logarithm or of order one: half the digits of float64 go to the derivative
DAMPING, EASE, TIGHTEN, STUCK = 1e-2, 0.2, 6.0, 1e2
CONVERGED = 1e-3  # a gain in the sum of squares, relative to it, that is not worth a further step
LEAP = 2.0  # the longest step of a shape parameter: a factor of seven where it is a logarithm
SPECK = 1e-13  # a variance of F below this share of its mean square is rounding: F is a constant there


class Data(NamedTuple):
    """What is fitted: z and its weights (R, n), a weight of 0 leaves the point out; bounds of c (R,), equal where c is held."""

    z: Array
    weights: Array
    low: Array
    high: Array


class Solution(NamedTuple):
    """What was found for each row: theta (R, p), a and c (R,)."""

    theta: Array
    a: Array
    c: Array


class State(NamedTuple):
    """A row's theta and what follows from it: a and c, F and its neighbours (R, 1 + p, n), residuals, their sum of squares."""

    theta: Array
    a: Array
    c: Array
    F: Array
    residual: Array
    squares: Array


def linear_parameters(s0: Array, f: Array, ff: Array, z: Array, fz: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The a >= 0 and the c within [low, high] that minimise sum w (z - c - a F)^2.

    Arguments are the weighted sums of 1, F, F^2, z and F z, and the bounds, broadcast against each other. With two parameters the
    constrained minimum lies where the violated constraint holds with equality: a rising curve gets a = 0, and where c is beyond
    a bound it is put there and a is solved again.
    """
    ff = np.maximum(ff, 1e-300)
    variance = ff - f * f / s0
    a = np.maximum(fz - f * z / s0, 0.0) / np.maximum(variance, SPECK * ff) * (variance > SPECK * ff)
    c = (z - a * f) / s0
    bounded = np.minimum(np.maximum(c, low), high)
    return np.where(bounded != c, np.maximum(fz - bounded * f, 0.0) / ff, a), bounded


def solve(families: Sequence[Family], axis: Axis, data: Sequence[Data]) -> list[Solution]:
    """Fit each family, all of the same p, to its data: the same curves, under the weights and bounds that suit the family."""
    starts = STARTS if data and families[0].grid(axis.first).shape[1] > 1 else 1
    theta = np.concatenate([best_of_grid(family, axis, its, starts) for family, its in zip(families, data, strict=True)])
    rows = len(data[0].z) * starts
    together = Data(*(np.concatenate([np.repeat(part, starts, axis=0) for part in parts]) for parts in zip(*data, strict=True)))
    found, squares = refined(families, theta, axis, together)
    # Of the starts of a curve the one that ended lowest.
    winner = np.arange(0, len(squares), starts) + np.argmin(squares.reshape(-1, starts), axis=1)
    return [Solution(*(field[winner[k : k + rows // starts]] for field in found)) for k in range(0, len(winner), rows // starts)]


def best_of_grid(family: Family, axis: Axis, data: Data, starts: int) -> Array:
    """The grid points with the least sum of squares, one of each of so many parts of the grid, (S * starts, p).

    F is shared by the curves: only sums are theirs.
    """
    grid = family.grid(axis.first)
    if len(grid) == 1:
        return np.repeat(grid, len(data.z), axis=0)
    F = family.basis(grid, axis)
    w, wz = data.weights, data.weights * data.z
    s0, z = w.sum(axis=1)[:, None], wz.sum(axis=1)[:, None]
    f, ff, fz = w @ F.T, w @ (F * F).T, wz @ F.T
    a, c = linear_parameters(s0, f, ff, z, fz, data.low[:, None], data.high[:, None])
    # The sum of squares less that of z, which is the same for all candidates.
    excess = c * (c * s0 - 2.0 * z) + a * (a * ff + 2.0 * c * f - 2.0 * fz)
    edges = [round(k * len(grid) / starts) for k in range(starts + 1)]
    chosen = [grid[left + np.argmin(excess[:, left:right], axis=1)] for left, right in pairwise(edges)]
    return np.stack(chosen, axis=1).reshape(-1, grid.shape[1])


def refined(families: Sequence[Family], theta: Array, axis: Axis, data: Data) -> tuple[Solution, Array]:
    """Levenberg-Marquardt on the reduced problem; a step is kept where it lowers the sum of squares, which is given back too.

    A row leaves when it has converged, so that what is found for it does not depend on the rows beside it.
    """
    p, rows = theta.shape[1], len(theta) // len(families)
    boxes = [family.box(axis.first) for family in families]
    box = tuple(np.repeat(np.array([its[side] for its in boxes]), rows, axis=0) for side in (0, 1))
    going, damping = np.arange(len(theta)), np.full(len(theta), DAMPING)
    best = _at(families, _counts(families, going, rows), theta, axis, data)
    found, squares = Solution(*(field.copy() for field in best[:3])), best.squares.copy()
    for _ in range(STEPS if p else 0):
        gradient, curvature = _normal_equations(best, data)
        diagonal = np.einsum("rii->ri", curvature)
        diagonal *= 1.0 + damping[:, None]
        diagonal += 1e-300 + 1e-12 * diagonal.max(axis=1, keepdims=True)
        step = gradient / curvature[:, 0] if p == 1 else np.linalg.solve(curvature, gradient[..., None])[..., 0]
        next_theta = np.minimum(np.maximum(best.theta + np.minimum(np.maximum(step, -LEAP), LEAP), box[0]), box[1])
        trial = _at(families, _counts(families, going, rows), next_theta, axis, data)
        better = trial.squares < best.squares
        # A refused step says that the damping was too small, not that the minimum is reached.
        on = np.where(better, best.squares - trial.squares > CONVERGED * best.squares, (damping < STUCK) & (best.a > 0.0))
        damping *= np.where(better, EASE, TIGHTEN)
        best = State(*(np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old) for new, old in zip(trial, best, strict=True)))
        if not on.all():
            for into, field in zip(found, best[:3], strict=True):
                into[going[~on]] = field[~on]
            squares[going[~on]] = best.squares[~on]
            if not on.any():
                return found, squares
            going, damping, box = going[on], damping[on], (box[0][on], box[1][on])
            best, data = State(*(field[on] for field in best)), Data(*(field[on] for field in data))
    for into, field in zip(found, best[:3], strict=True):
        into[going] = field
    squares[going] = best.squares
    return found, squares


def _counts(families: Sequence[Family], going: npt.NDArray[np.intp], rows: int) -> list[int]:
    """Where the rows of each family begin and end among those that are still refined: F + 1 offsets."""
    return [int(k) for k in np.searchsorted(going, np.arange(len(families) + 1) * rows)]


def _at(families: Sequence[Family], offsets: Sequence[int], theta: Array, axis: Axis, data: Data) -> State:
    """The curves of least squares for theta (R, p), with F at theta and a nudge away from it in each parameter."""
    p = theta.shape[1]
    near = theta[:, None, :] + np.vstack([np.zeros(p), DIFFERENCE * np.eye(p)])
    F = np.concatenate([family.basis(near[k:m], axis) for family, (k, m) in zip(families, pairwise(offsets), strict=True) if m > k])
    z, w, low, high = data
    wF = w * F[:, 0]
    f, ff, fz = wF.sum(axis=1), np.einsum("rn,rn->r", wF, F[:, 0]), np.einsum("rn,rn->r", wF, z)
    a, c = linear_parameters(w.sum(axis=1), f, ff, np.einsum("rn,rn->r", w, z), fz, low, high)
    residual = z - c[:, None] - a[:, None] * F[:, 0]
    return State(theta, a, c, F, residual, np.einsum("rn,rn,rn->r", w, residual, residual))


def _normal_equations(state: State, data: Data) -> tuple[Array, Array]:
    """J'r (R, p) and J'J (R, p, p) of the reduced residual, J = a dF/dtheta less its projection on the linear parameters."""
    F, w = state.F, data.weights
    D = (F[:, 1:] - F[:, :1]) * (state.a / DIFFERENCE)[:, None, None]
    held = (state.c <= data.low) | (state.c >= data.high)
    # Where c is free, a and c span {F, 1}: centring first makes the two projections independent.
    share = (np.where(held, 0.0, 1.0) / w.sum(axis=1))[:, None] * w
    D -= np.einsum("rpn,rn->rp", D, share)[..., None]
    direction = F[:, 0] - np.einsum("rn,rn->r", F[:, 0], share)[:, None]
    weighted = w * direction
    along = np.einsum("rpn,rn->rp", D, weighted) / np.maximum(np.einsum("rn,rn->r", weighted, direction), 1e-300)[:, None]
    D -= along[..., None] * direction[:, None]
    WD = D * w[:, None]
    return np.einsum("rpn,rn->rp", WD, state.residual), WD @ D.transpose(0, 2, 1)
