"""Inverse-gap weighting: a distribution, uniform at rate zero, and greedy in the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.bandits.inverse_gap import inverse_gap


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0.0, 1e9))
def test_it_is_a_distribution_that_favours_the_best(predictions: list[float], rate: float) -> None:
    p, count = inverse_gap(predictions, rate), len(predictions)
    assert sum(p) == pytest.approx(1.0, abs=1e-12)
    assert min(p) >= 0
    best = predictions.index(min(predictions))
    assert p[best] >= 1 / count - 1e-12
    assert all(share <= 1 / count + 1e-12 for i, share in enumerate(p) if i != best)


def test_the_others_get_one_over_k_plus_rate_times_gap() -> None:
    assert inverse_gap([3.0, 1.0, 2.0], 4.0) == pytest.approx([1 / 11, 1 - 1 / 11 - 1 / 7, 1 / 7])


def test_rate_zero_is_uniform_and_a_large_rate_is_greedy() -> None:
    assert inverse_gap([3.0, 1.0, 2.0, 9.0], 0.0) == pytest.approx([0.25] * 4)
    assert inverse_gap([3.0, 1.0, 2.0, 9.0], 1e12)[1] == pytest.approx(1.0)
