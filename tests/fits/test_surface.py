"""The loss surface: its analytic Jacobian against differences, and its bottom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from fits.step_law.surface import PRIOR_MEAN, SIZE, excess, jacobian, optimum


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_jacobian_equals_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta = PRIOR_MEAN + 0.05 * rng.standard_normal(SIZE)
    n, d, u, v = rng.uniform(-1, 1, 4)
    log_lr, log_batch = u - 6.0, v + 13.0
    exact = jacobian(theta, *(np.array([x]) for x in (n, d, log_lr, log_batch)))[0]
    numeric = approx_fprime(theta, lambda t: float(excess(t, n, d, log_lr, log_batch)), 1e-7)
    assert exact == pytest.approx(numeric, rel=1e-3, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_the_bowl_is_zero_at_the_optimum_and_positive_elsewhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta = PRIOR_MEAN + 0.2 * rng.standard_normal(SIZE)
    n, d = rng.uniform(-2, 2, 2)
    lr, batch = optimum(theta, n, d)
    assert excess(theta, n, d, lr, batch) == 0.0
    assert (excess(theta, n, d, lr + rng.normal(size=100), batch + rng.normal(size=100)) > 0).all()
