"""The inner loops, compiled by numba. One pass over the matrix a sweep, the residual included.

With M = D/omega + L and d = M^-1 r, a sweep is x <- x + d and r <- r - A d = -(D (1 - 1/omega) + U) d. Row by row: the row of L
gives d_i, and at once the column of U takes d_i out of the rows above, whose old residuals are no longer needed.
"""

from __future__ import annotations

from fits.compiled import jit
from fits.sor.relax.matrix import Array
from fits.sor.relax.ordering import greedy_colours
from fits.sor.relax.pattern import Unsigned
from fits.sor.relax.solve import CONVERGED, DIVERGED, RUNNING

colour_greedily = jit(greedy_colours)


@jit
def multiply(
    diagonal: Array, lp: Unsigned, li: Unsigned, lower: Array, up: Unsigned, ui: Unsigned, upper: Array, x: Array, y: Array
) -> None:
    """y = A x."""
    for i in range(x.size):
        s = diagonal[i] * x[i]
        for k in range(lp[i], lp[i + 1]):
            s += lower[k] * x[li[k]]
        y[i] = s
        for k in range(up[i], up[i + 1]):
            y[ui[k]] += upper[k] * x[i]


@jit
def sweep(
    inverse: Array,
    lp: Unsigned,
    li: Unsigned,
    lower: Array,
    up: Unsigned,
    ui: Unsigned,
    upper: Array,
    omega: float,
    x: Array,
    r: Array,
    d: Array,
    most: int,
    stop: float,
    limit: float,
) -> tuple[int, float, int]:
    """SOR in any order, on any matrix. `inverse` is 1/D; x and r go on from call to call, d is scratch."""
    square = 0.0
    for made in range(most):
        for i in range(x.size):
            s = r[i]
            for k in range(lp[i], lp[i + 1]):
                s -= lower[k] * d[li[k]]
            step = omega * inverse[i] * s
            d[i] = step
            x[i] += step
            r[i] = (1.0 - omega) * s
            for k in range(up[i], up[i + 1]):
                r[ui[k]] -= upper[k] * step
        square = 0.0
        for i in range(r.size):
            square += r[i] * r[i]
        if square < stop:
            return made + 1, square, CONVERGED
        if not square <= limit:
            return made + 1, square, DIVERGED
    return most, square, RUNNING


@jit
def sweep_pairs(
    shape: tuple[int, ...],
    diagonal: Array,
    indices: Unsigned,
    values: Array,
    omega: float,
    b: Array,
    red: Array,
    ahead: Array,
    black: Array,
    most: int,
    stop: float,
    limit: float,
) -> tuple[int, float, int]:
    """SOR on two colours, rows divided by the diagonal and padded to ``len(shape)`` entries, a constant for the compiler.

    The residual of the black rows after their update is (1 - omega) of what they saw; that of the red rows is what their next
    update needs anyway. `ahead` enters as that next update and is swapped with `red` each sweep, so that the x of the sweep that
    meets the tolerance is still there.
    """
    width, reds = len(shape), red.size
    square = 0.0
    for made in range(most):
        red, ahead = ahead, red
        square = 0.0
        for i in range(black.size):
            row = reds + i
            s = b[row] - black[i]
            for k in range(width):
                s -= values[row * width + k] * red[indices[row * width + k]]
            black[i] += omega * s
            s *= (1.0 - omega) * diagonal[row]
            square += s * s
        for i in range(reds):
            s = b[i] - red[i]
            for k in range(width):
                s -= values[i * width + k] * black[indices[i * width + k]]
            ahead[i] = red[i] + omega * s
            s *= diagonal[i]
            square += s * s
        if square < stop:
            return made + 1, square, CONVERGED
        if not square <= limit:
            return made + 1, square, DIVERGED
    return most, square, RUNNING
