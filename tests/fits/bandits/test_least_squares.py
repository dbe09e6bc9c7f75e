"""Least squares row by row against NumPy and SciPy on all rows at once."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial.chebyshev import chebvander
from scipy.optimize import lsq_linear

from fits.bandits.least_squares import Array, LeastSquares


def rows(seed: int, size: int, count: int, spread: float = 1.0) -> tuple[Array, Array]:
    """Chebyshev features of `count` contexts within `spread` of one another, and costs."""
    rng = np.random.default_rng(seed)
    x = np.clip(rng.uniform(-0.5, 0.5) + spread * rng.uniform(-1, 1, count), -1, 1)
    return chebvander(x, size - 1), 20.0 + 10.0 * rng.standard_normal(count)


def regression(x: Array, y: Array, ridge: float = 0.0) -> LeastSquares:
    made = LeastSquares(x.shape[1], ridge=ridge)
    for row, target in zip(x, y, strict=True):
        made.add([*row, target])
    return made


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(1, 40))
def test_it_is_the_shortest_least_squares_solution(seed: int, size: int, count: int) -> None:
    x, y = rows(seed, size, count)
    made = regression(x, y)
    theta, *_ = np.linalg.lstsq(x, y, rcond=1e-10)
    assert x @ made.solution() == pytest.approx(x @ theta, rel=1e-6, abs=1e-6)
    assert np.linalg.norm(made.solution()) <= np.linalg.norm(theta) * (1 + 1e-6)
    assert made.residual() == pytest.approx(np.sum((x @ theta - y) ** 2), rel=1e-6, abs=1e-6)
    assert made.residual(theta + 1) == pytest.approx(np.sum((x @ (theta + 1) - y) ** 2), rel=1e-6)
    assert made.rows == count


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_ridge_is_rows_of_its_own(count: int) -> None:
    x, y = rows(1, 5, count)
    theta = np.linalg.solve(x.T @ x + 0.01 * np.eye(5), x.T @ y)
    made = regression(x, y, ridge=0.01)
    assert made.solution() == pytest.approx(theta)
    objective = np.sum((x @ theta - y) ** 2) + 0.01 * theta @ theta
    assert made.residual() == pytest.approx(objective) == made.residual(theta)


def test_nothing_seen_gives_zeros() -> None:
    for ridge in (0.0, 0.1):
        assert LeastSquares(3, ridge=ridge).solution() == pytest.approx([0.0] * 3)
        assert LeastSquares(3, ridge=ridge).bounded(np.ones(3)) == pytest.approx([0.0] * 3)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 30), st.sampled_from([1.0, 0.1, 1e-3]), st.floats(0.01, 100.0))
def test_the_box_is_solved_as_scipy_solves_it(seed: int, size: int, count: int, spread: float, width: float) -> None:
    x, y = rows(seed, size, count, spread)
    bound = width * np.random.default_rng(seed + 1).uniform(0.1, 1.0, size)
    theta = regression(x, y).bounded(bound)
    assert (np.abs(theta) <= bound).all()
    # Optimal: the objective falls along no coefficient that may still move (Karush, Kuhn and Tucker).
    downhill, walls = x.T @ (y - x @ theta), np.where(np.abs(theta) == bound, np.sign(theta), 0)
    assert np.where(walls == 0, np.abs(downhill), -downhill * walls).max() < 1e-7 * count * np.abs(y).max()
    reference = lsq_linear(x, y, (-bound, bound), method="bvls", tol=1e-14)
    cost = np.sum((x @ theta - y) ** 2)
    assert cost <= 2 * reference.cost * (1 + 1e-9) + 1e-9
    if np.linalg.cond(x) < 1e3 and count >= size and cost == pytest.approx(2 * reference.cost, rel=1e-9, abs=1e-9):
        assert theta == pytest.approx(reference.x, rel=1e-3, abs=1e-3 * width)  # SciPy's stops short of the optimum at times


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 30), st.sampled_from([0.0, 1e-3, 1.0]), st.floats(0.01, 100.0))
def test_the_box_is_solved_from_any_start(seed: int, size: int, count: int, ridge: float, width: float) -> None:
    made, rng = regression(*rows(seed, size, count, 0.3), ridge=ridge), np.random.default_rng(seed + 1)
    bound = width * rng.uniform(0.1, 1.0, size)
    plain = made.residual(made.bounded(bound))
    for start in (bound, -2 * bound, rng.standard_normal(size)):
        theta = made.bounded(bound, start)
        assert (np.abs(theta) <= bound).all()
        assert made.residual(theta) == pytest.approx(plain, rel=1e-7, abs=1e-7)


def test_a_box_of_no_width_holds_a_coefficient_at_zero() -> None:
    x, y = rows(4, 4, 20)
    theta = regression(x, y).bounded(np.array([5.0, 0.0, 0.0, 0.0]))
    assert theta == pytest.approx([5.0, 0.0, 0.0, 0.0])  # the mean of y is 20


def test_a_box_around_the_free_solution_changes_nothing() -> None:
    made = regression(*rows(5, 4, 20))
    assert made.bounded(np.full(4, 1e6)) == pytest.approx(made.solution())


def test_changed_features_are_as_if_seen_from_the_start() -> None:
    x, y = rows(2, 6, 50)
    change = np.random.default_rng(0).standard_normal((6, 6))
    made = regression(x, y)
    made.transform(change)
    assert made.solution() == pytest.approx(np.linalg.lstsq(x @ change.T, y)[0])
    assert made.residual() == pytest.approx(regression(x, y).residual())


def test_shifted_targets_are_as_if_seen_from_the_start() -> None:
    x, y = rows(3, 4, 9)
    made = regression(x, y)
    made.shift(0, 2.5)
    assert made.solution() == pytest.approx(regression(x, y + 2.5 * x[:, 0]).solution())
    assert made.residual() == pytest.approx(regression(x, y).residual())


def test_many_rows_lose_no_digits() -> None:
    x, y = rows(6, 6, 20_000, spread=0.05)
    assert regression(x, y).solution() == pytest.approx(np.linalg.lstsq(x, y)[0], rel=1e-6)


def test_a_state_survives_json_to_the_bit() -> None:
    x, y = rows(7, 6, 12)
    made, again = regression(x, y, ridge=1e-3), LeastSquares(6, ridge=1e-3)
    again.restore(json.loads(json.dumps(made.state(), allow_nan=False)))
    for regressions in (made, again):
        regressions.add([*x[0], 3.0])
    assert again.state() == made.state()
    assert again.solution().tolist() == made.solution().tolist()
    with pytest.raises(ValueError, match="6 coefficients, not 5"):
        LeastSquares(5).restore(made.state())


def test_impossible_sizes_are_refused() -> None:
    for size, ridge in ((0, 0.0), (2, -1.0), (2, float("nan"))):
        with pytest.raises(ValueError, match="at least one coefficient"):
            LeastSquares(size, ridge=ridge)
