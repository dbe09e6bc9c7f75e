"""Replay of an ordinary log by rejection, and how often the cost model's intervals held the next cost.

Li, Chu, Langford & Wang, "Unbiased offline evaluation of contextual-bandit-based news article recommendation algorithms"
(arXiv 1003.5956): where the logged action was drawn at random, whatever the context, the solves in which a policy chooses what was
logged are those it would have met online.
"""

from __future__ import annotations

import math

import numpy as np

from fits.solver import Backtest, Caution, Fold
from fits.sor.cost_model import CostModel
from fits.sor.posterior import Posterior
from fits.sor.rows import Array, Rows
from fits.sor.schema import BacktestOptions, Method

MOST_ARMS = 64  # omegas in a log that are replayed as they are
BINS = 20  # where there are more
FEW = 100  # matches
FORETOLD = 300  # solves of the later half whose cost is foretold


def replay_log(rows: Rows, methods: list[Method], options: BacktestOptions, warnings: list[Caution]) -> Backtest:
    """Mean cost of the solves in which a policy chooses what was logged."""
    arms, binned = rows.arms, rows.omega
    note = ""
    if len(arms) > MOST_ARMS:
        arms = np.linspace(arms[0], arms[-1], BINS)
        binned = arms[np.abs(rows.omega[:, None] - arms).argmin(axis=1)]
        note = f"; {len(rows.arms)} omegas taken for the nearest of {BINS}, so only nearly unbiased"
    fixed = min(float(rows.cost[binned == arm].mean()) for arm in np.unique(binned))
    folds = []
    for seed in range(options.seed, options.seed + options.seeds):
        paid = {method: _play(rows, method, arms, binned, seed) for method in methods}
        scores = {method: float(costs.mean()) if len(costs) else None for method, costs in paid.items()}
        matched = min((len(costs) for costs in paid.values()), default=0)
        folds.append(
            Fold(
                held_out=f"seed {seed}", rows=matched, scores={**scores, "as logged": float(rows.cost.mean()), "best fixed": fixed}
            )
        )
    fewest = min(fold.rows for fold in folds)
    if fewest < FEW:
        message = f"only {fewest} of {len(rows)} solves match a policy's choices: too few to compare policies, log more solves"
        warnings = [*warnings, Caution(code="few-matches", message=message)]
    message = "a replay by rejection is unbiased only where omega was drawn at random, independently of the context"
    result = Backtest.from_folds(
        protocol=f"replay by rejection: a solve counts where the policy chooses the logged omega ({options.seeds} seeds){note}",
        metric="mean cost of the solves that count",
        folds=folds,
        intervals=True,
        warnings=[*warnings, Caution(code="random-omega", message=message)],
    )
    return result.model_copy(update={"coverage": {"cost": coverage(rows, options.seed)}})


def _play(rows: Rows, method: Method, arms: Array, logged: Array, seed: int) -> Array:
    from fits.sor.replay import new_policy

    policy = new_policy(rows, method, arms, seed)
    paid = []
    for place, omega, cost, censored in zip(
        rows.places(), logged.tolist(), rows.cost.tolist(), rows.censored.tolist(), strict=True
    ):
        id_, choice = policy.ask(dict(zip(rows.names, place, strict=True)))
        if choice == omega:
            policy.tell(id_, cost, converged=not censored)
            paid.append(cost)
    return np.array(paid)


def coverage(rows: Rows, seed: int) -> float:
    """Share of solves in the later half whose cost lay in the 90 % interval foretold just before, at most `FORETOLD` of them."""
    model = CostModel(len(rows.names), float(rows.arms[0]), float(rows.arms[-1]))
    n = len(rows)
    asked = set(np.linspace(n // 2, n - 1, min(FORETOLD, n - n // 2)).round().astype(int).tolist())
    held = []
    rng = np.random.default_rng(seed)
    for i, (place, omega, cost, censored) in enumerate(
        zip(rows.places(), rows.omega.tolist(), rows.cost.tolist(), rows.censored.tolist(), strict=True)
    ):
        if i in asked and not censored:
            posterior = Posterior(model, seed, count=100)
            drawn = posterior.log_costs([place], np.array([omega]))[:, 0, 0] + posterior.noise * rng.standard_normal(100)
            low, high = np.exp(np.quantile(drawn, (0.05, 0.95)))
            if float(rows.cost.min()) >= 1.0 and (rows.cost == np.floor(rows.cost)).all():
                low, high = math.floor(low), math.ceil(high)  # whole numbers
            held.append(low <= cost <= high)
        model.learn(place, omega, cost, censored)
    return float(np.mean(held)) if held else 0.0
