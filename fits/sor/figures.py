"""What a fit of `sor` shows: cost over omega in a few contexts of the log, and what Thompson sampling would play."""

from __future__ import annotations

import numpy as np

from fits.bandits.rule import Context
from fits.bandits.stream import Stream
from fits.figure import Axis, Band, Figure, Layer, Line, Points, Rule
from fits.sor.advising import cost_draws, restored
from fits.sor.cost_model import CostModel
from fits.sor.posterior import DRAWS, Posterior
from fits.sor.rows import Array
from fits.sor.schema import Fit
from fits.sor.verdict import interval

OMEGAS = 96  # .01 apart on the paper's range
BINS = 20
KNOTS, PLAYS = 41, 60
QUARTILES = (0.25, 0.5, 0.75)
_WHERE = ("", " at the quartiles of the context", " in contexts of the log, at the quartiles of their best omega")


def draw(fit: Fit) -> list[Figure]:
    """See `fits.sor.solver.figures`."""
    model = restored(fit)
    omegas = np.linspace(fit.low, fit.high, OMEGAS)
    shown = {_label(fit, context): context for context in _typical(model, omegas)}
    policy = _policy_over_context(fit, model) if len(fit.contexts) == 1 else _policy(fit, model, shown)
    return [_cost(fit, model, omegas, shown), policy]


def _typical(model: CostModel, omegas: Array) -> list[Context]:
    """Contexts at the quartiles of those in the log. Contexts of several numbers are ordered by their best omega."""
    contexts = sorted(set(model.contexts))
    if model.dimensions > 1:
        best = omegas[model.predict(contexts, omegas).argmin(axis=1)]
        contexts = [contexts[place] for place in np.argsort(best, kind="stable")]
    places = sorted({round(share * (len(contexts) - 1)) for share in QUARTILES})
    return [contexts[place] for place in places]


def _label(fit: Fit, context: Context) -> str:
    return ", ".join(f"{name} = {value:.4g}" for name, value in zip(fit.contexts, context, strict=True))


def _cost(fit: Fit, model: CostModel, omegas: Array, shown: dict[str, Context]) -> Figure:
    posterior = Posterior(model, fit.seed)
    solves = model.memory()
    x = omegas.tolist()
    bands: list[Layer] = []
    lines: list[Layer] = []
    for label, context in shown.items():
        costs = [interval(float(draws.mean()), draws) for draws in cost_draws(model, posterior, context, omegas).T]
        name = label or "expected cost"
        bands.append(Band(label=name, x=x, low=[cost.low for cost in costs], high=[cost.high for cost in costs]))
        lines.append(Line(label=name, x=x, y=[cost.mean for cost in costs]))
    return Figure(
        name="cost",
        title="What a solve costs",
        caption=f"Lines: expected cost of the next solve{_WHERE[min(len(fit.contexts), 2)]}. Bands: its 90 % interval. "
        "Small dots: solves of the log that the model remembers, in all contexts.",
        x=Axis(label="omega"),
        y=Axis(label="cost", scale="log"),
        layers=[
            Points(x=solves.omega.tolist(), y=solves.cost.tolist()),
            *bands,
            *lines,
            Rule(label="best fixed omega", axis="x", at=fit.best_fixed.omega.mean),
        ],
    )


def _plays(fit: Fit, model: CostModel, context: Context, stream: Stream, count: int) -> Array:
    return np.clip([model.sample(context, stream) for _ in range(count)], fit.low, fit.high)


def _policy(fit: Fit, model: CostModel, shown: dict[str, Context]) -> Figure:
    """The share of each range of omega in the plays, in each of the contexts shown."""
    edges = np.linspace(fit.low, fit.high, BINS + 1)
    stream = Stream(fit.seed)
    layers: list[Layer] = []
    for label, context in shown.items():
        shares = np.histogram(_plays(fit, model, context, stream, DRAWS), edges)[0] / DRAWS
        x = [edges[0], *edges]
        layers.append(Line(label=label or "plays", x=[float(edge) for edge in x], y=[0.0, *shares.tolist(), 0.0], steps=True))
    layers.append(Rule(label="best fixed omega", axis="x", at=fit.best_fixed.omega.mean))
    return Figure(
        name="policy",
        title="What Thompson sampling would play",
        caption=f"Share of {DRAWS} plays in each of {BINS} ranges of omega{_WHERE[min(len(fit.contexts), 2)]}.",
        x=Axis(label="omega"),
        y=Axis(label="share of plays"),
        layers=layers,
    )


def _policy_over_context(fit: Fit, model: CostModel) -> Figure:
    """The plays over the only context there is."""
    contexts = sorted(set(model.contexts))
    contexts = [contexts[place] for place in sorted({round(i) for i in np.linspace(0, len(contexts) - 1, KNOTS)})]
    stream = Stream(fit.seed)
    plays = [_plays(fit, model, context, stream, PLAYS) for context in contexts]
    x = [value for (value,) in contexts]
    low, middle, high = np.quantile(plays, (0.05, 0.5, 0.95), axis=1).tolist()
    return Figure(
        name="policy",
        title="What Thompson sampling would play",
        caption=f"Line and band: median and 90 % of {PLAYS} plays at each of {len(contexts)} values of the context.",
        x=Axis(label=next(iter(fit.contexts))),
        y=Axis(label="omega"),
        layers=[
            Band(label="plays", x=x, low=low, high=high),
            Line(label="plays", x=x, y=middle),
            Rule(label="best fixed omega", axis="y", at=fit.best_fixed.omega.mean),
        ],
    )
