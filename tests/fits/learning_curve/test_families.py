"""The families of learning curves: what each can express it finds again, in every unit, and degenerate curves do no harm."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fits.learning_curve.families import FAMILIES, fit_all, fit_family, fit_many, recency_weights, thinned
from fits.learning_curve.families.family import axis_at

X = np.round(16 * 2 ** (np.arange(48) / 6))
RNG = np.random.default_rng(7)
NOISY = 0.1 + 1.2 * X**-0.4 + RNG.normal(0, 0.01, len(X))

# A curve of each family in falling form, by its formula in the docstring, and its parameters.
FORMULAS = {
    "pow2": (lambda x, a, b: a * x**-b, {"a": 0.9, "b": 0.3}),
    "pow3": (lambda x, a, b, c: a + b * x**-c, {"a": 0.1, "b": 1.2, "c": 0.5}),
    "pow4": (lambda x, a, b, c, d: a + b * (x + d) ** -c, {"a": 0.1, "b": 2.0, "c": 0.5, "d": 60.0}),
    "log2": (lambda x, a, c: c - a * np.log(x), {"a": 0.04, "c": 0.7}),
    "exp3": (lambda x, a, b, c: a * np.exp(-b * x) + c, {"a": 0.5, "b": 0.002, "c": 0.2}),
    "expp3": (
        lambda x, a, b, c, d, s: c + d * np.expm1(((x - b) / s) ** a),
        {"a": -0.4, "b": -30.0, "c": 0.1, "d": 0.3, "s": 46.0},
    ),
    "expd3": (lambda x, a, b, c: c - (c - a) * np.exp(-b * x), {"a": 0.7, "b": 0.002, "c": 0.2}),
    "exp4": (lambda x, a, b, c, d: c + np.exp(b - a * x**d), {"a": 0.05, "b": -0.5, "c": 0.1, "d": 0.5}),
    "ilog2": (lambda x, a, b, x_0: b + a / np.log(x / x_0), {"a": 0.6, "b": 0.05, "x_0": 4.0}),
    "vap3": (lambda x, a, b, c: np.exp(a + b / x + c * np.log(x)), {"a": -0.2, "b": 3.0, "c": -0.2}),
    "logpower3": (lambda x, a, b, c: a / (1 + (x / np.exp(b)) ** c), {"a": 0.8, "b": 5.0, "c": 0.7}),
    "mmf4": (lambda x, a, b, c, d: (a * b + c * x**d) / (b + x**d), {"a": 0.8, "b": 50.0, "c": 0.1, "d": 0.8}),
    "wbl4": (lambda x, a, b, c, d: c + b * np.exp(-a * x**d), {"a": 0.05, "b": 0.6, "c": 0.1, "d": 0.5}),
    "bnsl": (
        lambda x, a, b, c0, c1, d1, f1: a + b * x**-c0 * (1 + (x / d1) ** (1 / f1)) ** (-c1 * f1),
        {"a": 0.05, "b": 0.9, "c0": 0.1, "c1": 0.5, "d1": 300.0, "f1": 0.3},
    ),
    "last1": (lambda x, a: a + 0 * x, {"a": 0.3}),
}


def test_every_family_has_its_formula_here() -> None:
    assert list(FORMULAS) == list(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_noiseless_curve_is_continued(name: str) -> None:
    formula, params = FORMULAS[name]
    ahead = X[-1] * np.array([1.0, 2.0, 4.0])
    fit = fit_family(name, X, formula(X, **params), None, 0.0, 1.0)
    np.testing.assert_allclose(fit.predict(ahead), formula(ahead, **params), rtol=0.01)


@pytest.mark.parametrize("name", FAMILIES)
def test_parameters_are_those_of_the_formula_in_the_users_units(name: str) -> None:
    formula, _ = FORMULAS[name]
    fit = fit_family(name, X, NOISY, None, 0.0, 1.0)
    np.testing.assert_allclose(formula(X, **fit.params), fit.predict(X), rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "bnsl"])  # many broken lines are nearly one curve
@settings(max_examples=15, deadline=None)
@given(share=st.lists(st.floats(0.15, 0.85), min_size=4, max_size=4), c=st.floats(0.02, 0.3))
def test_random_curves_of_a_family_are_continued(name: str, share: list[float], c: float) -> None:
    family = FAMILIES[name]
    grid = family.grid(X[0] / X[-1])
    low, high = grid.min(axis=0), grid.max(axis=0)
    theta = low + (high - low) * np.array(share[: grid.shape[1]])
    F = family.basis(theta[None], axis_at(np.append(X, 4 * X[-1]) / X[-1], X[0] / X[-1]))[0]
    if name == "log2":
        F = F + 4.0  # stays above the range's end at four times the last x
    curve = (0.0 if family.level == "low" else c) + 0.5 * F / max(F.max(), 1e-300)
    fit = fit_family(name, X, curve[:-1], None, 0.0, 1.0)
    if np.ptp(curve[-8:-1]) > 1e-6:
        assert fit.predict(4 * X[-1])[0] == pytest.approx(curve[-1], rel=0.01, abs=2e-3)


@settings(max_examples=25, deadline=None)
@given(x_unit=st.floats(-9, 12), y_unit=st.floats(-12, 12), seed=st.integers(0, 50))
def test_units_do_not_matter(x_unit: float, y_unit: float, seed: int) -> None:
    y = NOISY + np.random.default_rng(seed).normal(0, 0.01, len(X))
    a, b = 10.0**x_unit, 10.0**y_unit
    here, there = fit_all(X, y, None, 0.0, 1.0), fit_all(a * X, b * y, None, 0.0, b)
    for name in FAMILIES:
        np.testing.assert_allclose(there[name].predict(3 * a * X[-1]), b * here[name].predict(3 * X[-1]), rtol=2e-3, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(
    y=st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=12),
    unit=st.sampled_from([1e-9, 1.0, 1e9]),
    zero=st.booleans(),
    bounds=st.sampled_from([(0.0, 1.0), (0.0, np.inf), (-np.inf, np.inf), (-np.inf, 1.0)]),
)
def test_whatever_comes_predictions_are_finite_and_in_range(
    y: list[float], unit: float, zero: bool, bounds: tuple[float, float]
) -> None:
    x = unit * (np.arange(len(y)) + (0.0 if zero else 1.0))
    for name, fit in fit_all(x, y, None, *bounds).items():
        p = fit.predict([0.0, unit, 1e3 * unit, 1e15 * unit, 1e300])
        assert np.isfinite(p).all(), name
        assert ((p >= bounds[0]) & (p <= bounds[1])).all(), name
        assert np.isfinite([fit.sse, fit.rms, *fit.params.values()]).all(), name


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_a_constant_curve_stays_constant(scale: float) -> None:
    for name, fit in fit_all(X, np.full(len(X), 0.4 * scale)).items():
        if FAMILIES[name].level != "low":
            np.testing.assert_allclose(fit.predict(10 * X[-1]), 0.4 * scale, rtol=1e-6, err_msg=name)


def test_a_rising_curve_is_not_made_to_fall() -> None:
    rising = np.linspace(0.2, 0.5, len(X))
    for name in ("pow3", "pow4", "exp3", "mmf4", "bnsl", "log2"):
        fit = fit_family(name, X, rising, None, 0.0, 1.0)
        assert np.ptp(fit.predict([X[0], X[-1], 9 * X[-1]])) < 1e-9


def test_curves_fall_and_end_at_their_asymptote() -> None:
    for name, fit in fit_all(X, NOISY, None, 0.0, 1.0).items():
        ahead = fit.predict(np.geomspace(X[-1], 1e6 * X[-1], 50))
        assert (np.diff(ahead) <= 1e-12).all(), name
        if fit.asymptote is not None:
            assert 0.0 <= fit.asymptote <= ahead[-1] + 1e-12


def test_the_asymptote_stays_within_the_range_of_the_metric() -> None:
    straight = 0.9 - 0.02 * np.arange(len(X)) * 0.8
    for name, fit in fit_all(X, straight, None, 0.0, 1.0).items():
        assert fit.asymptote is None or fit.asymptote >= 0.0, name


def test_a_score_without_a_least_value_can_be_negative() -> None:
    y = -5.0 + 3.0 * X**-0.5
    for name in ("pow2", "pow3", "vap3", "logpower3", "bnsl"):
        fit = fit_family(name, X, y, None, -np.inf, np.inf)
        assert fit.predict(X[-1])[0] == pytest.approx(y[-1], abs=0.15)


def test_a_batch_is_its_curves_one_by_one() -> None:
    ys = NOISY + np.random.default_rng(0).normal(0, 0.01, (300, len(X)))
    many = fit_many(X, ys, None, 0.0, 1.0)
    for row in (0, 17, 299):
        for name, fit in fit_all(X, ys[row], None, 0.0, 1.0).items():
            np.testing.assert_allclose(many[name].predict(2 * X[-1])[row], fit.predict(2 * X[-1])[0], rtol=1e-6, err_msg=name)
            assert many[name][row].rms == pytest.approx(fit.rms, rel=1e-6)


def test_a_weight_of_zero_leaves_a_point_out() -> None:
    k = 30
    weights = np.where(np.arange(len(X)) < k, recency_weights(X), 0.0)
    spoilt = np.where(np.arange(len(X)) < k, NOISY, 1e6)
    for name in FAMILIES:
        here = fit_family(name, X, NOISY, weights, 0.0, 1.0).predict(X[-1])
        np.testing.assert_array_equal(fit_family(name, X, spoilt, weights, 0.0, 1.0).predict(X[-1]), here, err_msg=name)
        if name != "bnsl":  # its optima are flat: the other grid of the shorter curve may end in another
            alone = fit_family(name, X[:k], NOISY[:k], None, 0.0, 1.0).predict(X[-1])
            np.testing.assert_allclose(here, alone, atol=5e-3, err_msg=name)


def test_the_same_input_gives_the_same_bytes() -> None:
    first, again = (fit_all(X, NOISY, None, 0.0, 1.0) for _ in range(2))
    assert [f.params for f in first.values()] == [f.params for f in again.values()]


def test_noise_makes_an_observation_count_less() -> None:
    se = np.where(np.arange(len(X)) % 2 == 0, 0.01, 0.03)
    w = recency_weights(X, se) / recency_weights(X)
    assert (w[::2] > 2 * w[1::2]).all()
    np.testing.assert_array_equal(recency_weights(X, np.zeros(len(X))), recency_weights(X))


def test_a_long_curve_is_thinned_to_block_means() -> None:
    x = np.arange(1_000_000.0)
    y = 2.0 + 30.0 / np.sqrt(x + 10)
    tx, ty, counts = thinned(x, y)
    assert len(tx) <= 200
    assert counts.sum() == len(x)
    assert (np.diff(tx) > 0).all()
    fit, truth = fit_family("pow4", tx, ty), 2.0 + 30.0 / np.sqrt(4e6 + 10)
    assert fit.predict(4e6)[0] == pytest.approx(truth, rel=0.01)
    short = thinned(x[:50], y[:50])
    np.testing.assert_array_equal(short[1], y[:50])


def test_importing_the_families_is_cheap() -> None:
    code = (
        "import sys, fits.learning_curve.families; print([m for m in ('pandas', 'sklearn', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
