"""Backtest: hold out cells, fit the rest, and read the cost of the advice off a smooth surface of each held-out cell.

The cost (gap) is the loss above the cell's own minimum, in per cent, on a Gaussian process through the cell's runs within 6 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fits.solver import Backtest, BadQuery, Caution, Fold, NotEnoughData
from fits.step_law import cells, model, paper
from fits.step_law.laws import LAWS
from fits.step_law.schema import BacktestOptions, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

PRESETS = ("step-law", "deepseek", "moonlight", "porian")  # those that need nothing beyond N and D
GP_WINDOW = 6.0


class Truth(NamedTuple):
    """A smooth surface of one cell."""

    gp: object
    lowest: float
    log_lr: float
    log_batch: float

    def gap(self, log_lr: float, log_batch: float) -> float:
        """Loss above the cell's minimum at this point, in per cent."""
        return float(self.gp.predict([[log_lr, log_batch]])[0]) - self.lowest  # type: ignore[attr-defined]


def replay(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Compare surface, paper, argmin, the best constant and the published laws on cells that the fits have not seen.

    Raises
    ------
    NotEnoughData
        Fewer than three cells, none of them with runs enough for a surface of its own, or a split that leaves a side empty.
    """
    runs = cells.prepare(log, options)
    cells.require_cells(runs, 3)
    measured = {c: _truth(runs[runs["cell"] == c]) for c in range(runs["cell"].nunique())}
    truths = {c: truth for c, truth in measured.items() if truth is not None}
    if not truths:
        raise NotEnoughData("a cell with at least 12 runs within 6 % of its best, to measure against", found="none")
    rng = np.random.default_rng(options.seed)
    draws = options.draws if options.runs_per_cell is not None else 1
    folds = []
    for draw in range(draws):
        for held in _held_out(runs, options):
            train = runs[~runs["cell"].isin(held)]
            if options.runs_per_cell is not None:
                train = _thin(train, options.runs_per_cell, rng)
            tag = f" (draw {draw + 1})" if draws > 1 else ""
            folds += _folds(train, runs, [c for c in held if c in truths], truths, options, tag)
    if not folds:
        raise NotEnoughData("cells on both sides of the split", found="none that can be measured")
    skipped = runs["cell"].nunique() - len(truths)
    warnings = (
        [Caution(code="unmeasured-cells", message=f"{skipped} cells have too few runs to measure against")] if skipped else []
    )
    return Backtest.from_folds(protocol=options.protocol, metric="loss above the cell's minimum, %", folds=folds, warnings=warnings)


def _held_out(runs: pd.DataFrame, options: BacktestOptions) -> Iterator[list[int]]:
    table = runs.groupby("cell")[["N", "D"]].first()
    if options.protocol == "leave-one-cell-out":
        yield from ([int(c)] for c in table.index)
    elif options.protocol == "leave-one-params-out":
        yield from ([int(c) for c in table.index[table["N"] == n]] for n in sorted(table["N"].unique()))
    else:
        limits = {"N": options.split_params, "D": options.split_tokens}
        above = np.zeros(len(table), dtype=bool)
        for column, limit in limits.items():
            if limit is not None:
                above |= (table[column] > limit).to_numpy()
        if options.split_compute is not None:
            above |= (6 * table["N"] * table["D"] > options.split_compute).to_numpy()
        if not above.any():
            raise BadQuery("split_params", "a split needs --split-params, --split-tokens or --split-compute with cells above it")
        yield [int(c) for c in table.index[above]]


def _thin(runs: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """`count` random runs of each cell, with z measured from the lowest of those that are left."""
    chosen = [rng.permutation(group.index.to_numpy())[:count] for _, group in runs.groupby("cell")]
    left = runs.loc[np.sort(np.concatenate(chosen))].copy()
    left["z"] = 100.0 * np.log(left["loss"] / left.groupby("cell")["loss"].transform("min"))
    return left


def _folds(
    train: pd.DataFrame, runs: pd.DataFrame, held: list[int], truths: dict[int, Truth], options: BacktestOptions, tag: str
) -> list[Fold]:
    if not held or train["cell"].nunique() < 2:
        return []
    surface = model.fit_model(train, options.window)
    argmin = train.loc[train.groupby("cell")["loss"].idxmin()]
    design = np.column_stack([np.ones(len(argmin)), np.log(argmin["N"]), np.log(argmin["D"])])
    targets = np.log(argmin[["lr", "batch"]].to_numpy())
    least_squares = np.linalg.lstsq(design, targets, rcond=None)[0]
    try:
        rule = paper.fit_paper(train, bootstrap=options.bootstrap, rng=np.random.default_rng(options.seed))
    except NotEnoughData:
        rule = None
    folds = []
    for c in held:
        group = runs[runs["cell"] == c]
        n, d = float(group["N"].iloc[0]), float(group["D"].iloc[0])
        truth, at = truths[c], np.array([1.0, math.log(n), math.log(d)])
        predictor = model.Predictor(surface, n, d)
        advice = {"surface": (predictor.log_lr, predictor.log_batch)}
        if rule is not None:
            advice["paper"] = (float(at @ rule.lr.coefficients), float(at @ rule.batch.coefficients))
        advice["argmin"] = (float(at @ least_squares[:, 0]), float(at @ least_squares[:, 1]))
        advice["constant"] = (float(targets[:, 0].mean()), float(targets[:, 1].mean()))
        for name in PRESETS:
            answer = LAWS[name].answer(Query(params=n, tokens=d))
            assert answer.lr is not None
            assert answer.batch is not None
            advice[name] = (math.log(answer.lr), math.log(answer.batch))
        lr, batch = predictor.intervals()
        folds.append(
            Fold(
                held_out=f"N={n:.4g} D={d:.4g}{tag}",
                rows=len(group),
                scores={name: truth.gap(*point) for name, point in advice.items()},
                covered={
                    "lr": lr.low <= math.exp(truth.log_lr) <= lr.high,
                    "batch_tokens": batch.low <= math.exp(truth.log_batch) <= batch.high,
                },
            )
        )
    return folds


def _truth(group: pd.DataFrame) -> Truth | None:
    """A Gaussian process through the runs within 6 % of the cell's lowest, and its minimum on a grid over what was tried."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    near = group[group["z"] < GP_WINDOW]
    if len(near) < 12 or near["lr"].nunique() < 3 or near["batch"].nunique() < 3:
        return None
    x = np.log(near[["lr", "batch"]].to_numpy())
    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * RBF([1.0, 1.0], (0.3, 20.0)) + WhiteKernel(0.01, (1e-4, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is a flat direction: no harm here
        gp = GaussianProcessRegressor(kernel, normalize_y=True).fit(x, near["z"].to_numpy())
    axes = [np.linspace(low, high, 81) for low, high in zip(x.min(axis=0), x.max(axis=0), strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    height = gp.predict(grid)
    best = int(np.argmin(height))
    return Truth(gp, float(height[best]), float(grid[best, 0]), float(grid[best, 1]))
