"""Policies replayed through a log: exactly on a full table, by rejection on any other."""

from __future__ import annotations

import numpy as np
import pytest

from fits.solver import BadQuery
from fits.sor.schema import BacktestOptions
from fits.sor.solver import backtest
from tests.fits.sor.sequences import random_log, table


def means(result):
    return {score.method: score.mean for score in result.summary}


def test_scores_are_costs_in_units_of_the_cheapest_of_each_system():
    full = table(200)
    result = backtest(full, BacktestOptions(policies=["gp-ts", "uniform"], seeds=2))
    costs = full.filter(like="grid.").to_numpy()
    scores = means(result)
    assert set(scores) == {"gp-ts", "uniform", "best fixed", "omega=1"}
    assert scores["best fixed"] == pytest.approx(costs.mean(axis=0).min() / costs.min(axis=1).mean())
    assert scores["omega=1"] == pytest.approx(costs[:, 0].mean() / costs.min(axis=1).mean())
    assert 1.0 < scores["gp-ts"] < scores["uniform"]
    assert [fold.held_out for fold in result.folds] == ["seed 0", "seed 1"]
    for score in result.summary:
        assert score.low is not None
        assert score.high is not None
        assert score.low <= score.mean <= score.high
    regret = {row["method"]: row for row in result.tables["regret"]}
    assert regret["best fixed"]["regret to best fixed"] == pytest.approx(0.0, abs=1e-6)
    assert regret["omega=1"]["regret to instance-optimal"] == pytest.approx(costs[:, 0].sum() - costs.min(axis=1).sum())


def test_by_default_the_policies_that_the_log_allows_are_replayed():
    assert set(means(backtest(table(60), BacktestOptions(seeds=1)))) >= {"gp-ts", "tsallis-inf", "chebcb", "greedy", "uniform"}
    without = set(means(backtest(table(60).drop(columns="contexts.c"), BacktestOptions(seeds=1))))
    assert "chebcb" not in without
    assert "gp-ts" in without
    with pytest.raises(BadQuery, match="chebcb needs a context"):
        backtest(table(60).drop(columns="contexts.c"), BacktestOptions(policies=["chebcb"]))
    with pytest.raises(BadQuery, match="greedy tries"):
        backtest(random_log(60), BacktestOptions(policies=["greedy"]))


def test_only_the_first_solves_count_where_that_is_asked():
    result = backtest(table(200), BacktestOptions(policies=["uniform"], seeds=1, first=50))
    assert result.folds[0].rows == 50


def test_one_seed_gives_no_interval_and_no_key_for_it():
    result = backtest(table(60), BacktestOptions(policies=["uniform"], seeds=1))
    assert "low" not in result.model_dump(mode="json")["summary"][0]


def test_rejection_tells_what_uniform_costs_and_that_few_solves_match():
    log = random_log(400)
    result = backtest(log, BacktestOptions(seeds=5))
    assert {"few-matches", "random-omega"} <= {warning.code for warning in result.warnings}
    scores = means(result)
    assert "greedy" not in scores
    uniform = next(score for score in result.summary if score.method == "uniform")
    assert uniform.low is not None
    assert uniform.high is not None
    assert uniform.low <= log["cost"].mean() <= uniform.high
    assert scores["as logged"] == pytest.approx(log["cost"].mean())
    assert scores["gp-ts"] < scores["uniform"]
    assert 0.75 <= result.coverage["cost"] <= 1.0


def test_continuous_omegas_are_taken_for_the_nearest_of_twenty():
    log = random_log(300)
    log["omega"] += np.random.default_rng(0).uniform(0, 1e-3, len(log))
    result = backtest(log, BacktestOptions(seeds=1))
    assert "nearest of 20" in result.protocol
    assert result.folds[0].rows > 0
