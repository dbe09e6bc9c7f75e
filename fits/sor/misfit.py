"""What the log says against the cost model: near one context and one omega (`misfit`), and on average (`mean_misfit`).

The posterior of a model knows nothing of what the model's form gets wrong, and that is most where omega is best: the law's dip is
deeper than a real one. `python tests/benchmarks/sor.py --only intervals` prints how often intervals hold without and with it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fits.bandits.rule import Context
from fits.sor.cost_model import CostModel
from fits.sor.posterior import DRAWS, Posterior
from fits.sor.rows import Array, Rows

NEAR_CONTEXT = 0.1  # sd of the kernel: of the context in the unit cube of the model, a dimension
NEAR_OMEGA = 0.05  # and of ln(omega / (2 - omega)), counted from the best omega of its context
NEIGHBOURS = 8  # in a sparse log the kernel reaches so far that the distance to the eighth nearest solve is one sd
DOUBT = 0.5  # solves at no distance that weigh as much as the model's own word
OMEGAS = 191  # candidates for the best one
COARSE = 77  # where a mean over many contexts is asked for: .0125 apart on the paper's range
FEWEST = 30  # solves of the log from which the misfit of a mean is read


class Misfit(NamedTuple):
    """ln cost at k omegas, relative to the model: where it is centred, and its standard deviation. Both (k,)."""

    centre: Array
    sd: Array


def misfit(model: CostModel, context: Context, omegas: Array, noise: float) -> Misfit:
    """Kernel means of the residuals of the solves that the model remembers.

    With weights w_i, W = sum w_i and `DOUBT` d: centre = sum w_i r_i / (W + d); variance = (1 + 1 / (W + d)) times
    (sum w_i (r_i - centre)^2 + d noise^2) / (W + d), plus that of rounding where costs are whole numbers.
    """
    solves = model.memory()
    places: list[Context] = [tuple(row) for row in solves.contexts.tolist()]
    foretold = np.array([model.cost_at(place, omega) for place, omega in zip(places, solves.omega.tolist(), strict=True)])
    residual = np.where(solves.censored, 0.0, np.log(solves.cost / foretold))
    seen = np.array([model.place(place) for place in places]).reshape(len(places), model.dimensions)
    apart = ((seen - model.place(context)) ** 2).sum(axis=1) / (NEAR_CONTEXT**2 * max(model.dimensions, 1))
    offset = _from_best(model, [context] * len(omegas), omegas)[:, None] - _from_best(model, places, solves.omega)
    distance = apart + offset**2 / NEAR_OMEGA**2
    neighbour = min(NEIGHBOURS, len(places)) - 1
    reach = np.maximum(np.partition(distance, neighbour, axis=1)[:, neighbour, None], 1.0)
    weight = np.where(solves.censored, 0.0, np.exp(-0.5 * distance / reach))
    total = weight.sum(axis=1) + DOUBT
    centre = weight @ residual / total
    scatter = ((weight * (residual - centre[:, None]) ** 2).sum(axis=1) + DOUBT * noise**2) / total
    variance = scatter * (1.0 + 1.0 / total)
    if (solves.cost == np.trunc(solves.cost)).all():
        cost = np.array([model.cost_at(context, omega) for omega in omegas.tolist()]) * np.exp(centre)
        variance = variance + 1.0 / (12.0 * cost**2)
    return Misfit(centre, np.sqrt(variance))


def _from_best(model: CostModel, places: list[Context], omegas: Array) -> Array:
    """How far each omega lies from the best one of its context, in ln(omega / (2 - omega)): (n,)."""
    candidates = np.linspace(model.low, model.high, OMEGAS)
    best = candidates[model.predict(places, candidates).argmin(axis=1)]
    return np.asarray(np.log(omegas / (2.0 - omegas)) - np.log(best / (2.0 - best)))


def mean_misfit(model: CostModel, rows: Rows, chosen: Array, rng: np.random.Generator) -> Array:
    """`DRAWS` draws of the factor by which costs exceed the model's where the log happens to hold an omega near the chosen one.

    The posterior knows nothing of what the model itself gets wrong: on heat25_sor it foretold a saving of 38 %, where 32 % is true.
    """
    spacing = float(np.median(np.diff(rows.arms))) if len(rows.arms) <= COARSE else (model.high - model.low) / COARSE
    near = np.flatnonzero(np.abs(rows.omega - chosen) <= 0.51 * spacing)
    if len(near) < FEWEST:
        near = np.argsort(np.abs(rows.omega - chosen), kind="stable")[:FEWEST]
    places = rows.take(near).places()
    foretold = np.array([model.cost_at(place, omega) for place, omega in zip(places, rows.omega[near].tolist(), strict=True)])
    factor = float(rows.cost[near].sum() / foretold.sum())
    error = rows.cost[near] - factor * foretold
    doubt = float(np.sqrt((error**2).sum() * len(near) / max(len(near) - 1, 1)) / foretold.sum()) if len(near) > 1 else 1.0
    raised = np.exp(0.5 * Posterior(model, 0, count=1).noise ** 2)  # which `costs` has added already
    return np.asarray(np.maximum(factor + doubt * rng.standard_normal(DRAWS), 0.1 * factor) / raised)
