"""What a fit of `step-law` shows: the optimal learning rate and batch with the best runs logged, and the loss around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from fits.figure import Axis, Band, Figure, Layer, Line, Points, Rule
from fits.solver import Interval
from fits.step_law.model import Predictor
from fits.step_law.paper import power_interval
from fits.step_law.schema import Cell, Fit, Surface

SIZES = 4  # model sizes shown: more lines than this cannot be told apart
KNOTS = 33
REACH = 2.0  # beyond the logged D, as a factor
LR_REACH = 6.0  # either side of the best learning rate, as a factor

Law = Callable[[float, float], tuple[Interval, Interval]]


def draw(fit: Fit) -> list[Figure]:
    """See `fits.step_law.solver.figures`. What was published, with no log, has no figures."""
    law = _law(fit)
    if law is None:
        return []
    sizes = _spread(sorted({cell.params for cell in fit.cells}))
    found = [
        _optimum(fit, law, sizes, 0, "learning-rate", "Optimal learning rate", Axis(label="learning rate", scale="log")),
        _optimum(fit, law, sizes, 1, "batch", "Optimal batch", Axis(label="batch", unit="tokens", scale="log")),
    ]
    return found if fit.surface is None else [*found, _bowl(fit, fit.surface)]


def _law(fit: Fit) -> Law | None:
    """The intervals of the optimal learning rate and batch as a function of (N, D)."""
    surface, paper = fit.surface, fit.paper
    if surface is not None:
        return lambda params, tokens: Predictor(surface, params, tokens).intervals()
    if paper is not None:
        return lambda params, tokens: (power_interval(paper.lr, params, tokens), power_interval(paper.batch, params, tokens))
    return None


def _spread(values: Sequence[float]) -> list[float]:
    """At most `SIZES` of the values, evenly spread, with the first and the last."""
    places = {round(place) for place in np.linspace(0, len(values) - 1, min(SIZES, len(values)))}
    return [values[place] for place in sorted(places)]


def _count(value: float) -> str:
    """As people write it, and as it is read: 268M."""
    for sign, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:.3g}"


def _optimum(fit: Fit, law: Law, sizes: Sequence[float], which: int, name: str, title: str, axis: Axis) -> Figure:
    logged = [cell.tokens for cell in fit.cells]
    knots = np.geomspace(min(logged) / REACH, max(logged) * REACH, KNOTS).tolist()
    bands: list[Layer] = []
    lines: list[Layer] = []
    points: list[Layer] = []
    for size in sizes:
        label = f"{'active ' if fit.active else ''}N = {_count(size)}"
        intervals = [law(size, tokens)[which] for tokens in knots]
        cells = [cell for cell in fit.cells if cell.params == size]
        best = [cell.best_batch_tokens if which else cell.best_lr for cell in cells]
        bands.append(Band(label=label, x=knots, low=[i.low for i in intervals], high=[i.high for i in intervals]))
        lines.append(Line(label=label, x=knots, y=[i.mean for i in intervals]))
        points.append(Points(label=label, x=[cell.tokens for cell in cells], y=best))
    return Figure(
        name=name,
        title=title,
        caption="Points: the run of lowest loss in each logged (N, D). Bands: "
        + ("where the optimum of a new (N, D) lies in 90 % of cases." if fit.surface else "90 % interval of the law."),
        x=Axis(label="training tokens D", scale="log"),
        y=axis,
        layers=[*bands, *lines, *points],
    )


def _bowl(fit: Fit, surface: Surface) -> Figure:
    """Loss over learning rate at the best batch, in the logged cell of most compute."""
    cell: Cell = max(fit.cells, key=lambda cell: cell.params * cell.tokens)
    model = Predictor(surface, cell.params, cell.tokens)
    rates = np.linspace(model.log_lr - math.log(LR_REACH), model.log_lr + math.log(LR_REACH), 2 * KNOTS - 1)
    excess = [model.excess_interval(float(rate), model.log_batch) for rate in rates]
    x = np.exp(rates).tolist()
    layers: list[Layer] = [
        Band(label="predicted", x=x, low=[i.low for i in excess], high=[i.high for i in excess]),
        Line(label="predicted", x=x, y=[model.excess_percent(float(rate), model.log_batch) for rate in rates]),
        Rule(label="best", axis="x", at=math.exp(model.log_lr)),
        Rule(label="runs begin to diverge", axis="x", at=fit.divergence_factor * math.exp(model.log_lr)),
    ]
    return Figure(
        name="loss",
        title="What a wrong learning rate costs",
        caption=f"Loss above the optimum at N = {_count(cell.params)}, D = {_count(cell.tokens)} and the best batch, "
        f"{_count(math.exp(model.log_batch))} tokens. Band: 90 % interval, with the doubt about where the optimum is.",
        x=Axis(label="learning rate", scale="log"),
        y=Axis(label="excess loss", unit="%"),
        layers=layers,
    )
