"""The posterior of the law's parameters: Gauss-Newton with a Gaussian prior, and an error of the law that hangs together.

A run differs from the law by noise and by two errors: d z(ln S), where d is `MISFIT` of the reducible loss and z an
Ornstein-Uhlenbeck process of variance 1 with correlation exp(-|difference of ln S| / REACH); and a random walk that moves only
while drops of the learning rate are paid out. So a forecast starts where the curve is, not where the law would have it, its
interval knows that the law is not exact, and the steep rows after a sudden drop do not outvote the rest. The sizes are those whose
90 % intervals cover enough half-way through the 18 curves of 25M and 100M models that come with arXiv 2503.12811.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fits.learning_curve.lr_aware.law import L0, LN_A, SHAPE, Points, law
from fits.learning_curve.lr_aware.schedule import Array

MISFIT = 0.008  # of the reducible loss
DROP_MISFIT = 0.03  # of the reducible loss, for a learning rate that falls from its peak to zero
REACH = 0.7  # in ln S
SURPRISE = 2.5  # standard deviations beyond which a loss is doubted
ROUNDS = 3
TOLERANCE = 1e-3  # of the objective, in units of the log posterior


@dataclass(frozen=True)
class Error:
    """The law's error where a run was last seen: its scale and the clock, of the power of S and of the drops."""

    scale: float
    log_area: float
    drop_scale: float
    paid: float

    def ahead(self, points: Points) -> tuple[Array, Array]:
        """(n, 2) how the two errors at the last point go on at `points`, and the (n,) variance that comes on top."""
        since = np.abs(points.log_area - self.log_area)
        scale = self.scale * np.exp(-0.5 * (points.log_area - self.log_area))
        kept = np.exp(-since / REACH)
        carried = np.column_stack([scale * kept, np.full(len(kept), self.drop_scale)])
        return carried, scale**2 * (1.0 - kept**2) + self.drop_scale**2 * np.maximum(points.paid - self.paid, 0.0)

    def to_last(self, points: Points) -> Array:
        """(n, 2) covariance of the errors at `points`, all before, with the two at the last point, in units of their scales."""
        scale = self.scale * np.exp(-0.5 * (points.log_area - self.log_area))
        return np.column_stack(
            [scale * np.exp(-np.abs(points.log_area - self.log_area) / REACH), self.drop_scale * np.minimum(points.paid, self.paid)]
        )


@dataclass(frozen=True)
class Block:
    """One run: its points, its losses (n,), and the whitening (n, n) of noise and misfit."""

    points: Points
    loss: Array
    whiten: Array
    covariance: Array
    error: Error


@dataclass(frozen=True)
class Gaussian:
    """Mean (p,) and covariance (p, p)."""

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class Found:
    """A posterior: Gaussian at the mode, the log evidence by Laplace, and the squared misfit an observation (1 is as expected)."""

    posterior: Gaussian
    log_evidence: float
    misfit: float


def robust_fit(blocks: list[Block], prior: Gaussian, reference_area: float) -> tuple[Found, list[Block]]:
    """`fit_blocks` after losses that no forecast from the earlier ones could expect have been given the variance they show."""
    found = fit_blocks(blocks, prior, reference_area)
    for _ in range(ROUNDS):
        blocks, changed = _doubted(found.posterior.mean, blocks, reference_area)
        if not changed:
            break
        found = fit_blocks(blocks, prior, reference_area)
    return found, blocks


def _doubted(theta: Array, blocks: list[Block], reference_area: float) -> tuple[list[Block], bool]:
    """Blocks with more noise where the whitened residual is beyond `SURPRISE`: Huber's weights, as a variance."""
    doubted, changed = [], False
    for number, block in enumerate(blocks):
        own = slice(SHAPE + 2 * number, SHAPE + 2 * number + 2)
        predicted, _ = law(np.concatenate([theta[:SHAPE], theta[own]]), block.points, reference_area)
        surprise = np.abs(block.whiten @ (block.loss - predicted))
        if np.any(surprise > SURPRISE):
            changed = True
            sd = 1.0 / np.diag(block.whiten)
            more = np.where(surprise > SURPRISE, (surprise / SURPRISE) ** 2 - 1.0, 0.0) * sd**2
            covariance = block.covariance + np.diag(more)
            block = replace(block, covariance=covariance, whiten=np.linalg.inv(np.linalg.cholesky(covariance)))
        doubted.append(block)
    return doubted, changed


def block_of(points: Points, loss: Array, variance: Array, reducible: float) -> Block:
    """`reducible`: the loss that is still to lose at the last point, roughly; before it the error grows as S^-1/2."""
    log_area, paid = points.log_area, points.paid
    scale = MISFIT * reducible * np.exp(-0.5 * (log_area - log_area[-1]))
    drop_scale = DROP_MISFIT * reducible
    related = scale[:, None] * np.exp(-np.abs(log_area[:, None] - log_area) / REACH) * scale
    related += drop_scale**2 * np.minimum(paid[:, None], paid)
    covariance = related + np.diag(variance)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    return Block(points, loss, whiten, covariance, Error(scale[-1], log_area[-1], drop_scale, paid[-1]))


def fit_blocks(blocks: list[Block], prior: Gaussian, reference_area: float, steps: int = 30) -> Found:
    """Levenberg-Marquardt from the prior's mean. Parameters (SHAPE + 2 runs,): the common shape, then L0 and ln A of each run."""
    precision = np.linalg.inv(prior.covariance)
    count = sum(len(block.loss) for block in blocks)

    def at(theta: Array) -> tuple[float, float, Array, Array]:
        residual, slopes = _residuals(theta, blocks, reference_area)
        away = theta - prior.mean
        squares = float(residual @ residual)
        return 0.5 * (squares + float(away @ precision @ away)), squares, residual, slopes

    theta = prior.mean.copy()
    best, squares, residual, slopes = at(theta)
    damping = 1e-3
    for _ in range(steps):
        gradient = slopes.T @ residual - precision @ (theta - prior.mean)
        hessian = slopes.T @ slopes + precision
        for _ in range(8):
            move = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
            reached = at(theta + np.clip(move, -1.5, 1.5))
            if reached[0] < best:
                break
            damping = max(6.0 * damping, 1e-4)
        else:
            break
        gained = best - reached[0]
        theta = theta + np.clip(move, -1.5, 1.5)
        best, squares, residual, slopes = reached
        damping /= 6.0
        if gained < TOLERANCE:
            break
    hessian = slopes.T @ slopes + precision
    covariance = np.linalg.inv(hessian)
    log_evidence = -best - 0.5 * float(np.linalg.slogdet(hessian)[1]) + 0.5 * float(np.linalg.slogdet(precision)[1])
    return Found(Gaussian(theta, covariance), log_evidence, squares / count)


def _residuals(theta: Array, blocks: list[Block], reference_area: float) -> tuple[Array, Array]:
    """Whitened (n,) residuals of all runs and their (n, p) slopes, signs so that a step solves slopes @ step = residual."""
    residuals, rows = [], []
    for number, block in enumerate(blocks):
        own = slice(SHAPE + 2 * number, SHAPE + 2 * number + 2)
        predicted, slopes = law(np.concatenate([theta[:SHAPE], theta[own]]), block.points, reference_area)
        slopes = block.whiten @ slopes
        wide = np.zeros((len(predicted), len(theta)))
        wide[:, :SHAPE], wide[:, own] = slopes[:, :SHAPE], slopes[:, L0 : LN_A + 1]
        residuals.append(block.whiten @ (block.loss - predicted))
        rows.append(wide)
    return np.concatenate(residuals), np.concatenate(rows)
