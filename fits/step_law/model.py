"""From runs to a fitted `Surface`, and from it the optimum, its interval, the excess loss and the plateau."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fits.solver import Interval, Scalar
from fits.step_law.laws import step_law
from fits.step_law.schema import DIVERGENCE_FACTOR, Query, Surface
from fits.step_law.surface import NOISE_FLOOR, NOISE_SLOPE, OFFSET_SD, PRIOR_SD, SIZE, excess, fit_surface, jacobian, optimum

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Z90 = 1.6448536269514722  # 5 % of a normal distribution lie above
# sd of a held-out cell's own optimum about the law, in ln LR and ln B: the 20 cells of the released tables, one left out in turn
SCATTER = (0.15, 0.21)
SCATTER_WORTH = 20  # cells
LAW_BLOCKS = (slice(0, 3), slice(3, 6))  # where theta holds the law of ln LR and of ln B


def fit_model(runs: pd.DataFrame, window: float) -> Surface:
    """Fit the shared surface to the runs within `window` per cent of their cell's lowest.

    The scatter of the cells about the law is estimated by EM and added to the
    covariance of the law: runs of one cell share its scatter, so the noise of the runs alone would be far too sure.
    """
    near = runs[runs["z"] <= window]
    log_n, log_d = np.log(near["N"].to_numpy()), np.log(near["D"].to_numpy())
    mean_n, mean_d = float(log_n.mean()), float(log_d.mean())
    n, d = log_n - mean_n, log_d - mean_d
    log_lr, log_batch, z = np.log(near["lr"].to_numpy()), np.log(near["batch"].to_numpy()), near["z"].to_numpy()
    cell = near["cell"].to_numpy().astype(np.intp)
    _, cell = np.unique(cell, return_inverse=True)
    published = step_law(Query(params=math.exp(mean_n), tokens=math.exp(mean_d)))
    assert published.lr is not None
    assert published.batch is not None
    fitted = fit_surface(n, d, log_lr, log_batch, z, cell, np.log([published.lr, published.batch]))
    scatter = _cell_scatter(fitted.theta, fitted.offsets, n, d, log_lr, log_batch, z, cell)
    first = np.array([np.flatnonzero(cell == c)[0] for c in range(len(fitted.offsets))])
    design = np.column_stack([np.ones(len(first)), n[first], d[first]])
    covariance = fitted.covariance.copy()
    for block, sd in zip(LAW_BLOCKS, scatter, strict=True):
        precision = design.T @ design / sd**2 + np.diag(PRIOR_SD[block] ** -2)
        covariance[block, block] += np.linalg.inv(precision)
    return Surface(
        theta=fitted.theta.tolist(),
        covariance=covariance.tolist(),
        mean_log_params=mean_n,
        mean_log_tokens=mean_d,
        scatter_lr=float(scatter[0]),
        scatter_batch=float(scatter[1]),
    )


def _cell_scatter(
    theta: Array, offsets: Array, n: Array, d: Array, log_lr: Array, log_batch: Array, z: Array, cell: NDArray[np.intp]
) -> Array:
    """Sd of the cells' own optima about the law, in ln LR and ln B: (2,).

    Each cell's shift and offset are linear in its residuals near the fit; the variance of the shifts is found by EM, drawn
    towards `SCATTER` by a prior worth ten cells.
    """
    gradient = jacobian(theta, n, d, log_lr, log_batch)[:, [0, 3]]
    residual = z - offsets[cell] - excess(theta, n, d, log_lr, log_batch)
    weight = 1.0 / (NOISE_FLOOR + NOISE_SLOPE * z)
    weight = weight / (1.0 + (weight * residual) ** 2) ** 0.25  # of the soft-L1 loss
    systems = []
    for c in range(len(offsets)):
        mine = cell == c
        rows = np.column_stack([gradient[mine], np.ones(mine.sum())]) * weight[mine, None]
        systems.append((rows.T @ rows, rows.T @ (weight[mine] * residual[mine])))
    prior = np.square(SCATTER)
    variance = prior
    for _ in range(50):
        total = SCATTER_WORTH * prior
        for gram, moment in systems:
            posterior = np.linalg.inv(gram + np.diag([*(1.0 / variance), OFFSET_SD**-2]))
            total = total + (posterior @ moment)[:2] ** 2 + np.diag(posterior)[:2]
        variance = total / (len(systems) + SCATTER_WORTH)
    return np.sqrt(variance)


def divergence_factor(surface: Surface, diverged: pd.DataFrame) -> float:
    """The smallest ratio of a diverged run's learning rate to the best one of its cell; 1 to `DIVERGENCE_FACTOR`."""
    if diverged.empty:
        return DIVERGENCE_FACTOR
    n = np.log(diverged["N"].to_numpy()) - surface.mean_log_params
    d = np.log(diverged["D"].to_numpy()) - surface.mean_log_tokens
    best, _ = optimum(np.array(surface.theta), n, d)
    return float(np.clip(np.exp(np.log(diverged["lr"].to_numpy()) - best).min(), 1.0, DIVERGENCE_FACTOR))


