"""The paper's rule (arXiv 2503.04715): pool all runs within 0.25 % of their cell's lowest loss and fit two power laws.

ln LR on (1, ln N, ln D) and ln B on (1, ln D) by least squares, over bootstrap resamples; the mean of the coefficients.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fits.solver import Interval, NotEnoughData
from fits.step_law.cells import require_cells
from fits.step_law.model import Z90
from fits.step_law.schema import Paper, PowerLaw

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.0025


def fit_paper(runs: pd.DataFrame, *, bootstrap: int, rng: np.random.Generator) -> Paper:
    """Fit the rule to the output of `fits.step_law.cells.prepare`.

    Raises
    ------
    NotEnoughData
        Fewer than three cells, or cells with fewer than two different D, or N and D that move together.
    """
    require_cells(runs, 3)
    near = runs[runs["loss"] <= (1.0 + NEAR) * runs.groupby("cell")["loss"].transform("min")]
    n, d, lr, batch = (np.log(near[c].to_numpy()) for c in ("N", "D", "lr", "batch"))
    ones = np.ones_like(n)
    if np.linalg.matrix_rank(np.column_stack([ones, n, d])) < 3:
        raise NotEnoughData("cells that vary N and D apart from each other", found="N and D that do not")
    lr_ols, lr_law = _power_law(np.column_stack([ones, n, d]), lr, bootstrap, rng)
    batch_ols, batch_law = _power_law(np.column_stack([ones, d]), batch, bootstrap, rng)
    return Paper(
        kept=len(near),
        lr=PowerLaw(coefficients=lr_law[0].tolist(), covariance=lr_law[1].tolist()),
        batch=PowerLaw(coefficients=_without_n(batch_law[0]).tolist(), covariance=_pad(batch_law[1]).tolist()),
        lr_ols=lr_ols.tolist(),
        batch_ols=_without_n(batch_ols).tolist(),
    )


def power_interval(law: PowerLaw, params: float, tokens: float) -> Interval:
    """90 % interval of what a fitted power law gives at (N, D): the scatter over the resamples."""
    at = np.array([1.0, math.log(params), math.log(tokens)])
    centre = float(at @ np.array(law.coefficients))
    half = Z90 * math.sqrt(max(float(at @ np.array(law.covariance) @ at), 0.0))
    return Interval(mean=math.exp(centre), low=math.exp(centre - half), high=math.exp(centre + half))


_Array = NDArray[np.float64]


def _power_law(design: _Array, y: _Array, bootstrap: int, rng: np.random.Generator) -> tuple[_Array, tuple[_Array, _Array]]:
    """Least squares, and mean and covariance over resamples of the rows. A resample without full rank is not used."""
    ols: _Array = np.linalg.lstsq(design, y, rcond=None)[0].astype(np.float64)
    rows = rng.integers(len(y), size=(bootstrap, len(y)))
    x, t = design[rows], y[rows]
    gram = np.einsum("bmi,bmj->bij", x, x)
    usable = np.linalg.matrix_rank(gram, hermitian=True) == design.shape[1]
    draws = np.linalg.solve(gram[usable], np.einsum("bmi,bm->bi", x, t)[usable][..., None])[..., 0]
    return ols, (draws.mean(axis=0), np.asarray(np.cov(draws.T), dtype=np.float64))


def _without_n(coefficients: _Array) -> _Array:
    return np.array([coefficients[0], 0.0, coefficients[1]])


def _pad(covariance: _Array) -> _Array:
    out = np.zeros((3, 3))
    out[np.ix_([0, 2], [0, 2])] = covariance
    return out
