"""loss = a * tokens^-b (Hestness et al. 2017, eq. 1), by least squares in logs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fits.solver import (
    Backtest,
    BadQuery,
    BadRow,
    Caution,
    DegenerateData,
    Fold,
    Interval,
    NotEnoughData,
    family_columns,
)
from toy_budget.schema import Advice, BacktestOptions, Cost, Fit, Options, Query

if TYPE_CHECKING:
    import pandas as pd

Z90 = 1.6449  # standard normal, 95 % one-sided


def fit(log: pd.DataFrame, options: Options) -> Fit:
    """Fit the power law. Rows are sorted first, so that their order changes no bit of the sums."""
    import numpy as np

    budgets = int(log["tokens"].nunique())
    if budgets < 3:
        raise NotEnoughData("at least three different token budgets", found=budgets)
    for row, loss in log["loss"].items():
        if loss > 1000:
            raise BadRow(row=int(row), column="loss", value=float(loss), expected="a loss below 1000 nats")
    log = log.sort_values(list(log.columns), kind="stable")
    contexts = family_columns(log, "contexts")
    x = np.column_stack([np.ones(len(log)), -np.log(log["tokens"]), *(contexts[name] for name in contexts)])
    y = np.log(log["loss"].to_numpy())
    penalty = np.diag([0.0, 0.0] + [options.ridge] * contexts.shape[1])
    theta = np.linalg.solve(x.T @ x + penalty, x.T @ y)
    if theta[1] <= 0:
        raise DegenerateData("the loss does not fall with the budget", remedy="log runs with more different budgets")
    residual = float(np.sqrt(np.mean((y - x @ theta) ** 2)))
    return Fit(
        log_scale=float(theta[0]),
        exponent=float(theta[1]),
        shifts=dict(zip(contexts, map(float, theta[2:]), strict=True)),
        residual=residual,
        runs=len(log),
        largest_tokens=float(log["tokens"].max()),
    )


def recommend(fit: Fit, query: Query, count: int = 1) -> list[Advice]:
    """The budget that reaches the target; further proposals aim lower by a per cent each."""
    unknown = set(query.contexts) - set(fit.shifts)
    if unknown:
        raise BadQuery("contexts", f"the log has no context named {min(unknown)}")
    return [_advice(fit, query, query.target * 0.99**k) for k in range(count)]


def _advice(fit: Fit, query: Query, target: float) -> Advice:
    tokens, low, high = (_tokens(fit, query, target, shift) for shift in (0.0, -Z90 * fit.residual, Z90 * fit.residual))
    warnings = []
    if tokens > 10 * fit.largest_tokens:
        warnings.append(Caution(code="extrapolation", message=f"{tokens / fit.largest_tokens:.0f} times the largest budget"))
    if query.max_tokens is not None and tokens > query.max_tokens:
        warnings.append(Caution(code="over-budget", message="the target needs more than --max-tokens"))
    interval = Interval(mean=tokens, low=low, high=high)
    loss = Interval(mean=target, low=target * math.exp(-Z90 * fit.residual), high=target * math.exp(Z90 * fit.residual))
    return Advice(
        config={"tokens": tokens},
        intervals={"tokens": interval},
        expected={"loss": loss},
        why=f"a power law with exponent {fit.exponent:.4f} through {fit.runs} runs",
        warnings=warnings,
        tables={"budgets": [{"loss": step, "tokens": _tokens(fit, query, step, 0.0)} for step in [target, *query.steps]]},
        cost=Cost(ratio=tokens / fit.largest_tokens),
    )


def _tokens(fit: Fit, query: Query, target: float, shift: float) -> float:
    moved = sum(fit.shifts[name] * value for name, value in query.contexts.items())
    return math.exp(min(700.0, (fit.log_scale + moved + shift - math.log(target)) / fit.exponent))


def backtest(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Hold out the largest budgets: how far off, in ln loss, is the law fitted to the rest, beside the last loss seen?"""
    budgets = sorted(log["tokens"].unique())
    held = budgets[-options.held_out :]
    train = log[~log["tokens"].isin(held)]
    fitted = fit(train, options)
    folds = []
    for budget in held:
        rows = log[log["tokens"] == budget]
        truth = math.log(float(rows["loss"].mean()))
        error = fitted.log_scale - fitted.exponent * math.log(budget) - truth
        last = math.log(float(train.loc[train["tokens"].idxmax(), "loss"])) - truth
        covered = {"loss": abs(error) <= Z90 * fitted.residual + 1e-9}
        scores = {"power law": abs(error), "last loss": abs(last)}
        folds.append(Fold(held_out=f"tokens={budget:g}", rows=len(rows), scores=scores, covered=covered))
    return Backtest.from_folds(protocol="largest budgets held out", metric="absolute error of ln loss", folds=folds)
