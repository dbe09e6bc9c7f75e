"""What is known needs no model: it is stated exactly, kept exactly where it is limited, and the front makes use of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from fits.bnn_bo import solver
from fits.bnn_bo.deterministic import KnownOutcome
from fits.bnn_bo.known import LinearSum
from fits.bnn_bo.schema import BacktestOptions, Fit, Options, PolicyOptions, Proposal, Query
from fits.solver import BadQuery, DegenerateData
from fits.space import Encoding, Space
from fits.surrogates.outcome import Outcome
from tests.fits.bnn_bo.made import frame

PARAMETERS = {
    "x": {"type": "float", "low": 0, "high": 1},
    "y": {"type": "float", "low": 0.1, "high": 10, "log": True},
    "k": {"type": "integer", "low": 1, "high": 9},
}
PRICE = "2*x + 3*k + (y - 1)/2"


def price(config: Any) -> float:
    return 2.0 * config["x"] + 3.0 * config["k"] + (config["y"] - 1.0) / 2.0


def loss(config: Any) -> float:
    return (config["x"] - 0.7) ** 2 + (np.log10(config["y"]) - 0.3) ** 2 + 0.02 * (9 - config["k"]) ** 2


def space(known: bool | str = PRICE, **more: Any) -> Space:
    objectives = {"loss": {"direction": "minimize"}, "price": {"direction": "minimize", "known": known}}
    return Space.model_validate({"parameters": PARAMETERS, "objectives": objectives, **more})


CONFIGS = Encoding(space()).decode(Encoding(space()).sample(40, 0))


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return frame(CONFIGS[:12], [{"loss": float(loss(config))} for config in CONFIGS[:12]])


def pool(factor: float = 1.0) -> list[dict[str, Any]]:
    return [{**config, "price": factor * price(config)} for config in CONFIGS]


def learned(log: pd.DataFrame, its: Space | None = None, **given: Any) -> Fit:
    return solver.fit(log, Options.model_validate({"space": its or space(), "surrogate": "gp", **given}))


def proposals(log: pd.DataFrame, its: Space | None = None, *, count: int = 1, **given: Any) -> list[Proposal]:
    return solver.recommend(learned(log, its, **given), Query(), count)


def test_a_known_sum_is_stated_exactly_and_no_model_is_fitted(log):
    fit = learned(log)
    assert fit.models["price"].surrogate == "known"
    for item in solver.recommend(fit, Query(), 2):
        expected = item.expected["price"]
        assert expected.low == expected.mean == expected.high == pytest.approx(price(item.config), rel=1e-12)
    assert all(item.measured["price"] == pytest.approx(price(item.config), rel=1e-12) for item in fit.incumbents)
    assert {item.objective for item in fit.importance} == {"loss"}
    again = Fit.model_validate_json(fit.model_dump_json())
    assert solver.recommend(again, Query(), 2) == solver.recommend(fit, Query(), 2)


def test_the_incumbents_are_a_front(log):
    points = np.array([[item.expected["loss"].mean, item.measured["price"]] for item in learned(log).incumbents])
    assert len(points) > 1
    order = points[np.argsort(points[:, 0])]
    assert (np.diff(order[:, 1]) < 0.0).all()


def test_the_model_of_a_sum_is_the_sum_and_has_its_slope():
    encoding = Encoding(space(fixed={"k": 4}))
    its = LinearSum(encoding, {"x": 2.0, "k": 3.0, "y": 0.5, "": -0.5})
    X = encoding.sample(50, 0)
    model = KnownOutcome(its, Outcome(sign=-1.0, shift=-3.0, size=4.0, mean=0.5, deviation=2.0))
    points = torch.from_numpy(X).unsqueeze(-2).requires_grad_()
    assert its.at(X) == pytest.approx([price(config) for config in encoding.decode(X)], rel=1e-12)
    assert model.values(points).detach().squeeze(-1).numpy() == pytest.approx(its.at(X), rel=1e-12)
    assert model.posterior(points).mean.detach().squeeze().numpy() == pytest.approx(((3.0 - its.at(X)) / 4.0 - 0.5) / 2.0)
    (slope,) = torch.autograd.grad(model.values(points).sum(), points)
    assert slope[:, 0, 0].numpy() == pytest.approx(np.full(50, 2.0))
    assert slope[:, 0, 1].numpy() == pytest.approx(0.5 * np.log(100.0) * encoding.axes[1].numbers(X[:, 1]), rel=1e-9)


@pytest.mark.parametrize("given", [{}, {"minimize": ["loss"]}], ids=["an objective", "only a limit"])
def test_a_limit_on_a_known_sum_is_exact(log, given):
    for item in proposals(log, limit=["price <= 12"], count=2, **given):
        assert price(item.config) <= 12.0 + 1e-9
    empty = log.iloc[:0]
    assert all(price(item.config) <= 12.0 + 1e-9 for item in proposals(empty, limit=["price <= 12"], count=4, **given))


def test_a_limit_that_no_row_keeps_is_still_searched_within(log):
    cheapest = min(map(price, CONFIGS[:12]))
    item = proposals(log, limit=[f"price <= {0.9 * cheapest}"], minimize=["loss"])[0]
    assert price(item.config) <= 0.9 * cheapest + 1e-9
    assert item.expected["loss"].mean < 1.7


def test_the_cheapest_that_passes_is_sought_where_only_the_limit_is_learned(log):
    fit = learned(log, minimize=["price"], limit=["loss <= 0.3"])
    best = fit.incumbents[0]
    assert best.measured["price"] == min(price(c) for c in CONFIGS[:12] if loss(c) <= 0.3)
    batch = solver.recommend(fit, Query(), 3)
    assert loss(batch[0].config) < 0.35
    assert all(item.expected["price"].mean < best.measured["price"] for item in batch)
    assert len({round(item.expected["price"].mean, 3) for item in batch}) == 3


@pytest.mark.parametrize(("known", "left"), [("100*x + 1", True), ("101 - 100*x", False)])
def test_a_known_cost_is_preferred_where_it_is_small(known, left):
    """Left and right of 0.5 mirror each other."""
    its = Space.model_validate(
        {
            "parameters": {"x": {"type": "float", "low": 0, "high": 1}},
            "objectives": {"loss": {}, "price": {"known": known}},
            "cost": "price",
        }
    )
    x = np.linspace(0.0, 1.0, 11)
    log = frame([{"x": float(v)} for v in x], [{"loss": float((abs(v - 0.5) - 0.25) ** 2)} for v in x])
    assert (proposals(log, its, minimize=["loss"])[0].config["x"] < 0.5) == left


def test_of_a_pool_the_column_is_what_is_known(log):
    batch = proposals(log, space(known=True), pool=pool(2.0), count=3)
    assert len(batch) == 3
    for item in batch:
        assert item.config in CONFIGS[12:]
        assert item.expected["price"].mean == 2.0 * price(item.config)
        assert "price" not in item.config
    kept = proposals(log, space(known=True), pool=pool(), limit=["price <= 12"], count=40)
    assert 0 < len(kept) == sum(price(config) <= 12.0 for config in CONFIGS[12:])
    assert max(price(item.config) for item in kept) <= 12.0
    with pytest.raises(DegenerateData, match="no row of the pool"):
        proposals(log, space(known=True), pool=pool(), limit=["price <= 1"])


def test_rows_of_the_log_that_the_pool_does_not_hold_are_left_out_and_named(log):
    fit = learned(log, space(known=True), pool=pool()[2:])
    assert len(fit.trials) == 10
    assert "2 rows are not in the pool, which says what price is" in fit.warnings[0].message
    assert "rows 2, 3" in fit.warnings[0].message


@pytest.mark.parametrize(
    ("pool", "problem"),
    [
        (None, "price is known: give a pool"),
        ([{"x": 0.5, "y": 1.0, "k": 1}], "row 1: price is empty"),
        ([{"x": 0.5, "y": 1.0, "k": 1, "price": "dear"}], "row 1: price is dear"),
        ([{"x": 0.5, "y": 1.0, "k": 1, "price": p} for p in (1.0, 2.0)], "rows 1 and 2 are the same configuration"),
    ],
)
def test_a_pool_that_does_not_tell_is_refused(log, pool, problem):
    with pytest.raises(BadQuery, match=problem):
        learned(log, space(known=True), pool=pool)


def test_where_all_is_known_there_is_nothing_to_learn(log):
    with pytest.raises(BadQuery, match="every outcome is known"):
        learned(log, minimize=["price"])
    with pytest.raises(BadQuery, match="every objective is known"):
        solver.backtest(log, BacktestOptions.model_validate({"space": space(), "minimize": ["price"], "limit": ["loss <= 1"]}))


def test_a_cost_that_may_not_be_positive_is_refused(log):
    with pytest.raises(BadQuery, match="must be above 0 everywhere"):
        learned(log, space(known="2*x + k - 5"), minimize=["loss"], cost="price")


def test_large_batches_and_noise_take_known_objectives_too(log):
    noisy = log.assign(**{"outcomes.loss": [str(float(v) + 0.3 * (-1) ** i) for i, v in enumerate(log["outcomes.loss"])]})
    batch = proposals(noisy, space(known=True), pool=pool(), count=10)
    assert len({str(item.config) for item in batch}) == 10


def test_the_backtest_foretells_what_is_not_known(log):
    options = BacktestOptions.model_validate({"space": space(), "surrogate": "gp", "most": 2})
    result = solver.backtest(log, options)
    assert {name for fold in result.folds for name in fold.covered} == {"gp: loss"}


def test_in_a_loop_only_what_is_not_known_is_told():
    policy = solver.policy(PolicyOptions.model_validate({"space": space(), "surrogate": "gp"}))
    for _ in range(6):
        id_, config = policy.ask({})
        policy.tell(id_, {"loss": float(loss(config))})
    with pytest.raises(BadQuery, match="unknown; there are: loss"):
        policy.tell(policy.ask({})[0], {"loss": 1.0, "price": 2.0})
