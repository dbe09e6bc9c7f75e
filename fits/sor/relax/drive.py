"""From b, omega and x0 to a `Solve`: check, scale, iterate, notice divergence, leave room for Ctrl-C."""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import ArrayLike

from fits.sor.relax.engine import Begin, Engine, Stepper
from fits.sor.relax.matrix import Array, Index
from fits.sor.relax.pattern import Split
from fits.sor.relax.solve import ENDINGS, RUNNING, Solve

BURST = 20_000_000  # coefficients between two looks at signals, about a tenth of a second
HUGE = 1e150  # the largest norm whose square is compared


def solve(
    engine: Engine,
    begin: Begin,
    split: Split,
    b: ArrayLike,
    omega: float,
    *,
    x0: ArrayLike | None,
    tolerance: float,
    cap: int,
    reference: float | None,
    growth: float,
) -> Solve:
    """Solve by the method that `begin` starts. Arguments and errors: see `Relaxation.sor`."""
    _check(omega, tolerance, cap, reference, growth)
    size, order = split.pattern.size, split.pattern.order
    start = np.zeros(size) if x0 is None else _vector(x0, size, "x0")
    r = _residual(engine, split, _vector(b, size, "b"), start)
    # A e = r is solved from e = 0, scaled by a power of two: exact, and no square of a residual over- or underflows.
    largest = float(np.abs(r).max())
    if largest == 0.0:
        return Solve(start, 0, 0.0, reference or 0.0, "converged")
    scale = math.ldexp(1.0, math.frexp(largest)[1] - 1)
    r /= scale
    norm = math.sqrt(float(r @ r))
    compared = norm if reference is None else reference / scale
    if norm < tolerance * compared:
        return Solve(start, 0, norm / compared, compared * scale, "converged")
    stepper = begin(split, float(omega), r)
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging iterate; the reason tells it
        limit = min(growth * norm, HUGE) ** 2
        done, square, code = _drive(stepper, operator.index(cap), (tolerance * compared) ** 2, limit, len(split.data))
        x = start + scale * _restore(stepper.correction(), order)
    return Solve(x, done, math.sqrt(square) / compared, compared * scale, ENDINGS[code])


def _drive(stepper: Stepper, cap: int, stop: float, limit: float, coefficients: int) -> tuple[int, float, int]:
    """Run `stepper` to its end in bursts: iterations made, |r|^2 and the code of the ending."""
    burst = max(1, BURST // coefficients)
    done, square, code = 0, math.inf, RUNNING
    while done < cap and code == RUNNING:
        made, square, code = stepper.run(min(burst, cap - done), stop, limit)
        done += made
    return done, square, code


def _check(omega: float, tolerance: float, cap: int, reference: float | None, growth: float) -> None:
    if not 0.0 < omega < 2.0:
        raise ValueError(f"omega = {omega!r}: relaxation converges only for omega above 0 and below 2")
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance = {tolerance!r}: expected a number above 0 and below 1")
    if cap < 1:
        raise ValueError(f"cap = {cap!r}: expected at least one iteration")
    if reference is not None and not 0.0 < reference < math.inf:
        raise ValueError(f"reference = {reference!r}: expected a positive norm")
    if not growth > 1.0:
        raise ValueError(f"growth = {growth!r}: expected a factor above 1")


def _vector(values: ArrayLike, size: int, name: str) -> Array:
    """A finite copy of the right length."""
    vector = np.array(values, dtype=np.float64)
    if vector.shape != (size,):
        raise ValueError(f"{name} has shape {vector.shape}, the matrix {size} rows")
    if not np.isfinite(vector).all():
        at = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise ValueError(f"{name}[{at}] is {vector[at]}")
    return vector


def _residual(engine: Engine, split: Split, b: Array, x0: Array) -> Array:
    """b - A x0, in the order of the sweep."""
    order = split.pattern.order
    r = b if order is None else b[order]
    if x0.any():
        with np.errstate(over="ignore", invalid="ignore"):
            r = r - engine.multiply(split, x0 if order is None else x0[order])
        if not np.isfinite(r).all():
            raise ValueError("b - A x0 overflows")
    return r


def _restore(x: Array, order: Index | None) -> Array:
    """From the order of the sweep to the caller's."""
    if order is None:
        return x
    restored = np.empty_like(x)
    restored[order] = x
    return restored