class Predictor:
    """A `Surface` at one (N, D)."""

    def __init__(self, surface: Surface, params: float, tokens: float) -> None:
        self.theta, self.covariance = np.array(surface.theta), np.array(surface.covariance)
        self.n, self.d = math.log(params) - surface.mean_log_params, math.log(tokens) - surface.mean_log_tokens
        self.scatter = (surface.scatter_lr, surface.scatter_batch)
        lr, batch = optimum(self.theta, self.n, self.d)
        self.log_lr, self.log_batch = float(lr), float(batch)

    def intervals(self) -> tuple[Interval, Interval]:
        """90 % intervals of the optimal learning rate and batch: noise of the runs, scatter of the cells, and of this new cell."""
        at = np.array([1.0, self.n, self.d])
        out = []
        for centre, block, scatter in zip((self.log_lr, self.log_batch), LAW_BLOCKS, self.scatter, strict=True):
            sd = math.sqrt(float(at @ self.covariance[block, block] @ at) + scatter**2)
            out.append(Interval(mean=math.exp(centre), low=math.exp(centre - Z90 * sd), high=math.exp(centre + Z90 * sd)))
        return out[0], out[1]

    def excess_percent(self, log_lr: float, log_batch: float) -> float:
        """Predicted loss above the optimum of this (N, D), in per cent."""
        return float(excess(self.theta, self.n, self.d, log_lr, log_batch))

    def excess_interval(self, log_lr: float, log_batch: float) -> Interval:
        """The same with its 90 % interval, from 2,000 draws of the surface and of this cell's own optimum (fixed seed)."""
        rng = np.random.default_rng(0)
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        draws = self.theta + rng.standard_normal((2000, SIZE)) @ root.T
        draws[:, 0] += self.scatter[0] * rng.standard_normal(2000)
        draws[:, 3] += self.scatter[1] * rng.standard_normal(2000)
        lost = excess(draws, self.n, self.d, log_lr, log_batch)
        low, high = np.quantile(lost, [0.05, 0.95])
        return Interval(mean=float(np.clip(lost.mean(), low, high)), low=float(low), high=float(high))

    def lr_for_batch(self, log_batch: float) -> float:
        """ln of the learning rate that is best when the batch is forced."""
        from scipy.optimize import minimize_scalar

        around = (self.log_lr - 5.0, self.log_lr + 5.0)
        found = minimize_scalar(
            lambda x: self.excess_percent(x, log_batch), bounds=around, method="bounded", options={"xatol": 1e-6}
        )
        return float(found.x)

    def plateau(self, percent: float) -> dict[str, Scalar]:
        """The box around all (LR, B) predicted within `percent` of the optimum."""
        reach = np.linspace(-4.0, 4.0, 801)
        lr, batch = self.log_lr + reach[:, None], self.log_batch + reach[None, :]
        inside = excess(self.theta, self.n, self.d, lr, batch) <= percent
        lrs, batches = reach[inside.any(axis=1)], reach[inside.any(axis=0)]
        return {
            "excess_percent": percent,
            "lr_low": math.exp(self.log_lr + lrs[0]),
            "lr_high": math.exp(self.log_lr + lrs[-1]),
            "batch_low": math.exp(self.log_batch + batches[0]),
            "batch_high": math.exp(self.log_batch + batches[-1]),
        }
