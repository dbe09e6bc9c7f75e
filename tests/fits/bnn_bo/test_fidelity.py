"""Cheap evaluations inform, the target counts: proposals, incumbents and what is drawn are at the target fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fits.bnn_bo import solver
from fits.bnn_bo.learning import study_from
from fits.bnn_bo.modelling import beliefs
from fits.bnn_bo.schema import BacktestOptions, Fit, Options, Query
from fits.space import Space
from tests.fits.bnn_bo.made import frame

TARGET, CHEAP = 27, 3
PARAMETERS = {
    "x": {"type": "float", "low": 0, "high": 1},
    "y": {"type": "float", "low": 0, "high": 1},
    "epochs": {"type": "integer", "low": 1, "high": 27, "log": True},
}
SPACE = Space.model_validate(
    {"parameters": PARAMETERS, "objectives": {"loss": {}}, "fidelity": {"parameter": "epochs", "target": TARGET}}
)


def loss(config: Mapping[str, Any]) -> float:
    """Smaller, and its minimum a little elsewhere, after more epochs."""
    x, y, epochs = (float(config[name]) for name in ("x", "y", "epochs"))
    return 4.0 * (x - 0.7 + 0.1 / epochs) ** 2 + 4.0 * (y - 0.2) ** 2 + 0.3 * np.sin(8.0 * x) + 1.5 / epochs**0.7


BEST = min(loss({"x": x, "y": 0.2, "epochs": TARGET}) for x in np.linspace(0, 1, 201))


def configs(count: int, epochs: int, seed: int) -> list[dict[str, Any]]:
    return [{"x": x, "y": y, "epochs": epochs} for x, y in np.random.default_rng(seed).random((count, 2)).tolist()]


def logged(tried: list[dict[str, Any]]) -> pd.DataFrame:
    return frame(tried, [{"loss": float(loss(config))} for config in tried])


def learned(tried: list[dict[str, Any]], **given: Any) -> Fit:
    return solver.fit(logged(tried), Options.model_validate({"space": SPACE, "surrogate": "gp", **given}))


@pytest.fixture(scope="module")
def fit() -> Fit:
    return learned(configs(15, CHEAP, 0) + configs(4, TARGET, 1))


def test_proposals_are_at_the_target(fit):
    batch = solver.recommend(fit, Query(), 2)
    assert [item.config["epochs"] for item in batch] == [TARGET] * 2
    assert loss(batch[0].config) < BEST + 0.05
    assert abs(batch[0].expected["loss"].mean - loss(batch[0].config)) < 0.3
    assert batch[0].improves > 0.5


def test_the_incumbent_is_a_row_at_the_target(fit):
    tried = [trial for trial in fit.trials if trial.config["epochs"] == TARGET]
    assert [item.row for item in fit.incumbents] == [min(tried, key=lambda trial: trial.outcomes["loss"]).row]


def test_another_fidelity_can_be_asked_for():
    """What is sought is the best of the cheap ones, which are all worse than a row at the target."""
    fit = learned([*configs(15, CHEAP, 0), {"x": 0.68, "y": 0.2, "epochs": TARGET}])
    item = solver.recommend(fit, Query(hold={"epochs": str(CHEAP)}))[0]
    assert item.config["epochs"] == CHEAP
    assert item.improves > 0.2


def test_what_must_be_improved_on_is_moved_to_the_target():
    study = study_from(learned(configs(9, CHEAP, 0)))
    believed = beliefs(study, learned(configs(9, CHEAP, 0)).models)
    assert believed.X[:, 2].tolist() == [1.0] * 9
    assert believed.kept


def test_importance_and_ranges_are_of_what_can_be_chosen(fit):
    assert {item.parameter for item in fit.importance} == {item.parameter for item in fit.ranges} == {"x", "y"}


def test_only_the_target_is_drawn(fit):
    progress, *along = solver.figures(fit)
    assert len(progress.layers[-1].x) == 4
    assert all(len(figure.layers[-1].x) == 4 for figure in along)


def test_cheap_rows_alone_propose_the_target_and_say_that_there_is_no_incumbent():
    fit = learned(configs(15, CHEAP, 0))
    assert fit.incumbents == []
    assert [warning.code for warning in fit.warnings] == ["no-target-fidelity"]
    item = solver.recommend(fit, Query())[0]
    assert (item.config["epochs"], item.improves, item.stop.verdict) == (TARGET, None, "cannot tell")
    assert loss(item.config) < BEST + 0.15
    assert solver.figures(fit) == []


def test_the_space_is_filled_at_the_target():
    assert all(item.config["epochs"] == TARGET for item in solver.recommend(learned([]), Query(), 4))


def test_a_limit_counts_at_the_target():
    tried = configs(12, CHEAP, 0) + configs(4, TARGET, 1)
    log = logged(tried).assign(**{"outcomes.size": [str(0.1 * c["epochs"]) for c in tried]})
    fit = solver.fit(log, Options.model_validate({"space": SPACE, "surrogate": "gp", "limit": ["size >= 2"]}))
    assert [fit.trials[item.row - 2].config["epochs"] for item in fit.incumbents] == [TARGET]
    assert solver.recommend(fit, Query())[0].config["epochs"] == TARGET


def test_cheap_rows_bring_the_search_closer_to_the_minimum():
    """Regret at the target after two evaluations there, with fifteen cheap rows and without them."""
    regret = {True: 0.0, False: 0.0}
    for seed in range(3):
        for cheap in regret:
            tried = (configs(15, CHEAP, seed) if cheap else []) + configs(4, TARGET, 10 + seed)
            for _ in range(2):
                tried = [*tried, solver.recommend(learned(tried), Query())[0].config]
            regret[cheap] += min(loss(config) for config in tried if config["epochs"] == TARGET) - BEST
    assert regret[True] < 0.5 * regret[False]


def test_the_backtest_foretells_rows_at_the_target():
    tried = configs(8, CHEAP, 0) + configs(4, TARGET, 1)
    result = solver.backtest(logged(tried), BacktestOptions.model_validate({"space": SPACE, "surrogate": "gp", "first": 6}))
    assert [fold.held_out for fold in result.folds] == ["row 10", "row 11", "row 12", "row 13"]
    assert {row["row"] for row in result.tables["choices"]} <= {10, 11, 12, 13}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"fidelity": {"parameter": "epochs", "target": 28}}, "epochs cannot be 28"),
        ({"fidelity": {"parameter": "epochs", "target": 27}, "fixed": {"epochs": 3}}, "epochs is fixed"),
    ],
)
def test_a_target_that_cannot_be_is_refused(change, problem):
    with pytest.raises(ValueError, match=problem):
        Space.model_validate({"parameters": PARAMETERS, **change})
