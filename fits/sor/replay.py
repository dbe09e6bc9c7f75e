"""Backtest: let the policies play through the log, exactly where it holds the cost of every omega, else by rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from fits.solver import Backtest, BadQuery, Caution, Fold, Scalar
from fits.sor.policy import Policy
from fits.sor.rejection import replay_log
from fits.sor.rows import Array, Rows, prepare
from fits.sor.schema import BacktestOptions, Method

if TYPE_CHECKING:
    import pandas as pd

DEFAULT: tuple[Method, ...] = ("gp-ts", "tsallis-inf", "chebcb", "greedy", "uniform")
MOST_SOLVES = 20_000  # replayed unless the user asks for more: about a second a policy and seed
NEED_CONTEXT = {"tsallis-inf-cb", "chebcb", "young"}


def replay(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """See `fits.sor.solver.backtest`.

    Raises
    ------
    NotEnoughData, DegenerateData, BadRow, BadQuery
        As `fits.sor.solver.fit` does.
    BadQuery
        A policy that cannot be replayed on this log.
    """
    rows, outside = prepare(log, options.low, options.high)
    warnings = []
    if outside:
        message = f"{outside} {'columns' if rows.table is not None else 'solves'} lie outside the range of omega"
        warnings.append(Caution(code="outside-range", message=message))
    if not rows.ordered:
        warnings.append(
            Caution(code="no-order", message="the log has no column step: its rows were replayed in an arbitrary order")
        )
        rows = rows.take(np.random.default_rng(0).permutation(len(rows)))
    if options.first is None and len(rows) > MOST_SOLVES:
        message = f"only the first {MOST_SOLVES} of {len(rows)} solves were replayed; --first takes more"
        warnings.append(Caution(code="first", message=message))
    rows = rows.take(slice(options.first or MOST_SOLVES))
    methods = chosen(options, rows)
    if rows.table is None:
        return replay_log(rows, methods, options, warnings)
    return _replay_table(rows, rows.table, methods, options, warnings)


def chosen(options: BacktestOptions, rows: Rows) -> list[Method]:
    """The policies asked for, or those by default that the log allows."""
    impossible = set() if rows.names else set(NEED_CONTEXT)
    if rows.table is None:
        impossible.add("greedy")
    for method in options.policies:
        if method in impossible:
            reason = "needs a context: name its column with --context"
            if method == "greedy":
                reason = "tries each omega once and waits for it, so only a full table (--grid) can tell what it would have cost"
            raise BadQuery("policies", f"{method} {reason}")
    wanted = options.policies or DEFAULT
    return [method for method in dict.fromkeys(wanted) if method not in impossible]


def _replay_table(rows: Rows, table: Array, methods: list[Method], options: BacktestOptions, warnings: list[Caution]) -> Backtest:
    optimum = table.min(axis=1).mean()
    means = table.mean(axis=0)
    controls = {"best fixed": float(means.min() / optimum)}
    if (rows.arms == 1.0).any():
        controls["omega=1"] = float(means[rows.arms == 1.0][0] / optimum)
    folds = []
    for seed in range(options.seed, options.seed + options.seeds):
        scores: dict[str, float | None] = {m: float(play(rows, table, m, seed).mean() / optimum) for m in methods}
        folds.append(Fold(held_out=f"seed {seed}", rows=len(rows), scores={**scores, **controls}))
    best = float(rows.arms[means.argmin()])
    return Backtest.from_folds(
        protocol=f"full table: {len(rows)} systems, {len(rows.arms)} omegas, every policy replayed exactly ({options.seeds} seeds)",
        metric=f"mean cost / mean cost of the cheapest omega of each system ({optimum:.4g}); best fixed omega {best:g}",
        folds=folds,
        intervals=True,
        tables={"regret": _regret(folds, optimum * len(rows), controls["best fixed"])},
        warnings=warnings,
    )


def play(rows: Rows, table: Array, method: Method, seed: int) -> Array:
    """What every solve costs under a policy, (n,)."""
    policy = new_policy(rows, method, rows.arms, seed)
    column = {omega: i for i, omega in enumerate(rows.arms.tolist())}
    paid = np.empty(len(rows))
    for i, place in enumerate(rows.places()):
        id_, omega = policy.ask(dict(zip(rows.names, place, strict=True)))
        at = column.get(omega)
        if at is None:  # of a policy that knows no arms, such as `young`
            at = int(np.abs(rows.arms - omega).argmin())
        paid[i] = table[i, at]
        policy.tell(id_, float(paid[i]))
    return paid


def new_policy(rows: Rows, method: Method, arms: Array, seed: int) -> Policy:
    """A policy that has learned nothing yet, over the omegas of the log."""
    assert method in get_args(Method)
    return Policy(
        method, contexts=rows.names, low=float(arms[0]), high=float(arms[-1]), arms=arms.tolist(), seed=seed, omega=float(arms[0])
    )


def _regret(folds: list[Fold], optimum: float, fixed: float) -> list[dict[str, Scalar]]:
    """What each policy paid in all, and beyond the best fixed omega and the cheapest of each system: means over the seeds."""
    rows: list[dict[str, Scalar]] = []
    for method in folds[0].scores:
        total = float(np.mean([fold.scores[method] for fold in folds])) * optimum
        rows.append(
            {
                "method": method,
                "total cost": total,
                "regret to best fixed": total - fixed * optimum,
                "regret to instance-optimal": total - optimum,
            }
        )
    return sorted(rows, key=lambda row: float(row["total cost"] or 0.0))
