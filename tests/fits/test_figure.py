"""A figure is plain data: what cannot be drawn is refused, and what can survives JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fits import registry
from fits.figure import Axis, Band, Figure, Line, Points, Rule
from fits.sor.schema import Options as SorOptions
from fits.step_law.schema import Options as StepLawOptions
from tests.fits.sor.sequences import random_log, table
from tests.fits.sweeps import synthetic_log

LINEAR = Axis(label="x")
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (lambda: Points(x=[1.0, 2.0], y=[1.0]), "different lengths: x has 2, y has 1"),
        (lambda: Points(x=[1.0], y=[1.0], low=[0.0]), "both low and high"),
        (lambda: Points(x=[1.0], y=[1.0], low=[2.0], high=[3.0]), "does not hold its point"),
        (lambda: Line(x=[1.0], y=[float("nan")]), "finite number"),
        (lambda: Line(x=[float("inf")], y=[1.0]), "finite number"),
        (lambda: Band(x=[1.0], low=[2.0], high=[1.0]), "low is above high"),
        (lambda: Band(x=[1.0], low=[2.0], high=[]), "different lengths"),
        (lambda: Rule(axis="z", at=1.0), "'x' or 'y'"),  # type: ignore[arg-type]
        (lambda: Figure(name="f", title="", x=LINEAR, y=LINEAR, layers=[Rule(axis="x", at=1.0)]), "nothing to draw"),
        (lambda: Figure(name="f", title="", x=LINEAR, y=LINEAR, layers=[]), "at least 1"),
        (lambda: Figure(name="F 1", title="", x=LINEAR, y=LINEAR, layers=[Line(x=[1.0], y=[1.0])]), "pattern"),
    ],
)
def test_what_cannot_be_drawn_is_refused(layer, problem):
    with pytest.raises(ValidationError, match=problem):
        layer()


@pytest.mark.parametrize("layer", [Line(x=[1.0], y=[0.0]), Band(x=[1.0], low=[-1.0], high=[1.0]), Rule(axis="y", at=0.0)])
def test_a_logarithmic_axis_holds_positive_numbers_only(layer):
    layers = [Line(x=[1.0], y=[1.0]), layer]
    with pytest.raises(ValidationError, match="y is logarithmic"):
        Figure(name="f", title="", x=LINEAR, y=Axis(label="y", scale="log"), layers=layers)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20), st.text(), st.booleans())
def test_a_figure_survives_json(points, label, steps):
    x, y = ([float(v) for v in values] for values in zip(*points, strict=True))
    layers: list[Any] = [Points(label=label, x=x, y=y, low=y, high=y), Line(label=label, x=x, y=y, steps=steps)]
    figure = Figure(name="f", title=label, x=LINEAR, y=Axis(label=label, unit=label), layers=[*layers, Rule(axis="x", at=x[0])])
    try:
        text = figure.model_dump_json()
    except ValueError:  # a lone surrogate, which no JSON can hold
        return
    assert Figure.model_validate_json(text) == figure


def test_the_figures_of_sor_show_contexts_of_the_log():
    solver = registry.load("sor")
    fit = solver.fit(random_log(), SorOptions())
    cost, policy = solver.figures(fit)
    assert (cost.name, policy.name) == ("cost", "policy")
    assert len({layer.label for layer in cost.layers if layer.kind == "line"}) == 3
    for layer in cost.layers:
        if isinstance(layer, Line):
            band = next(b for b in cost.layers if isinstance(b, Band) and b.label == layer.label)
            assert all(low <= y <= high for low, y, high in zip(band.low, layer.y, band.high, strict=True))


def test_the_cost_that_sor_draws_is_the_cost_that_it_foretells():
    """Both with what the log says against the model there: `fits.sor.misfit`."""
    solver = registry.load("sor")
    fit = solver.fit(table(60).drop(columns="contexts.c"), SorOptions())
    cost, _ = solver.figures(fit)
    line, band = (next(layer for layer in cost.layers if isinstance(layer, kind)) for kind in (Line, Band))
    foretold = solver.recommend(fit, solver.Query())[0].expected["cost_of_best_fixed"]
    at = fit.best_fixed.omega.mean  # type: ignore[attr-defined]
    for drawn, value in ((line.y, foretold.mean), (band.low, foretold.low), (band.high, foretold.high)):
        assert np.interp(at, line.x, drawn) == pytest.approx(value, rel=0.03)


def test_without_a_context_sor_shows_the_shares_of_the_plays():
    solver = registry.load("sor")
    for log in (random_log().drop(columns="contexts.c"), table(60).drop(columns="contexts.c")):
        _, policy = solver.figures(solver.fit(log, SorOptions()))
        line = next(layer for layer in policy.layers if isinstance(layer, Line))
        assert line.steps
        assert sum(line.y) == pytest.approx(1.0)


@pytest.mark.parametrize("method", ["surface", "paper"])
def test_the_figures_of_step_law_hold_the_best_run_of_every_cell(method):
    solver = registry.load("step-law")
    fit = solver.fit(synthetic_log(), StepLawOptions(method=method, bootstrap=200))
    rate, batch, *_ = solver.figures(fit)
    shown = {(x, y) for layer in rate.layers if isinstance(layer, Points) for x, y in zip(layer.x, layer.y, strict=True)}
    assert shown == {(cell.tokens, cell.best_lr) for cell in fit.cells}  # type: ignore[attr-defined]
    advised = solver.recommend(fit, solver.Query(params=4e8, tokens=64e9))[0]
    line = next(layer for layer in rate.layers if isinstance(layer, Line) and layer.label == "N = 400M")
    at = min(range(len(line.x)), key=lambda i: abs(line.x[i] / 64e9 - 1))
    assert line.y[at] == pytest.approx(advised.config["lr"], rel=0.1)
    assert batch.y.unit == "tokens"


def test_what_was_published_has_no_figures():
    solver = registry.load("step-law")
    prior = solver.prior()
    assert prior is not None
    assert solver.figures(prior) == []
