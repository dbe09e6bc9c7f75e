"""Recommend: the omega of least expected cost in a context, and how likely a policy would play the others."""

from __future__ import annotations

import numpy as np

from fits.bandits.rule import Context
from fits.bandits.stream import Stream
from fits.solver import BadQuery, Caution, DegenerateData, Interval
from fits.sor.cost_model import CostModel
from fits.sor.misfit import misfit
from fits.sor.posterior import DRAWS, Posterior
from fits.sor.rows import Array
from fits.sor.schema import Advice, Fit, Query, policy_table
from fits.sor.verdict import interval

SPACING = 0.005  # of the candidates
BINS = 20


def advise(fit: Fit, query: Query, count: int) -> list[Advice]:
    """See `fits.sor.solver.recommend`. More proposals are the most likely plays of Thompson sampling, in that order."""
    context = place(fit, query)
    model = restored(fit)
    candidates = np.linspace(fit.low, fit.high, max(3, 1 + round((fit.high - fit.low) / SPACING)))
    posterior = Posterior(model, fit.seed)
    expected = posterior.costs([context], candidates)[:, 0].mean(axis=0)
    stream = Stream(fit.seed)
    plays = np.clip([model.sample(context, stream) for _ in range(DRAWS)], fit.low, fit.high)
    bins = np.linspace(fit.low, fit.high, BINS)
    shares = np.bincount(np.abs(plays[:, None] - bins).argmin(axis=1), minlength=BINS) / len(plays)
    fixed = fit.best_fixed.omega
    one_serves_all = fit.verdict == "nothing-to-gain"
    best = fixed.mean if one_serves_all else float(candidates[expected.argmin()])
    others = [float(bins[i]) for i in np.argsort(-shares, kind="stable") if shares[i] > 0]
    width = (fit.high - fit.low) / (BINS - 1)
    omegas = [best, *(omega for omega in others if abs(omega - best) > width / 2)][:count]
    warnings = _outside(fit, query) + [w for w in fit.warnings if w.code in ("nothing-to-gain", "no-contexts")]
    return [
        Advice(
            config={"omega": omega},
            intervals={} if i else {"omega": fixed if one_serves_all else interval(best, plays)},
            expected=expected_costs(model, posterior, context, (omega, fixed.mean)),
            why=_why(fit) if i == 0 else "the next that Thompson sampling is likely to play",
            warnings=warnings if i == 0 else [],
            tables={"policy": policy_table([round(b, 6) for b in bins.tolist()], shares.tolist())} if i == 0 else {},
            verdict=fit.verdict,
        )
        for i, omega in enumerate(omegas)
    ]


def place(fit: Fit, query: Query) -> Context:
    """The contexts in the order of the fit.

    Raises
    ------
    BadQuery
        One is missing or unknown.
    """
    known = ", ".join(fit.contexts) or "none"
    for name in query.contexts:
        if name not in fit.contexts:
            raise BadQuery("contexts", f"unknown: {name}; there are: {known}")
    missing = [name for name in fit.contexts if name not in query.contexts]
    if missing:
        raise BadQuery("contexts", f"a value of {', '.join(missing)} is missing; there are: {known}")
    return tuple(query.contexts[name] for name in fit.contexts)


def restored(fit: Fit) -> CostModel:
    """The cost model of a fit."""
    model = CostModel(len(fit.contexts), fit.low, fit.high)
    take_over(model, fit)
    return model


def take_over(model: CostModel, fit: Fit) -> None:
    """Let `model` know what the model of `fit` knows.

    Raises
    ------
    DegenerateData
        Another version of the model made the fit.
    """
    try:
        model.restore(fit.model)
    except (ValueError, KeyError, TypeError) as error:
        raise DegenerateData(
            f"the fit was made by another version of the cost model ({error})", remedy="fit the log again"
        ) from error


def expected_costs(model: CostModel, posterior: Posterior, context: Context, omegas: tuple[float, float]) -> dict[str, Interval]:
    """What the next solve costs with the two omegas."""
    draws = cost_draws(model, posterior, context, np.array(omegas))
    return {name: interval(float(draws[:, i].mean()), draws[:, i]) for i, name in enumerate(("cost", "cost_of_best_fixed"))}


def cost_draws(model: CostModel, posterior: Posterior, context: Context, omegas: Array) -> Array:
    """`DRAWS` draws of what the next solve costs, (DRAWS, k): of the mean, and of how the log differs from the model there."""
    off = misfit(model, context, omegas, posterior.noise)
    normal = np.random.default_rng(0).standard_normal((DRAWS, 1))
    return np.asarray(np.exp(posterior.log_costs([context], omegas)[:, 0] + off.centre + off.sd * normal))


def _why(fit: Fit) -> str:
    if fit.verdict == "nothing-to-gain":
        return f"the best fixed omega over {fit.rows} logged rows"
    return (
        f"least expected cost in this context, from {fit.rows} logged rows; saves {fit.saving.mean:.0%} over the best fixed omega"
    )


def _outside(fit: Fit, query: Query) -> list[Caution]:
    found = [
        f"{name}={value:g} (seen: {fit.contexts[name].low:g} to {fit.contexts[name].high:g})"
        for name, value in query.contexts.items()
        if not fit.contexts[name].low <= value <= fit.contexts[name].high
    ]
    return [Caution(code="extrapolation", message="outside the range of the log: " + ", ".join(found))] if found else []
