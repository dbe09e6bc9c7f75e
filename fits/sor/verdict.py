"""Is it worth it to look at the context? The best fixed omega against one for each context, both with their doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from fits.solver import Caution, Interval
from fits.sor.cost_model import CostModel
from fits.sor.misfit import COARSE, mean_misfit
from fits.sor.posterior import Posterior
from fits.sor.rows import Array, Rows, sample
from fits.sor.schema import SMALLEST_GAIN, BestFixed, Verdict

CONTEXTS = 256  # of the log, on which a model is asked
RESAMPLES = 1000
BLOCKS = 20  # of steps, resampled as one: neighbours in a sequence are alike


class Worth(NamedTuple):
    """What the best fixed omega costs, what one for each context costs, and the share that this saves."""

    best_fixed: BestFixed
    contextual_cost: Interval
    saving: Interval
    evidence: Literal["table", "model"]


def interval(mean: float, draws: Array) -> Interval:
    """`mean` with the 90 % interval of `draws`, which holds it."""
    low, high = (float(x) for x in np.quantile(draws, (0.05, 0.95)))
    return Interval(mean=mean, low=min(low, mean), high=max(high, mean))


def by_model(model: CostModel, rows: Rows, seed: int) -> Worth:
    """From draws of the posterior. The choices are made on other draws than those they are judged by, so that the choice
    of what happens to look cheapest does not flatter the saving.
    """
    contexts = sample(rows, CONTEXTS).places()
    omegas = np.linspace(model.low, model.high, COARSE)
    expected = Posterior(model, seed, count=100).costs(contexts, omegas).mean(axis=0)
    draws = Posterior(model, seed + 1).costs(contexts, omegas)
    fixed = int(expected.mean(axis=0).argmin())
    each = expected.argmin(axis=1)
    rng = np.random.default_rng(seed)
    of_fixed = draws[:, :, fixed].mean(axis=1) * mean_misfit(model, rows, np.full(len(rows), omegas[fixed]), rng)
    of_each = of_fixed
    if rows.names:
        chosen = omegas[Posterior(model, seed, count=10).costs(rows.places(), omegas).mean(axis=0).argmin(axis=1)]
        of_each = draws[:, np.arange(len(contexts)), each].mean(axis=1) * mean_misfit(model, rows, chosen, rng)
    best = omegas[draws.mean(axis=1).argmin(axis=1)]
    return _worth(float(omegas[fixed]), best, of_fixed, of_each, float(of_fixed.mean()), float(of_each.mean()), "model")


def by_table(rows: Rows, low: float, high: float, seed: int) -> Worth:
    """From the exact costs: each half of the systems gets the omegas that a model of the other half advises; blocks of systems
    are resampled.
    """
    from fits.sor.learning import one_omega_each, taught

    assert rows.table is not None
    n = len(rows)
    block = (np.arange(n) * min(BLOCKS, n)) // n
    fixed = int(rows.table.mean(axis=0).argmin())
    of_each = rows.table[:, fixed].copy()
    if rows.names:
        for half in (0, 1):
            mine, other = np.flatnonzero(block % 2 == half), np.flatnonzero(block % 2 != half)
            model = taught(one_omega_each(rows.take(other), seed), low, high, seed)
            costs = Posterior(model, seed, count=50).costs(rows.take(mine).places(), rows.arms).mean(axis=0)
            of_each[mine] = rows.table[mine, costs.argmin(axis=1)]
    count = int(block.max()) + 1
    sums = np.array([[part.sum() for part in (block == b, of_each[block == b])] for b in range(count)])
    tables = np.array([rows.table[block == b].sum(axis=0) for b in range(count)])
    drawn = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    sizes = sums[drawn, 0].sum(axis=1)
    means = tables[drawn].sum(axis=1) / sizes[:, None]
    each_means = sums[drawn, 1].sum(axis=1) / sizes
    best = rows.arms[means.argmin(axis=1)]
    mean_fixed = float(rows.table[:, fixed].mean())
    return _worth(float(rows.arms[fixed]), best, means[:, fixed], each_means, mean_fixed, float(of_each.mean()), "table")


def _worth(
    omega: float, omegas: Array, fixed: Array, each: Array, fixed_mean: float, each_mean: float, evidence: Literal["table", "model"]
) -> Worth:
    best = BestFixed(omega=interval(omega, omegas), cost=interval(fixed_mean, fixed))
    saving = interval(1.0 - each_mean / fixed_mean, 1.0 - each / fixed)
    return Worth(best, interval(each_mean, each), saving, evidence)


def verdict(worth: Worth) -> Verdict:
    """Something is to be gained where the 90 % interval of the saving lies above 0 and its mean is at least `SMALLEST_GAIN`."""
    return "contextual" if worth.saving.low > 0.0 and worth.saving.mean >= SMALLEST_GAIN else "nothing-to-gain"


def cautions(worth: Worth, decided: Verdict, names: Sequence[str]) -> list[Caution]:
    """The evidence for a verdict that there is nothing to gain."""
    if not names:
        message = "no context was named, so one omega serves all: name what is known before a solve with --context"
        return [Caution(code="no-contexts", message=message)]
    if decided == "contextual":
        return []
    message = f"nothing to gain here: {finding(worth)}, where {SMALLEST_GAIN:.0%} and an interval above 0 would count"
    return [Caution(code="nothing-to-gain", message=message)]


def finding(worth: Worth) -> str:
    """What the fixed omega and one for each context cost, in words."""
    omega, fixed = worth.best_fixed.omega, worth.best_fixed.cost
    each, saving = worth.contextual_cost, worth.saving
    return (
        f"the best fixed omega, {omega.mean:.3g} ({omega.low:.3g} to {omega.high:.3g}), costs {fixed.mean:.4g} a solve; "
        f"one for each context costs {each.mean:.4g} and saves {saving.mean:.1%} ({saving.low:.1%} to {saving.high:.1%})"
    )
