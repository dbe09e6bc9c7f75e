"""Decisions from quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fits.learning_curve.quantiles import LEVELS, SURE, at_levels, chance_below, chance_less, chances_of_best, reach, standing

values = st.integers(-4, 4).map(lambda k: k / 4) | st.floats(-2, 2, allow_subnormal=False)
quantiles = arrays(np.float64, 5, elements=values).map(np.sort)
spread = arrays(np.float64, 5, elements=st.floats(1e-3, 1)).map(np.cumsum)


def drawn(q: np.ndarray, draws: int = 200_000) -> np.ndarray:
    """Draws of each value in q (S, 5): (S, draws)."""
    return np.stack([at_levels(one, rng.random(draws)) for one, rng in zip(q, np.random.default_rng(0).spawn(len(q)), strict=True)])


@given(spread)
def test_the_chance_at_a_quantile_is_its_level(q):
    assert chance_below(q, 0.0) >= SURE
    assert chance_below(np.broadcast_to(q, (5, 5)), q) == pytest.approx(LEVELS)


@given(spread, st.floats(SURE, 1 - SURE))
def test_levels_and_chances_are_inverse(q, level):
    assert chance_below(q, at_levels(q, [level])[0]) == pytest.approx(level, abs=1e-9)


@given(quantiles, st.lists(values, min_size=2, max_size=5))
def test_chances_ascend_with_the_value(q, asked):
    chances = chance_below(q[None], np.sort(asked))
    assert (np.diff(chances) >= -1e-12).all()
    assert chances.min() >= SURE
    assert chances.max() <= 1 - SURE


def test_a_point_mass_counts_half_where_the_value_equals_it():
    assert chance_below([0.3] * 5, 0.3) == 0.5
    assert chance_below([0.3] * 5, [0.2]) == SURE
    assert chance_below([0.3] * 5, [0.4]) == 1 - SURE
    assert chance_below([0.1, 0.2, 0.2, 0.2, 0.3], 0.2) == 0.5
    assert chance_below([0, 0, 0, 0.1, 0.2], 0.0) == pytest.approx(0.25)


def test_tails_are_heavy():
    # the quantiles of Student's t with two degrees of freedom, .01 and .99 among them
    assert at_levels([-2.920, -0.816, 0, 0.816, 2.920], [0.01, 0.99]) == pytest.approx([-6.965, 6.965], rel=0.12)


@given(quantiles, quantiles)
def test_the_chances_of_a_pair_add_up_to_one(a, b):
    assert chance_less(a, b) + chance_less(b, a) == pytest.approx(1.0)
    assert chance_less(a, a) == pytest.approx(0.5)


@given(quantiles, quantiles, st.floats(0.01, 100), st.floats(-3, 3))
def test_a_chance_has_no_unit(a, b, unit, zero):
    # what is equal may not be so in another unit, so only values that are apart count
    if len(np.unique(np.concatenate([a, b]).round(6))) == 10:
        assert chance_less(unit * a + zero, unit * b + zero) == pytest.approx(chance_less(a, b), abs=1e-3)


@pytest.mark.parametrize("apart", [0.0, 0.05, 0.1, 0.3, 1.0])
def test_the_chance_of_a_pair_is_that_of_draws(apart):
    a, b = np.array([0.0, 0.1, 0.15, 0.25, 0.5]), np.array([-0.1, 0.05, 0.1, 0.15, 0.2]) + apart
    one, other = drawn(np.stack([a, b]))
    assert chance_less(a, b) == pytest.approx(np.clip((one < other).mean(), SURE, 1 - SURE), abs=0.005)


def test_pairs_broadcast():
    q = np.sort(np.random.default_rng(1).random((4, 5)), axis=1)
    table = chance_less(q[:, None], q)
    assert table.shape == (4, 4)
    assert table[1, 2] == pytest.approx(chance_less(q[1], q[2]))


def test_the_chances_of_being_best_are_those_of_draws():
    q = np.sort(np.random.default_rng(2).random((6, 5)), axis=1)
    found = np.bincount(drawn(q).argmin(axis=0), minlength=6) / 200_000
    assert chances_of_best(q) == pytest.approx(found, abs=0.005)
    assert chances_of_best(q[::-1]) == pytest.approx(chances_of_best(q)[::-1])


def test_equal_curves_share_the_chance_of_being_best():
    assert chances_of_best(np.zeros((4, 5))) == pytest.approx([0.25] * 4)
    # 0 with chances 3/4, 1/4 and 1; above it the third is never
    masses = np.array([[0, 0, 0, 0, 0.1], [0, 0, 0.1, 0.2, 0.3], [0, 0, 0, 0, 0]])
    assert chances_of_best(masses) == pytest.approx([0.34375, 0.09375, 0.5625])
    assert chances_of_best(masses[:1]) == pytest.approx([1.0])


def test_two_curves_are_a_pair():
    q = np.sort(np.random.default_rng(3).random((20, 2, 5)), axis=-1)
    for a, b in q:
        assert chances_of_best(np.stack([a, b]))[0] == pytest.approx(chance_less(a, b), abs=0.006)


def test_a_thousand_curves_are_few():
    q = np.sort(np.random.default_rng(4).random((1000, 5)), axis=1)
    chances = chances_of_best(q)
    assert chances.sum() == pytest.approx(1.0)
    assert (chances >= 0).all()


def test_the_best_is_not_picked_for_a_promise_alone():
    promising, steady = np.array([0.05, 0.1, 0.15, 0.3, 0.5]), np.array([0.18, 0.19, 0.2, 0.21, 0.22])
    assert np.argmin(standing(np.stack([promising, steady]), np.array([0.4, 0.21]))) == 1
    assert np.argmin(standing(np.stack([promising - 0.2, steady]), np.array([0.22, 0.21]))) == 0


X = [100.0, 200.0, 400.0, 800.0]
FALLING = np.array([[0.3, 0.4, 0.5, 0.6, 0.7], [0.2, 0.3, 0.4, 0.5, 0.8], [0.1, 0.2, 0.3, 0.4, 0.6], [0.1, 0.2, 0.25, 0.3, 0.5]])


def test_a_target_is_reached_where_the_quantiles_get_there():
    found = reach(X, FALLING, 0.35)
    assert found.median == pytest.approx(200 * 2**0.5)  # halfway from .4 to .3, in ln x
    assert found.low == 100  # already
    assert found.high is None
    assert found.chance == pytest.approx(float(chance_below(FALLING[-1], 0.35)))


def test_a_rise_does_not_undo_an_arrival():
    q = np.vstack([FALLING, FALLING[-1:] + 0.3])
    found = reach([*X, 1600.0], q, 0.35)
    assert found == reach(X, FALLING, 0.35)


def test_a_target_that_is_far_off_is_not_reached():
    found = reach(X, FALLING, -5.0)
    assert (found.typical, found.median, found.low, found.high) == (None, None, None, None)
    assert found.chance == pytest.approx(0.006, abs=0.002)


def test_the_typical_arrival_is_that_of_the_cases_that_arrive():
    q = np.array([[0.3, 0.4, 0.5, 0.6, 0.7], [0.2, 0.3, 0.4, 0.5, 0.6], [0.2, 0.3, 0.4, 0.5, 0.6]])
    found = reach(X[:3], q, 0.3)  # one in four gets there, by 200; the earlier half of these is at the level .125
    assert (found.median, found.chance) == (None, 0.25)
    level = chance_below(np.array([[0.3, 0.4, 0.5, 0.6, 0.7]]) - 0.1 * np.log2(found.typical / 100), 0.3)
    assert level == pytest.approx(0.125)


def test_a_curve_that_is_certain_arrives_at_one_place():
    certain = np.repeat([[0.5], [0.4], [0.3]], 5, axis=1)
    found = reach(X[:3], certain, 0.3)
    assert found.low == found.typical == found.median == found.high == 400
    assert found.chance == 1 - SURE
    assert reach(X[:3], certain, 0.29).chance == SURE


@given(st.floats(0.05, 0.9))
def test_arrivals_are_in_order(target):
    found = reach(X, FALLING, target)
    places = [np.inf if place is None else place for place in (found.low, found.median, found.high)]
    assert places == sorted(places)
    assert (found.median is not None) == (found.chance >= 0.5)
    assert found.typical is None or found.typical <= places[1]
