"""The inner loop of SSOR-preconditioned conjugate gradients, compiled by numba: two passes over L an iteration."""

from __future__ import annotations

from fits.compiled import jit
from fits.sor.relax.matrix import Array
from fits.sor.relax.pattern import Unsigned
from fits.sor.relax.solve import CONVERGED, DIVERGED, INDEFINITE, RUNNING


@jit
def conjugate_gradients(
    diagonal: Array,
    inverse: Array,
    lp: Unsigned,
    li: Unsigned,
    lower: Array,
    omega: float,
    x: Array,
    r: Array,
    p: Array,
    q: Array,
    y: Array,
    z: Array,
    v: Array,
    rho: Array,
    most: int,
    stop: float,
    limit: float,
) -> tuple[int, float, int]:
    """CG preconditioned by X' D^-1 X, X = D + omega L, on a symmetric matrix; only L is read.

    Two passes: X' y = r downwards, then X z = D y upwards, which on its way gives v = A z. A p follows from v as p from z.
    The factor omega (2 - omega) of the preconditioner changes no iterate. `inverse` is 1/D; x, r, p, q and rho go on from call to
    call, y, z and v are scratch.
    """
    square = 0.0
    for made in range(most):
        for i in range(r.size):
            v[i] = r[i]
        for back in range(r.size):
            i = r.size - 1 - back
            y[i] = inverse[i] * v[i]
            step = omega * y[i]
            for k in range(lp[i], lp[i + 1]):
                v[li[k]] -= lower[k] * step
        new = 0.0
        for i in range(r.size):
            s = 0.0
            for k in range(lp[i], lp[i + 1]):
                s += lower[k] * z[li[k]]
            step = y[i] - omega * inverse[i] * s
            z[i] = step
            v[i] = diagonal[i] * step + s
            new += r[i] * step
            for k in range(lp[i], lp[i + 1]):
                v[li[k]] += lower[k] * step
        beta = new / rho[0] if rho[0] > 0.0 else 0.0
        rho[0] = new
        curvature = 0.0
        for i in range(r.size):
            p[i] = z[i] + beta * p[i]
            q[i] = v[i] + beta * q[i]
            curvature += p[i] * q[i]
        if curvature <= 0.0:
            for i in range(r.size):
                square += r[i] * r[i]
            return made, square, INDEFINITE
        alpha = new / curvature
        square = 0.0
        for i in range(r.size):
            x[i] += alpha * p[i]
            r[i] -= alpha * q[i]
            square += r[i] * r[i]
        if square < stop:
            return made + 1, square, CONVERGED
        if not square <= limit:
            return made + 1, square, DIVERGED
    return most, square, RUNNING
