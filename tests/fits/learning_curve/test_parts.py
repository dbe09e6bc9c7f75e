"""The small parts of learning-curve: metrics, curves of a log, plans of the learning rate, rules, behaviour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fits.learning_curve.behaviour import behaviour
from fits.learning_curve.curves import curves_of
from fits.learning_curve.metric import Metric, metric_of
from fits.learning_curve.plans import plan_of, planned
from fits.learning_curve.rules import threshold
from fits.learning_curve.schema import Options
from fits.solver import BadQuery, BadRow
from tests.fits.learning_curve.made import SIZES, log, power_law

ERROR = Metric("error", "min", 0.0, 1.0)


def scores(name, *values):
    return log({None: (range(1, 1 + len(values)), values)}, name)


# --- metrics


@pytest.mark.parametrize(
    ("name", "goal", "low", "high"),
    [
        ("eval/loss", "min", 0.0, np.inf),
        ("val_accuracy", "max", 0.0, 1.0),
        ("valError", "min", 0.0, 1.0),
        ("test-perplexity", "min", 1.0, np.inf),
        ("eval_f1", "max", 0.0, 1.0),
        ("word/WER", "min", 0.0, np.inf),
        ("train/cross_entropy", "min", 0.0, np.inf),
        ("R2", "max", -np.inf, 1.0),
    ],
)
def test_a_name_tells_goal_and_range(name, goal, low, high):
    found = metric_of(scores(name, 1.0, 1.0), Options())
    assert (found.goal, found.low, found.high) == (goal, low, high)


@pytest.mark.parametrize("name", ["score", "test_score", "value", "metric", "losses_of_friends", "lossy"])
def test_a_name_that_tells_nothing_is_refused(name):
    with pytest.raises(BadQuery, match="goal"):
        metric_of(scores(name, 0.5), Options())
    assert metric_of(scores(name, 0.5), Options(goal="max")).goal == "max"


def test_accuracies_above_one_are_in_per_cent():
    assert metric_of(scores("accuracy", 71.0, 80.0, 0.9), Options()).high == 100.0


def test_one_score_outside_the_range_is_refused_with_its_row():
    with pytest.raises(BadRow) as caught:
        metric_of(scores("accuracy", 0.7, 0.8, 1.2), Options())
    assert (caught.value.row, caught.value.value) == (2, 1.2)


def test_a_loss_may_be_negative_if_it_is():
    assert metric_of(scores("nll", 0.5, -0.3), Options()).low == -np.inf


def test_options_go_before_the_name():
    found = metric_of(scores("accuracy", 0.5), Options(goal="min", high=0.8))
    assert (found.goal, found.high) == ("min", 0.8)
    with pytest.raises(BadQuery):
        metric_of(scores("accuracy", 0.5), Options(low=2.0, high=1.0))


@pytest.mark.parametrize(("goal", "high"), [("min", 1.0), ("max", 1.0), ("max", np.inf)])
def test_falling_form_and_back(goal, high):
    metric = Metric("m", goal, -np.inf, high)
    values = np.array([0.1, 0.5, 0.9])
    assert np.allclose(metric.score(metric.falling(values)), values)
    quantiles = metric.quantiles(np.sort(metric.falling(values)))
    assert (np.diff(quantiles) > 0).all()
    assert np.allclose(quantiles, values)


# --- curves


def test_shuffled_rows_are_the_same_curves():
    made = log({"a": (SIZES, power_law(SIZES, noise=0.01)), "b": (SIZES[:20], power_law(SIZES[:20], noise=0.02))})
    for one, other in zip(curves_of(made, ERROR), curves_of(made.sample(frac=1.0, random_state=3), ERROR), strict=True):
        assert one.name == other.name
        assert (one.x == other.x).all()
        assert (one.y == other.y).all()
        assert (one.current, one.noise) == (other.current, other.noise)


def test_repeated_positions_become_their_mean_with_a_standard_error():
    (curve,) = curves_of(log({None: ([1, 1, 2, 2], [0.4, 0.6, 0.2, 0.2])}), ERROR)
    assert curve.x.tolist() == [1.0, 2.0]
    assert np.allclose(curve.y, [0.5, 0.2])
    assert curve.se is not None
    assert np.allclose(curve.se, [0.1, 0.0])


def test_standard_errors_of_the_log_are_used():
    (curve,) = curves_of(log({None: ([1, 2, 3], [0.4, 0.3, 0.2])}, std=[0.03, 0.02, 0.01]), ERROR)
    assert curve.se is not None
    assert curve.se.tolist() == [0.03, 0.02, 0.01]


def test_a_long_curve_is_thinned_and_keeps_its_end():
    x = np.arange(1.0, 100_001.0)
    (curve,) = curves_of(log({None: (x, power_law(x, noise=0.01))}), ERROR)
    assert len(curve.x) <= 200
    assert (curve.points, curve.last_x) == (100_000, 100_000.0)
    assert abs(curve.noise - 0.01) < 0.001


def test_a_beginning_knows_nothing_of_the_rest():
    made = log({None: (SIZES, power_law(SIZES, noise=0.01))})
    (whole,) = curves_of(made, ERROR)
    (first,) = curves_of(made[made["x"] <= 400], ERROR)
    cut = whole.until(400.0)
    assert cut is not None
    assert (cut.x == first.x).all()
    assert (cut.current, cut.noise, cut.points) == (first.current, first.noise, first.points)
    assert whole.until(1.0) is None


# --- plans


def run_with(rate, upto, horizon=1000.0):
    x = np.arange(0.0, upto + 1.0, 10.0)
    made = log({"run": (x, power_law(x + 1.0))}, learning_rate=rate(x / horizon))
    return curves_of(made, Metric("loss", "min", 0.0, np.inf))[0]


SHAPES = {
    "linear": lambda t: 1e-3 * np.minimum(t / 0.05, (1.0 - t) / 0.95),
    "cosine": lambda t: np.where(t < 0.05, t / 0.05, 0.1 + 0.45 * (1.0 + np.cos(np.pi * (t - 0.05) / 0.95))) * 1e-3,
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_known_decay_goes_on(name):
    plan = plan_of(run_with(SHAPES[name], 500), 1000.0, {}, [])
    assert plan is not None
    assert name in plan.source
    assert plan.x[-1] == 1000.0
    assert np.allclose(plan.rate, SHAPES[name](plan.x / 1000.0), atol=1e-5)


def test_a_learning_rate_that_has_not_moved_tells_nothing_of_its_future():
    assert plan_of(run_with(lambda t: np.full_like(t, 1e-3), 500), 1000.0, {}, []) is None
    assert plan_of(run_with(lambda t: 1e-3 * np.exp(-t), 500), 1000.0, {}, []) is None


def test_the_users_plan_and_that_of_another_run_go_on():
    steady = run_with(lambda t: np.full_like(t, 1e-3), 500)
    plan = plan_of(steady, 1000.0, planned({"800": 1e-3, "1e3": 0.0}), [])
    assert plan is not None
    assert plan.rate[-1] == 0.0
    other = run_with(lambda t: np.where(t < 0.8, 1e-3, 1e-3 * (1.0 - t) / 0.2), 1000)
    plan = plan_of(steady, 1000.0, {}, [other])
    assert plan is not None
    assert plan.varies
    assert plan.rate[-1] == 0.0


@pytest.mark.parametrize("plan", [{"soon": 0.1}, {"-3": 0.1}, {"10": -0.1}, {"nan": 0.1}])
def test_a_plan_that_makes_no_sense_is_refused(plan):
    with pytest.raises(BadQuery, match="POSITION=RATE"):
        planned(plan)


# --- rules, behaviour


@pytest.mark.parametrize(
    ("text", "of_two"), [("gain < 0.01", 0.01), ("gain<1e-3", 1e-3), ("GAIN < 5 %", 0.1), ("gain <= .5", 0.5), ("gain < 1", 1.0)]
)
def test_rules_are_read(text, of_two):
    assert threshold(text).of(2.0) == pytest.approx(of_two)


@pytest.mark.parametrize("text", ["", "gain > 1", "loss < 1", "gain < -1", "gain < x", "gain < 1; rm -rf"])
def test_other_rules_are_refused(text):
    with pytest.raises(ValueError, match="must be a rule"):
        threshold(text)


def test_behaviour():
    x = np.arange(1.0, 101.0)
    falls = power_law(x, 0.1, 0.8)
    assert behaviour(x, falls, 1e-4, 1.0) == []
    assert behaviour(x, np.full(100, 0.3), 0.0, 1.0) == ["flat"]
    assert behaviour(x, falls[::-1], 1e-4, 1.0)[0] == "not-monotone"
    assert behaviour(x, 0.5 - 0.4 / (1.0 + np.exp(-(x - 50.0) / 5.0)), 1e-4, 1.0) == ["not-convex"]
    spike = falls.copy()
    spike[60] = 0.9
    assert behaviour(x, spike, 1e-4, 1.0) == []


def test_a_curve_without_a_name_among_named_ones_is_one_curve():
    made = log({"a": (SIZES, power_law(SIZES)), "b": (SIZES, power_law(SIZES))})
    made.loc[made["curve"] == "b", "curve"] = None
    assert [curve.name for curve in curves_of(made, ERROR)] == ["", "a"]
    assert isinstance(made, pd.DataFrame)
