"""The trace method: its levels on curves where the answer is known, and its forecasts on two taggers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fits.learning_curve.trace import Trend, decision_rate, trace
from fits.learning_curve.trace.trend import fit_trend, layer

X = 5_000.0 * np.arange(1, 41)
IDEAL = 96.0 - 12.0 * (X / X[0]) ** -0.5
POS = Path(__file__).parents[4] / "shared" / "data" / "learning-curve" / "pos_ewt_curves.csv"


def test_a_power_law_is_found_at_every_level() -> None:
    found = trace(X, IDEAL)
    assert [row.level for row in found.levels] == list(range(3, 41))
    assert [row.asymptote for row in found.levels] == pytest.approx([96.0] * 38, abs=0.05)
    assert (found.working, found.prediction) == (3, 3)
    assert found.trend is not None
    assert found.trend.at(1e6) == pytest.approx(96.0 - 12.0 * (1e6 / X[0]) ** -0.5, abs=0.01)


def test_the_trail_marks_each_level_once() -> None:
    found = trace(X, IDEAL + np.random.default_rng(0).normal(0, 0.05, len(X)), tau=5.0)
    for mark in ("working", "prediction", "convergence"):
        assert [row.level for row in found.levels if getattr(row, mark)] == [getattr(found, mark)]
    assert found.working is not None
    assert found.convergence is not None
    row = found.levels[found.convergence - 3]
    assert row.layer is not None
    assert row.layer <= 5.0
    assert found.x_of(found.convergence) == row.x


def test_no_anchored_asymptote_is_above_100_per_cent() -> None:
    climbing = 60.0 + 9.0 * np.log(X / X[0])
    found = trace(X, np.minimum(climbing, 99.5), nu=0.5)
    assert all(row.anchored <= 100.0 for row in found.levels if row.anchored is not None)
    assert found.trend is None or found.trend.c <= 100.0


def test_without_a_prediction_level_there_is_no_forecast() -> None:
    found = trace(X[:12], 50.0 + 10.0 * np.log(X[:12] / X[0]))
    assert (found.prediction, found.trend, found.convergence) == (None, None, None)


def test_the_anchor_holds_the_asymptote_back() -> None:
    free = fit_trend(X, IDEAL, Trend(10.0, 0.4, 95.0, X[0]))
    held = fit_trend(X, IDEAL, free, anchor=90.0)
    assert free.c == pytest.approx(96.0, abs=1e-3)
    assert 90.0 < held.c < 96.0


def test_the_layer_is_taken_at_the_last_crossing_or_at_the_largest_gap() -> None:
    here, before = Trend(10.0, 0.5, 95.0, 1.0), Trend(12.0, 0.4, 96.0, 1.0)
    crossing = max(u for u in np.linspace(0, 50, 500_001) if abs(here.at(np.exp(u)) - before.at(np.exp(u))) < 1e-4)
    assert layer(here, before, 10.0) == pytest.approx(95.0 - here.at(np.exp(crossing)), abs=0.01)
    below = Trend(10.0, 0.5, 94.0, 1.0)
    assert layer(here, below, 10.0) == pytest.approx(1.0)


def test_rising_asymptotes_are_reported_as_a_failed_hypothesis() -> None:
    later = np.where(np.arange(40) < 15, IDEAL, IDEAL + 0.003 * np.maximum(np.arange(40) - 15, 0) ** 1.5)
    found = trace(X, later)
    assert found.robustness is not None
    assert found.robustness < 0.5
    assert found.hypothesis_failed


def test_units_of_x_do_not_matter() -> None:
    y = IDEAL + np.random.default_rng(3).normal(0, 0.05, len(X))
    here, there = trace(X, y), trace(1e-3 * X, y)
    assert (here.working, here.prediction, here.convergence) == (there.working, there.prediction, there.convergence)
    assert here.trend is not None
    assert there.trend is not None
    assert here.trend.c == pytest.approx(there.trend.c, abs=1e-3)


def test_the_decision_rate_counts_pairs() -> None:
    assert decision_rate([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == pytest.approx(2 / 3)
    assert decision_rate([1.0, 2.0], [5.0, 5.0]) is None


@pytest.mark.skipif(not POS.exists(), reason="needs shared/data/learning-curve")
@pytest.mark.parametrize("tagger", ["unigram-suffix", "bigram-backoff"])
def test_two_taggers_are_foretold_from_30_per_cent_of_the_corpus(tagger: str) -> None:
    with POS.open() as file:
        rows = [(float(r["tokens"]), 100 * float(r["accuracy"])) for r in csv.DictReader(file) if r["tagger"] == tagger]
    x, y = np.array(rows).T
    k = int((x <= 0.3 * x[-1]).sum())
    found = trace(x[:k], y[:k])
    assert found.trend is not None
    assert found.trend.c <= 100.0
    assert np.mean(np.abs(found.trend.at(x[k:]) - y[k:]) / y[k:]) < 0.005
    assert np.mean(np.abs(y[k - 1] - y[k:]) / y[k:]) > 0.01  # the last value
