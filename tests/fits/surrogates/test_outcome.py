"""Outcomes on a standard scale: increasing, invertible, normal where that can be had."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fits.surrogates.outcome import Outcome

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30).map(np.array)


@given(values, st.booleans(), st.booleans())
def test_better_outcomes_have_larger_values(y, maximize, warp):
    scale = Outcome.of(y, maximize=maximize, warp=warp)
    z = scale.forward(np.sort(y) if maximize else np.sort(y)[::-1])
    assert (np.diff(z) >= -1e-9).all()


@given(values, st.booleans(), st.booleans())
def test_back_is_the_inverse(y, maximize, warp):
    scale = Outcome.of(y, maximize=maximize, warp=warp)
    assume(np.ptp(y) > 1e-6)
    assert scale.back(scale.forward(y)) == pytest.approx(y, rel=1e-4, abs=1e-4 * np.abs(y).max())


@given(values, st.booleans())
def test_mean_and_variance_are_standard(y, maximize):
    assume(np.ptp(y) > 1e-6)
    z = Outcome.of(y, maximize=maximize).forward(y)
    assert z.mean() == pytest.approx(0.0, abs=1e-6)
    assert z.std() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("maximize", [True, False])
def test_the_slope_is_the_derivative(maximize):
    y = np.random.default_rng(0).gamma(1.0, size=40)
    scale = Outcome.of(y, maximize=maximize)
    step = 1e-6
    difference = np.abs(scale.forward(y + step) - scale.forward(y - step)) / (2 * step)
    assert scale.slope(y) == pytest.approx(difference, rel=1e-5)


def test_skew_is_taken_out():
    y = np.exp(np.random.default_rng(0).normal(size=300))
    z = Outcome.of(y, maximize=True).forward(y)
    skew = (z**3).mean()
    assert abs(skew) < 0.35 < (((y - y.mean()) / y.std()) ** 3).mean()


def test_a_few_rows_do_not_bend_the_scale():
    assert abs(Outcome.of(np.array([0.0, 1.0, 5.0]), maximize=True).power - 1.0) < 0.5


def test_equal_outcomes_become_zero():
    scale = Outcome.of(np.full(5, 3.0), maximize=False)
    assert (scale.forward(np.full(5, 3.0)) == 0.0).all()
    assert scale.back(np.zeros(1))[0] == pytest.approx(3.0)


def test_an_outlier_leaves_the_others_apart():
    z = Outcome.of(np.array([*np.arange(20.0), 1e30]), maximize=False).forward(np.arange(20.0))
    assert np.ptp(z) > 1.0
