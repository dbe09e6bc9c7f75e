"""The mixture of families: weights from a back-test, `last1` always among them, a spread that grows with the horizon."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fits.learning_curve.families import combine
from fits.learning_curve.families.combine import noise_level

X = np.round(16 * 2 ** (np.arange(48) / 6))
CURVE = 0.1 + 1.2 * X**-0.4
LCDB = Path(__file__).parents[4] / "shared" / "data" / "learning-curve" / "lcdb11_error_dev.csv.gz"


def noisy(seed: int, sigma: float = 0.01) -> np.ndarray:
    return CURVE + np.random.default_rng(seed).normal(0, sigma, len(X))


def test_a_smooth_curve_is_continued() -> None:
    ahead = X[-1] * np.array([2.0, 4.0])
    np.testing.assert_allclose(combine(X, CURVE, 0, 1).predict(ahead)[0], 0.1 + 1.2 * ahead**-0.4, rtol=0.02)


def test_weights_sum_to_one_and_last_is_always_a_candidate() -> None:
    mixture = combine(X, noisy(0), 0, 1, names=["pow3"])
    assert list(mixture.fits) == ["pow3", "last1"]
    assert mixture.weights.sum(axis=0) == pytest.approx(1.0)
    assert mixture.weights[0, 0] > 0.6


def test_last_wins_where_nothing_can_be_foretold() -> None:
    steps = np.cumsum(np.random.default_rng(1).normal(0, 0.02, (40, len(X))), axis=1) + 0.5
    mixture = combine(X, np.clip(steps, 0, 1), 0, 1)
    assert mixture.weights[-1].mean() > 1.5 / len(mixture.fits)


def test_quantiles_are_ordered_widen_with_the_horizon_and_stay_in_range() -> None:
    q = combine(X, noisy(2), 0, 1).quantiles(X[-1] * np.array([1.0, 2.0, 8.0, 100.0]), [0.001, 0.05, 0.5, 0.95, 0.999])[0]
    assert (np.diff(q, axis=1) >= 0).all()
    assert (np.diff(q[:, 3] - q[:, 1]) > 0).all()
    assert ((q >= 0) & (q <= 1)).all()


def test_the_noise_level_is_that_of_the_observations() -> None:
    assert noise_level(np.stack([noisy(s) for s in range(50)])).mean() == pytest.approx(0.01, rel=0.1)


@settings(max_examples=40, deadline=None)
@given(y=st.lists(st.floats(0, 1), min_size=1, max_size=14), zero=st.booleans(), high=st.sampled_from([1.0, np.inf]))
def test_whatever_comes_the_forecast_is_finite_and_in_range(y: list[float], zero: bool, high: float) -> None:
    x = np.arange(len(y)) + (0.0 if zero else 1.0)
    mixture = combine(x, y, 0, high)
    answer = mixture.quantiles([0.0, 5.0, 1e6, 1e300], [0.05, 0.5, 0.95])
    assert np.isfinite(answer).all()
    assert np.isfinite(mixture.scale([5.0, 1e6])).all()
    assert ((answer >= 0) & (answer <= high)).all()


@settings(max_examples=20, deadline=None)
@given(x_unit=st.floats(-9, 12), y_unit=st.floats(-12, 12), seed=st.integers(0, 50))
def test_units_do_not_matter(x_unit: float, y_unit: float, seed: int) -> None:
    a, b = 10.0**x_unit, 10.0**y_unit
    here, there = combine(X, noisy(seed), 0, 1), combine(a * X, b * noisy(seed), 0, b)
    levels = [0.05, 0.5, 0.95]
    np.testing.assert_allclose(there.quantiles(4 * a * X[-1], levels), b * here.quantiles(4 * X[-1], levels), rtol=5e-3)


def test_a_batch_is_its_curves_one_by_one() -> None:
    ys = np.stack([noisy(s) for s in range(5)])
    together = combine(X, ys, 0, 1).quantiles(2 * X[-1], [0.1, 0.9])
    np.testing.assert_allclose(together[3], combine(X, ys[3], 0, 1).quantiles(2 * X[-1], [0.1, 0.9])[0], rtol=1e-6)


@pytest.mark.skipif(not LCDB.exists(), reason="needs shared/data/learning-curve")
def test_on_real_curves_it_beats_the_last_value_and_its_intervals_hold() -> None:
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with gzip.open(LCDB, "rt") as file:
        next(file)
        for line in file:
            data, learner, anchor, value, *_ = line.split(",")
            if int(data) % 10 == 6:
                curves.setdefault((data, learner), []).append((float(anchor), float(value)))
    mine, last, held = [], [], []
    for rows in curves.values():
        x, y = np.array(sorted(rows)).T
        k = int((x <= 0.2 * x[-1]).sum())
        if x[-1] < 2_000 or k < 8:
            continue
        truth, mixture = y[-5:].mean(), combine(x[:k], y[:k], 0, 1)
        mine.append(abs(mixture.predict(x[-3])[0, 0] - truth))
        last.append(abs(y[k - 1] - truth))
        low, high = mixture.quantiles(x[-3], [0.05, 0.95])[0, 0]
        held.append(low - 1e-4 <= truth <= high + 1e-4)
    assert len(mine) > 100
    assert np.mean(mine) < 0.75 * np.mean(last)
    assert np.median(mine) < 0.5 * np.median(last)
    assert 0.84 < np.mean(held) < 0.96
