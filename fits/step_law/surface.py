"""The loss surface over learning rate and batch size that all (N, D) cells of a sweep share.

With n and d the centred ln N and ln D, u = ln LR - (a0 + a1 n + a2 d) and v = ln B - (b0 + b1 n + b2 d), the loss of a run
in cell c, in per cent above the cell's lowest, is

    z = offset_c + (s^2 + t^2) exp(clip((c1 + h2 d) u + (c2 + h3 d) v) + g1 n + g2 d),
    s = e^l1 u + l2 v,    t = e^(l3 + h1 d) v.

The bowl is positive definite by construction; the offset of each cell removes the winner's curse of "the minimum of a noisy
grid"; c skews it, g and h let it widen with N and D (measured: short trainings punish large batches harder). Fitted to all runs
within a window above their cell's lowest, under noise that grows with z, a soft-L1 loss and normal priors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = ("a0", "a1", "a2", "b0", "b1", "b2", "l1", "l2", "l3", "c1", "c2", "g1", "g2", "h1", "h2", "h3")
SIZE = len(NAMES)

# Priors (mean, sd); widths, noise floor and the anchor's scale were chosen on the released tables.
# LR exponents: the published Step Law. Batch: between the dense grid (b1 -.13 to -.36) and the MoE tables
# (about 0). Shape: the plateau of the released tables (x2.0 in LR and x2.1 in B for .125 %).
PRIOR_MEAN = np.array([-6.0, -0.713, 0.307, 13.0, -0.1, 0.6, -0.1, -0.33, -0.3, 0.3, 0.0, 0.0, -0.12, 0.0, 0.0, 0.0])
PRIOR_SD = np.array([5.0, 0.05, 0.05, 5.0, 0.2, 0.2, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1])
# The published Step Law at the centre of the log, as a Cauchy prior on ln LR and ln B there: it steadies a small log of the same
# kind (8 runs a cell: excess loss .063 -> .037 %), and lets go of a log whose optimum is elsewhere.
ANCHOR_SCALE = 0.1
OFFSET_SD = 2.0  # per cent: with few runs a cell, the lowest one may lie this far above the bowl's bottom
NOISE_FLOOR, NOISE_SLOPE = 0.12, 0.15  # sd of z in per cent = floor + slope z; floor measured at about .09 % of the loss
SKEW_CLIP = 1.5  # a factor of exp(1.5) = 4.5 between the steep and the flat side


class SurfaceFit(NamedTuple):
    """Maximum a posteriori: shared parameters (16,), cell offsets (k,), Laplace covariance of the shared parameters (16, 16)."""

    theta: Array
    offsets: Array
    covariance: Array


def optimum(theta: Array, n: Array | float, d: Array | float) -> tuple[Array, Array]:
    """ln LR and ln B at the bottom of the bowl, for centred ln N and ln D. `theta` may hold many draws: (..., 16)."""
    return (
        theta[..., 0] + theta[..., 1] * n + theta[..., 2] * d,
        theta[..., 3] + theta[..., 4] * n + theta[..., 5] * d,
    )


def excess(theta: Array, n: Array | float, d: Array | float, log_lr: Array | float, log_batch: Array | float) -> Array:
    """Loss above the optimum of the same (N, D), in per cent. Arguments broadcast; `theta` may hold many draws: (..., 16)."""
    return _bowl(theta, n, d, log_lr, log_batch)[0]


def _bowl(
    theta: Array, n: Array | float, d: Array | float, log_lr: Array | float, log_batch: Array | float
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """The bowl and the terms that its derivatives share: value, u, v, s, t, factor, where the skew is not clipped."""
    best_lr, best_batch = optimum(theta, n, d)
    u, v = log_lr - best_lr, log_batch - best_batch
    s = np.exp(theta[..., 6]) * u + theta[..., 7] * v
    t = np.exp(theta[..., 8] + theta[..., 13] * d) * v
    skew = (theta[..., 9] + theta[..., 14] * d) * u + (theta[..., 10] + theta[..., 15] * d) * v
    factor = np.exp(np.clip(skew, -SKEW_CLIP, SKEW_CLIP) + theta[..., 11] * n + theta[..., 12] * d)
    return (s * s + t * t) * factor, u, v, s, t, factor, (np.abs(skew) < SKEW_CLIP).astype(float)


def jacobian(theta: Array, n: Array, d: Array, log_lr: Array, log_batch: Array) -> Array:
    """Derivatives of `excess` in the sixteen parameters, m x 16."""
    z, u, v, s, t, factor, free = _bowl(theta, n, d, log_lr, log_batch)
    e1, e3 = np.exp(theta[6]), np.exp(theta[8] + theta[13] * d)
    zf = z * free
    du = factor * 2 * s * e1 + zf * (theta[9] + theta[14] * d)
    dv = factor * 2 * (s * theta[7] + t * e3) + zf * (theta[10] + theta[15] * d)
    dl3 = factor * 2 * t * t
    lr = (-du, -du * n, -du * d)
    batch = (-dv, -dv * n, -dv * d)
    shape = (factor * 2 * s * e1 * u, factor * 2 * s * v, dl3)
    skew_and_width = (zf * u, zf * v, z * n, z * d, dl3 * d, zf * u * d, zf * v * d)
    return np.column_stack(lr + batch + shape + skew_and_width)


def fit_surface(n: Array, d: Array, log_lr: Array, log_batch: Array, z: Array, cell: NDArray[np.intp], anchor: Array) -> SurfaceFit:
    """Fit the surface to m runs in k cells.

    Parameters
    ----------
    n, d : (m,) centred ln N and ln D.
    log_lr, log_batch : (m,) natural logarithms of the learning rate and of the batch in tokens.
    z : (m,) loss in per cent above the lowest of the run's cell.
    cell : (m,) index of the run's cell, 0..k-1.
    anchor : (2,) ln LR and ln B of the published law at n = d = 0.
    """
    from scipy.optimize import least_squares

    cells = int(cell.max()) + 1
    weight = 1.0 / (NOISE_FLOOR + NOISE_SLOPE * z)
    in_cell = np.equal.outer(cell, np.arange(cells)).astype(float)
    intercepts = [NAMES.index("a0"), NAMES.index("b0")]
    prior_rows = np.diag(np.concatenate([1.0 / PRIOR_SD, np.full(cells, 1.0 / OFFSET_SD)]))

    def standardised(x: Array) -> Array:
        return weight * (x[SIZE:][cell] + excess(x[:SIZE], n, d, log_lr, log_batch) - z)

    def residuals(x: Array) -> Array:
        # Half the square of a row is the soft-L1 loss sqrt(1 + r^2) - 1, the Cauchy loss ln(1 + q^2), or a normal prior.
        r = standardised(x)
        rows = np.sign(r) * np.sqrt(2.0 * (np.sqrt(1.0 + r * r) - 1.0))
        q = (x[intercepts] - anchor) / ANCHOR_SCALE
        anchored = np.sign(q) * np.sqrt(2.0 * np.log1p(q * q))
        return np.concatenate([rows, anchored, (x[:SIZE] - PRIOR_MEAN) / PRIOR_SD, x[SIZE:] / OFFSET_SD])

    def derivative(x: Array) -> Array:
        r = standardised(x)
        root = np.sqrt(1.0 + r * r)
        slope = weight * np.sqrt((root + 1.0) / 2.0) / root  # of the row above in r; written so that r = 0 gives 1
        shared = jacobian(x[:SIZE], n, d, log_lr, log_batch)
        q = (x[intercepts] - anchor) / ANCHOR_SCALE
        root_log = np.sqrt(2.0 * np.log1p(q * q))
        pull = np.full(2, np.sqrt(2.0))  # of the anchored rows in q, at q = 0
        np.divide(2.0 * np.abs(q), (1.0 + q * q) * root_log, out=pull, where=root_log > 1e-8)
        anchor_rows = np.zeros((2, SIZE + cells))
        anchor_rows[[0, 1], intercepts] = pull / ANCHOR_SCALE
        return np.vstack([np.hstack([shared, in_cell]) * slope[:, None], anchor_rows, prior_rows])

    start = np.concatenate([PRIOR_MEAN, np.zeros(cells)])
    lowest = np.array([np.flatnonzero(cell == c)[np.argmin(z[cell == c])] for c in range(cells)])
    lr0, batch0 = optimum(PRIOR_MEAN, n[lowest], d[lowest])
    start[0] += np.median(log_lr[lowest] - lr0)
    start[3] += np.median(log_batch[lowest] - batch0)
    solution = least_squares(residuals, start, jac=derivative, x_scale="jac", max_nfev=200)
    curvature = derivative(solution.x)
    covariance = np.linalg.inv(curvature.T @ curvature)[:SIZE, :SIZE]
    return SurfaceFit(solution.x[:SIZE], solution.x[SIZE:], (covariance + covariance.T) / 2.0)
