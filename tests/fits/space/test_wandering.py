"""Walks that fill a region of any shape: checked against the moments of the region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fits.space.wandering import wandered

Array = np.ndarray[Any, np.dtype[np.float64]]


def triangle(X: Array) -> Any:
    return X[:, 0] + X[:, 1] <= 0.1


def ring(X: Array) -> Any:
    radius = np.hypot(X[:, 0] - 0.5, X[:, 1] - 0.5)
    return (radius >= 0.3) & (radius <= 0.5)


@pytest.mark.parametrize(
    ("keeps", "start", "mean", "deviation"),
    [(triangle, (0.05, 0.05), 0.1 / 3, 0.1 / np.sqrt(18.0)), (ring, (0.9, 0.5), 0.5, np.sqrt((0.3**2 + 0.5**2) / 4.0))],
)
def test_a_region_is_filled_evenly_from_a_single_point(keeps: Any, start: Any, mean: float, deviation: float) -> None:
    X = wandered(keeps, np.tile([*start, 0.25], (2000, 1)), [0, 1], np.zeros(3), np.ones(3), 0)
    assert keeps(X).all()
    np.testing.assert_allclose(X[:, :2].mean(axis=0), mean, atol=0.1 * deviation)
    np.testing.assert_allclose(X[:, :2].std(axis=0), deviation, rtol=0.06)
    np.testing.assert_array_equal(X[:, 2], 0.25)


def test_a_long_thin_region_is_filled_from_end_to_end() -> None:
    def keeps(X: Array) -> Any:
        return (np.abs(X - X.mean(axis=1, keepdims=True)) <= 1e-4).all(axis=1)

    starts = np.repeat(np.linspace(0.1, 0.9, 16)[:, None], 3, axis=1)
    X = wandered(keeps, np.tile(starts, (40, 1)), [0, 1, 2], np.zeros(3), np.ones(3), 0)
    assert keeps(X).all()
    np.testing.assert_allclose(X.mean(axis=0), 0.5, atol=0.05)
    np.testing.assert_allclose(X.std(axis=0), np.sqrt(1.0 / 12.0), atol=0.04)


def test_a_point_alone_stays() -> None:
    X = np.array([[0.5, 0.5]])
    np.testing.assert_array_equal(wandered(lambda tried: (tried == 0.5).all(axis=1), X, [0, 1], np.zeros(2), np.ones(2), 0), X)
