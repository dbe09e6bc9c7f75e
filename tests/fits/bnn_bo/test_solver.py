"""What bnn-bo recommends: better than what was tried, valid, new, and with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats.qmc import discrepancy

from fits.bnn_bo import solver
from fits.bnn_bo.proposing import propose
from fits.bnn_bo.schema import Fit, Options, Proposal, Query
from fits.solver import BadQuery, BadRow, DegenerateData, NotEnoughData
from fits.space import Encoding, Space
from tests.fits.bnn_bo.made import MIXED, frame, log_of, mixed_loss


def options(**given: Any) -> Options:
    return Options.model_validate({"minimize": ["loss"], "surrogate": "gp", "space": MIXED, **given})


def first(log: pd.DataFrame, *, count: int = 1, hold: dict[str, str] | None = None, **given: Any) -> list[Proposal]:
    return solver.recommend(solver.fit(log, options(**given)), Query(hold=hold or {}), count)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return log_of(MIXED, {"loss": mixed_loss}, 30)


@pytest.fixture(scope="module")
def fitted(log: pd.DataFrame) -> Fit:
    return solver.fit(log, options())


def test_the_proposal_beats_every_row_of_the_log(log, fitted):
    config = solver.recommend(fitted, Query())[0].config
    assert mixed_loss(config) < log["outcomes.loss"].astype(float).min()


def test_a_batch_holds_different_new_configurations(log, fitted):
    batch = solver.recommend(fitted, Query(), 4)
    encoding = Encoding(MIXED)
    X = encoding.encode([item.config for item in batch])
    tried = encoding.encode([trial.config for trial in fitted.trials])
    assert len(batch) == 4
    assert not encoding.is_duplicate(X, tried).any()
    assert (encoding.distances(X, X) + np.eye(4) > 1e-6).all()


def test_what_is_held_stays(fitted):
    for item in solver.recommend(fitted, Query(hold={"optimizer": "adam", "layers": "3"}), 2):
        assert (item.config["optimizer"], item.config["layers"]) == ("adam", 3)


@pytest.mark.parametrize(
    ("hold", "problem"),
    [({"optimiser": "adam"}, "there is no parameter"), ({"optimizer": "adamw"}, "one of adam"), ({"layers": "99"}, "from 1 to 8")],
)
def test_what_cannot_be_held_is_refused(fitted, hold, problem):
    with pytest.raises(BadQuery, match=problem):
        solver.recommend(fitted, Query(hold=hold))


def test_the_incumbent_is_not_the_luckiest_row():
    x = np.linspace(0.0, 1.0, 21)
    y = (x - 0.5) ** 2
    y[2] = -0.05  # a lucky measurement far from the minimum, amid noise of about its size
    y = y + 0.02 * np.random.default_rng(0).normal(size=21)
    log = frame([{"x": float(v)} for v in x], [{"loss": float(v)} for v in y])
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    fit = solver.fit(log, options(space=space))
    assert abs(fit.incumbents[0].config["x"] - 0.5) < 0.15


def test_over_several_noisy_logs_incumbents_are_nearer_the_minimum_than_the_luckiest_rows():
    """Of noisy measurements of a parabola whose minimum is at .5."""
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    x = np.linspace(0.0, 1.0, 41)
    luckiest, incumbent = [], []
    for seed in range(8):
        y = (x - 0.5) ** 2 + 0.05 * np.random.default_rng(seed).normal(size=41)
        log = frame([{"x": float(v)} for v in x], [{"loss": float(v)} for v in y])
        fit = solver.fit(log, options(space=space))
        luckiest.append(abs(float(x[y.argmin()]) - 0.5))
        incumbent.append(abs(float(str(fit.incumbents[0].config["x"])) - 0.5))
    assert np.square(incumbent).mean() < 0.6 * np.square(luckiest).mean()


def test_importance_names_the_parameters_that_matter(fitted):
    total = {item.parameter: item.total for item in fitted.importance}
    assert total["lr"] == max(total.values())
    assert all(0.0 <= item.main <= item.total <= 1.0 for item in fitted.importance)


def test_ranges_hold_the_minimum(fitted):
    ranges = {item.parameter: item for item in fitted.ranges}
    assert ranges["lr"].low < 1e-3 < ranges["lr"].high
    assert "sgd" in ranges["optimizer"].choices


def test_a_space_and_no_trial_that_is_done_fills_the_space():
    log = frame([{"lr": 1e-3, "layers": 2, "optimizer": "adam"}], [{"loss": None}])
    batch = first(log, count=3)
    assert [item.surrogate for item in batch] == [None] * 3
    assert len({str(item.config) for item in batch}) == 3


def test_the_first_points_fill_the_space_and_not_only_its_edge():
    """One by one, as in a loop: more evenly than chance."""
    space = Space.model_validate({"parameters": {name: {"type": "float", "low": 0, "high": 1} for name in "abcdef"}})
    tried: list[Any] = []
    for _ in range(6):
        tried.append(first(frame(tried, [{"loss": None} for _ in tried]), space=space)[0].config)
    points = np.array([list(config.values()) for config in tried])
    chance = np.mean([discrepancy(np.random.default_rng(seed).random((6, 6))) for seed in range(50)])
    assert discrepancy(points) < chance


def test_failed_rows_are_told_and_avoided():
    """What is right of 0.5 fails; the best of the rest is at 0.5."""
    x = np.linspace(0.02, 0.98, 15)
    log = frame([{"x": float(v)} for v in x], [{"loss": float(1.0 - v) if v < 0.5 else "nan"} for v in x])
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    fit = solver.fit(log, options(space=space))
    assert [warning.code for warning in fit.warnings] == ["failed-rows"]
    assert solver.recommend(fit, Query())[0].config["x"] < 0.6


def test_pending_rows_are_not_proposed_again(log):
    config = first(log)[0].config
    row = frame([config], [{"loss": None}])
    row.index = pd.Index([100], name="line")
    again = first(pd.concat([log, row]))[0].config
    assert Encoding(MIXED).distances(*(Encoding(MIXED).encode([c]) for c in (config, again))).max() > 1e-6


def test_rows_outside_the_space_are_left_out_and_named(log):
    log = log.copy()
    log.loc[2, "parameters.layers"] = "12"
    fit = solver.fit(log, options())
    assert len(fit.trials) == 29
    assert "row 2: layers is 12" in fit.warnings[0].message


def test_an_outcome_limit_is_kept(log):
    """The minimum has 5 layers; no more than 3 are allowed."""
    log = log.assign(**{"outcomes.size": log["parameters.layers"]})
    assert all(item.config["layers"] <= 3 for item in first(log, limit=["size <= 3"], count=2))


def test_constraints_are_kept():
    space = Space.model_validate(
        {"parameters": {name: {"type": "float", "low": 0, "high": 1} for name in "ab"}, "constraints": ["a + b <= 1"]}
    )
    log = log_of(space, {"loss": lambda config: -float(config["a"]) - 2.0 * float(config["b"])}, 10)
    config = first(log, space=space)[0].config
    assert config["a"] + config["b"] <= 1.0 + 1e-9
    assert -config["a"] - 2.0 * config["b"] < log["outcomes.loss"].astype(float).min()


def test_only_the_pool_is_proposed_until_it_is_used_up():
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    pool = [{"x": float(v)} for v in np.linspace(0.0, 1.0, 9)]
    log = frame(pool[:7], [{"loss": float((v["x"] - 0.9) ** 2)} for v in pool[:7]])
    batch = first(log, space=space, pool=pool, count=5)
    assert sorted(item.config["x"] for item in batch) == [0.875, 1.0]
    used = frame(pool, [{"loss": v["x"]} for v in pool])
    with pytest.raises(DegenerateData, match="the pool was evaluated"):
        first(used, space=space, pool=pool)


@pytest.mark.parametrize("rows", [2, 7], ids=["filling", "modelled"])
def test_of_the_pool_only_rows_with_what_is_held_are_proposed(rows):
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}, "k": {"type": "boolean"}}})
    pool = [{"x": float(v), "k": k} for v in np.linspace(0.0, 1.0, 5) for k in (False, True)]
    log = frame(pool[:rows], [{"loss": v["x"] + 0.5 * v["k"]} for v in pool[:rows]])
    batch = first(log, space=space, pool=pool, hold={"k": "true"}, count=5)
    assert batch
    assert all(item.config["k"] is True for item in batch)


def test_a_cheap_configuration_is_preferred_where_both_are_worth_the_same():
    """Left and right of 0.5 mirror each other; the right costs a hundred times as much."""
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    x = np.linspace(0.0, 1.0, 11)
    log = frame(
        [{"x": float(v)} for v in x],
        [{"loss": float((abs(v - 0.5) - 0.25) ** 2), "usd": 1.0 if v <= 0.5 else 100.0} for v in x],
    )
    assert first(log, space=space, cost="usd")[0].config["x"] < 0.5


def test_two_objectives_give_a_pareto_front(log):
    log = log.assign(**{"outcomes.size": log["parameters.layers"]})
    fit = solver.fit(log, options(minimize=["loss", "size"]))
    points = [(item.measured["loss"], item.measured["size"]) for item in fit.incumbents]
    assert len(points) > 1
    assert solver.recommend(fit, Query())[0].expected.keys() == {"loss", "size"}


def test_known_noise_is_used():
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    x = np.linspace(0.0, 1.0, 12)
    cells = [{"loss": float(v), "se": 0.3} for v in x]
    known = solver.fit(frame([{"x": float(v)} for v in x], cells), options(space=space, noise="se"))
    guessed = solver.fit(frame([{"x": float(v)} for v in x], cells), options(space=space))
    assert known.models["loss"].state["noise"] > 5 * guessed.models["loss"].state["noise"]


@pytest.mark.parametrize(
    ("change", "error", "problem"),
    [
        ({"minimize": []}, BadQuery, "--minimize"),
        ({"minimize": ["los"]}, BadQuery, "no column 'los'"),
        ({"minimize": ["loss", "loss"]}, BadQuery, "named twice"),
        ({"limit": ["loss about 3"]}, BadQuery, "expected a rule"),
    ],
)
def test_questions_that_make_no_sense_are_refused(log, change, error, problem):
    with pytest.raises(error, match=problem):
        solver.fit(log, options(**change))


def test_a_cell_that_is_no_number_is_named(log):
    log = log.copy()
    log.loc[5, "outcomes.loss"] = "1,5"
    with pytest.raises(BadRow) as caught:
        solver.fit(log, options())
    assert (caught.value.row, caught.value.column) == (5, "outcomes.loss")


def test_a_space_cannot_be_guessed_from_two_rows(log):
    with pytest.raises(NotEnoughData):
        solver.fit(log.iloc[:2], options(space=None))


@pytest.mark.parametrize(
    "outcomes",
    [[1.0] * 12, [*[float(i) for i in range(11)], 1e30], [1e-300 * i for i in range(12)], [1e300 * (-1) ** i for i in range(12)]],
    ids=["all-equal", "outlier", "tiny", "huge"],
)
def test_degenerate_outcomes_are_answered(outcomes):
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})
    log = frame([{"x": float(v)} for v in np.linspace(0, 1, 12)], [{"loss": v} for v in outcomes])
    item = first(log, space=space)[0]
    assert 0.0 <= item.config["x"] <= 1.0
    assert np.isfinite(item.expected["loss"].mean)


def test_a_loop_in_python_finds_the_minimum():
    space = MIXED.model_copy(update={"objectives": {"loss": {"direction": "minimize"}}})
    space = Space.model_validate(space.model_dump(warnings=False))
    history: list[Any] = []
    for _ in range(18):
        config = propose(space, history, surrogate="gp")[0].config
        history.append((config, {"loss": mixed_loss(config)}))
    assert min(outcome["loss"] for _, outcome in history) < 1.03


@pytest.mark.parametrize("rows", [3, 12])
def test_a_row_of_the_pool_comes_back_as_it_was(rows):
    """Also on a logarithmic scale, where 110 encoded and back is 110.00000000000004."""
    space = Space.model_validate({"parameters": {"x": {"type": "float", "low": 10, "high": 1000, "log": True}}})
    pool = [{"x": float(v)} for v in range(10, 1000, 10)]
    log = frame(pool[:rows], [{"loss": abs(v["x"] - 500.0)} for v in pool[:rows]])
    assert all(each.config in pool for each in first(log, space=space, pool=pool, count=4))


LIMITED = Space.model_validate(
    {
        "parameters": {"x": {"type": "float", "low": 0, "high": 1}},
        "objectives": {"loss": {"direction": "minimize"}},
        "outcome_constraints": ["heat <= 0.5"],
    }
)


def test_a_loop_in_python_keeps_the_limits_of_the_space():
    """The loss falls with x, and beyond 0.5 it is too hot."""
    history = [({"x": x}, {"loss": 1.0 - x, "heat": x}) for x in (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)]
    (proposal,) = propose(LIMITED, history)
    assert 0.45 < float(str(proposal.config["x"])) < 0.55


def test_a_row_without_an_outcome_is_refused():
    with pytest.raises(BadQuery, match="row 2 lacks 'heat'"):
        propose(LIMITED, [({"x": 0.1}, {"loss": 1.0, "heat": 0.1}), ({"x": 0.2}, {"loss": 1.0})])


def test_a_fit_whose_states_are_written_otherwise_is_refused(fitted):
    content = fitted.model_dump(mode="json")
    assert Fit.model_validate(content) == fitted
    content["models"]["loss"]["form"] = 1
    with pytest.raises(ValidationError, match="form"):
        Fit.model_validate(content)
