"""learning-curve answers or refuses, for whatever curve comes; its answers hold in the range of the metric."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fits.learning_curve.schema import BacktestOptions, Options, Query
from fits.learning_curve.solver import backtest, figures, fit, recommend
from fits.solver import BadQuery, DegenerateData, NotEnoughData
from tests.fits.learning_curve.made import SIZES, log, power_law, three

ANY = ("meta", "families", "trace")
X = np.arange(1.0, 61.0)


def asked(made, method="meta", count=1, options=None, **query):
    return recommend(fit(made, Options(method=method, **(options or {}))), Query(**query), count)


def falling(x):
    return power_law(x, 0.1, 0.8)


def noisy(level, n=60):
    return level + 0.01 * np.random.default_rng(0).standard_normal(n)


CURVES = {
    "flat": (X, noisy(0.3)),
    "constant": (X, np.full(60, 0.3)),
    "zero": (X, np.zeros(60)),
    "one": (X, np.ones(60)),
    "rising": (X, 0.2 + 0.5 * X / 60.0),
    "four points": ([10, 20, 40, 80], [0.5, 0.4, 0.35, 0.3]),
    "six points": ([10, 20, 40, 80, 160, 320], [0.5, 0.4, 0.35, 0.3, 0.29, 0.28]),
    "starts at zero": (X - 1.0, falling(X)),
    "step": (X, np.where(X < 30, 0.9, 0.1)),
    "spike": (X, np.where(X == 40, 0.99, falling(X))),
    "oscillates": (X, 0.5 + 0.4 * np.sin(X)),
    "huge x": (X * 1e12, falling(X)),
    "tiny x": (X * 1e-9, falling(X)),
    "repeats": (np.repeat(X, 3), np.tile(falling(X), 3).reshape(3, 60).T.ravel()),
}


@pytest.mark.parametrize("method", ANY)
@pytest.mark.parametrize("name", CURVES)
def test_strange_curves_are_answered_within_the_range_or_refused(name, method):
    x, y = CURVES[name]
    made = log({None: (x, y)})
    try:
        fitted = fit(made, Options(method=method, target=0.05))
    except (NotEnoughData, DegenerateData):
        return
    assert figures(fitted)
    (advice,) = recommend(fitted, Query(stop_if="gain < 0.01"))
    for row in advice.tables["forecast"]:
        values = [row[key] for key in ("low", "quarter", "median", "three_quarters", "high")]
        assert values == sorted(values)
        assert values[0] >= 0.0
        assert values[-1] <= 1.0
    for row in advice.tables.get("families", []):
        assert row["asymptote"] is None or 0.0 <= row["asymptote"] <= 1.0
    for row in advice.tables.get("trace", []):
        assert all(row[key] is None or row[key] <= 100.0 for key in ("asymptote", "anchored"))
    assert advice.expected or any(warning.code == "cannot-tell" for warning in advice.warnings)


@pytest.mark.parametrize("method", ANY)
def test_shuffled_rows_give_the_same_answer(method):
    x, y = CURVES["six points"] if method != "trace" else (X * 5000.0, power_law(X, 0.03, 0.2, 0.6, 1e-4))
    made = log({None: (x, y)})
    one, other = asked(made, method), asked(made.sample(frac=1.0, random_state=1), method)
    assert one == other


def test_three_points_are_too_few():
    with pytest.raises(NotEnoughData, match="4 observations"):
        fit(log({None: ([1, 2, 4], [0.5, 0.4, 0.3])}), Options())


def test_rows_without_a_score_are_counted():
    x, y = X.copy(), falling(X)
    y[[3, 30]] = np.nan
    fitted = fit(log({None: (x, y)}), Options(method="families"))
    assert fitted.warnings[0].message.startswith("2 rows dropped")
    assert fitted.curves[0].points == 58


def test_a_million_points_are_thinned():
    x = np.arange(1.0, 1e6 + 1.0)
    fitted = fit(log({None: (x, power_law(x, 2.0, 5.0, 0.2, 0.05))}, "loss"), Options())
    assert fitted.curves[0].points == 1_000_000
    assert len(fitted.curves[0].observed.x) <= 200
    score = recommend(fitted, Query(at=4e6))[0].expected["score"]
    assert score.low <= power_law(np.array([4e6]), 2.0, 5.0, 0.2)[0] <= score.high


@pytest.mark.parametrize("goal", ["min", "max"])
def test_error_and_accuracy_are_two_sides_of_one_curve(goal):
    y = power_law(SIZES, 0.1, noise=0.003)
    error = asked(log({None: (SIZES, y)}), at=16000.0, target=0.105)[0]
    other = asked(log({None: (SIZES, 1.0 - y)}, "accuracy"), at=16000.0, target=0.895)[0]
    assert other.expected["score"].mean == pytest.approx(1.0 - error.expected["score"].mean, abs=1e-6)
    assert other.expected["score"].low == pytest.approx(1.0 - error.expected["score"].high, abs=1e-6)
    assert other.needs is not None
    assert error.needs is not None
    assert other.needs.chance == pytest.approx(error.needs.chance, abs=1e-4)
    assert goal


def test_a_loss_without_an_upper_bound_is_answered_in_its_own_unit():
    y = power_law(SIZES, 0.3, 5.0, 0.4, 0.01)
    small, large = (asked(log({None: (SIZES, y * factor)}, "loss"), at=16000.0)[0] for factor in (1.0, 1000.0))
    assert large.expected["score"].mean == pytest.approx(1000.0 * small.expected["score"].mean, rel=1e-4)


def test_a_reward_without_bounds_is_answered():
    (advice,) = asked(log({None: (X, 100.0 - 200.0 * X**-0.5)}, "reward"), at=120.0)
    assert 70.0 < advice.expected["score"].mean < 100.0


def test_the_ranking_knows_who_will_overtake():
    first = SIZES[SIZES <= 200]
    made = log({"fast": (first, power_law(first, 0.2, 1.5, 0.9)), "slow": (first, power_law(first, 0.05, 1.0, 0.33))})
    (advice,) = asked(made, "families", options={"horizon": 2500.0})
    assert power_law(np.array([200.0]), 0.2, 1.5, 0.9) < power_law(np.array([200.0]), 0.05, 1.0, 0.33)
    assert advice.config["curve"] == "slow"


def test_runs_that_will_hardly_end_best_may_stop_and_that_saves():
    made = three()
    made = made[(made["curve"] == "good") | (made["x"] <= 1000)]
    made.attrs["columns"] = {"x": "examples", "score": "error"}
    good, *others = asked(made, count=3)
    assert good.config == {"curve": "good", "x": 4000.0}
    assert good.stopping is None
    assert [one.stopping.action for one in others if one.stopping] == ["stop", "stop"]
    assert "stopping 2 of 2 unfinished curves now saves 100%" in good.why


def test_what_was_seen_is_told_and_what_lies_too_far_is_not():
    fitted = fit(log({None: (SIZES, power_law(SIZES))}), Options())
    seen = recommend(fitted, Query(at=100.0))[0]
    assert seen.expected["score"].mean == pytest.approx(power_law(np.array([100.0]))[0], abs=0.01)
    far = recommend(fitted, Query(at=1e9))[0]
    assert not far.expected
    assert far.warnings[0].code == "cannot-tell"
    before = recommend(fitted, Query(at=1.0))[0]
    assert "begins at 16" in before.why


def test_the_horizon_comes_from_option_log_or_the_longest_curve():
    alone = log({None: (SIZES, power_law(SIZES))})
    assert fit(alone, Options()).curves[0].horizon == 8000.0
    assert fit(alone.assign(horizon=5000.0), Options()).curves[0].horizon == 5000.0
    assert fit(alone.assign(horizon=5000.0), Options(horizon=6000.0)).curves[0].horizon == 6000.0
    two = log({"a": (SIZES, power_law(SIZES)), "b": (SIZES[:20], power_law(SIZES[:20]))})
    assert {curve.horizon for curve in fit(two, Options()).curves} == {4000.0}


def test_trace_reports_its_levels():
    x = np.arange(1, 61) * 5000.0
    fitted = fit(log({None: (x, 1.0 - power_law(x / 5000.0, 0.03, 0.2, 0.6, 1e-4))}, "accuracy"), Options(method="trace"))
    report = fitted.curves[0].trace
    assert report is not None
    assert report.prediction is not None
    assert {row.mark for row in report.levels} >= {"convergence"} or report.convergence is None
    assert [figure.name for figure in figures(fitted)] == ["curves", "trace"]


def test_trace_without_a_bounded_metric_says_what_it_needs():
    with pytest.raises(DegenerateData, match="set low and high"):
        fit(log({None: (SIZES, power_law(SIZES))}, "loss"), Options(method="trace"))


def test_lr_aware_without_a_plan_says_what_it_needs():
    with pytest.raises(DegenerateData, match="learning rate"):
        fit(log({None: (SIZES, power_law(SIZES))}, "loss"), Options(method="lr-aware"))


def test_a_falling_learning_rate_is_followed_where_families_cannot():
    """The loss drops with the learning rate. A finished smaller run shows by how much."""
    x = np.arange(20.0, 2001.0, 20.0)
    rate = np.where(x <= 1000.0, 1e-3, 1e-3 * (2000.0 - x) / 1000.0)
    area = np.cumsum(rate) * 20.0 / 1e-3
    small, large = (limit + 8.0 * area**-0.4 - 0.2 * (1e-3 - rate) / 1e-3 for limit in (2.5, 2.0))
    both = log({"small": (x, small), "large": (x, large)}, "loss", horizon=2000.0)
    both["learning_rate"] = np.tile(rate, 2)
    made = both[(both["curve"] == "small") | (both["x"] <= 1000.0)]
    aware = recommend(fit(made, Options()), Query(curve="large"))[0]
    blind = recommend(fit(made, Options(method="families")), Query(curve="large"))[0]
    assert "lr-aware" in aware.why
    assert abs(aware.expected["score"].mean - large[-1]) < 0.5 * abs(blind.expected["score"].mean - large[-1])


def test_an_unknown_curve_is_refused():
    with pytest.raises(BadQuery, match="good"):
        asked(three(), curve="best")


def test_backtest_of_unfinished_curves_is_refused():
    with pytest.raises(NotEnoughData):
        backtest(log({None: (SIZES, power_law(SIZES))}, horizon=1e6), BacktestOptions())


def test_backtest_scores_forecasts_against_the_ends():
    found = backtest(three(), BacktestOptions(methods=["families"]))
    mean = {row.method: row.mean for row in found.summary}
    assert mean["families"] < 0.5 * mean["last value"]
    assert len(found.folds) == 9
    assert [row["seen"] for row in found.tables["error"]] == ["10%", "20%", "50%"]
    assert all(0.0 <= float(row["x_saved"]) <= 1.0 for row in found.tables["stopping"])


def test_intervals_hold_the_end_about_as_often_as_they_say():
    """Sixty made-up power laws of which the first fifth is seen."""
    rng = np.random.default_rng(5)
    curves, truths = {}, {}
    first = SIZES[SIZES <= 800]
    for i in range(60):
        limit, scale, exponent = rng.uniform(0.02, 0.3), rng.uniform(0.5, 2.0), rng.uniform(0.3, 0.8)
        curves[f"{i:02}"] = (first, np.clip(power_law(first, limit, scale, exponent, 0.004, i), 0.0, 1.0))
        truths[f"{i:02}"] = power_law(np.array([4000.0]), limit, scale, exponent)[0]
    advice = recommend(fit(log(curves), Options()), Query(at=4000.0), 60)
    held = [item.expected["score"].low <= truths[str(item.config["curve"])] <= item.expected["score"].high for item in advice]
    assert 0.75 <= np.mean(held) <= 1.0
    assert math.isfinite(advice[0].expected["score"].mean)


def test_curves_of_one_length_are_asked_at_twice_their_end():
    two = log({"a": (SIZES, power_law(SIZES)), "b": (SIZES, power_law(SIZES, 0.2))})
    assert {curve.horizon for curve in fit(two, Options()).curves} == {8000.0}


def test_several_curves_that_are_not_told_apart_are_warned_of():
    together = log({None: (np.tile(SIZES, 2), np.concatenate([power_law(SIZES), power_law(SIZES, 0.3)]))})
    assert fit(together, Options()).warnings[0].code == "repeated"
    assert not fit(log({None: (SIZES, power_law(SIZES))}), Options()).warnings


def test_a_loss_whose_learning_rate_ahead_is_unknown_is_warned_of():
    x = np.arange(100.0, 5001.0, 100.0)
    made = log({None: (x, power_law(x, 2.5, 20.0))}, "loss", learning_rate=1e-3, horizon=10000.0)
    assert [warning.code for warning in fit(made, Options()).warnings] == ["no-plan"]
    planned = fit(made, Options(plan={"8000": 1e-3, "10000": 0.0}))
    assert not planned.warnings
    assert planned.curves[0].method == "lr-aware"


def test_a_coarse_plan_is_a_straight_line():
    x = np.arange(100.0, 5001.0, 100.0)
    made = log({None: (x, power_law(x, 2.5, 20.0, 0.4))}, "loss", learning_rate=1e-3, horizon=10000.0)
    coarse = recommend(fit(made, Options(plan={"6000": 1e-3, "10000": 0.0})), Query())[0]
    fine = {str(at): 1e-3 * min(1.0, (10000.0 - at) / 4000.0) for at in np.linspace(6000.0, 10000.0, 41).tolist()}
    same = recommend(fit(made, Options(plan=fine)), Query())[0]
    assert coarse.expected["score"].mean == pytest.approx(same.expected["score"].mean, abs=2e-3)


def test_a_plan_is_trusted_where_it_promises_more():
    """Half of the cosine is seen of a run that follows a power law: the narrower interval is chosen, whichever it is."""
    x = np.arange(100.0, 5001.0, 100.0)
    rate = 3e-4 * 0.5 * (1.0 + np.cos(np.pi * x / 10000.0))
    made = log({None: (x, power_law(x, 2.5, 20.0, 0.5, 0.003))}, "loss", learning_rate=rate, horizon=10000.0)
    fitted = fit(made, Options())
    assert not fitted.warnings
    chosen = recommend(fitted, Query())[0].expected["score"]
    both = [recommend(fit(made, Options(method=m)), Query())[0].expected["score"] for m in ("meta", "lr-aware")]
    assert chosen.high - chosen.low == pytest.approx(min(one.high - one.low for one in both))


def test_a_trace_without_a_limit_below_100_per_cent_is_not_drawn():
    made = log({None: (range(1, 8), [0.3, 0.4, 0.5, 0.55, 0.58, 0.6, 0.61])}, "accuracy")
    fitted = fit(made, Options(method="trace"))
    assert all(level.asymptote is None for level in fitted.curves[0].trace.levels)
    assert [figure.name for figure in figures(fitted)] == ["curves"]
