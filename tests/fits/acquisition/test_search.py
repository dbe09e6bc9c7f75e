"""The search for the best point: it finds it, keeps every rule of the space, and never repeats a point."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fits.acquisition.holding import Held
from fits.acquisition.search import Exhausted, around, best_of, best_point, values
from fits.space import Encoding
from tests.fits.acquisition.made import UNIT, encoding

NONE: np.ndarray = np.empty((0, 0))


FIFTY = {"type": "integer", "low": 0, "high": 50}
FIVE = {"type": "integer", "low": 0, "high": 4}


def peak(*centre: float):
    """A value that is largest, 0, at `centre`."""
    at = torch.tensor(centre, dtype=torch.float64)
    return lambda X: -((X.squeeze(-2) - at) ** 2).sum(-1)


def search(value, space: Encoding, avoid: np.ndarray = NONE, seed: int = 0) -> np.ndarray:
    avoid = avoid if avoid.size else np.empty((0, space.d))
    return best_point(value, space, avoid, avoid, seed)[0]


def test_a_smooth_peak_is_found():
    space = encoding(dict.fromkeys("abcdef", UNIT))
    assert search(peak(0.1, 0.9, 0.3, 0.4, 0.77, 1.0), space) == pytest.approx([0.1, 0.9, 0.3, 0.4, 0.77, 1.0], abs=1e-3)


def test_the_best_of_many_peaks_is_found():
    """Rastrigin's function on two dimensions: two dozen local maxima."""
    space = encoding(dict.fromkeys("ab", UNIT))

    def value(X):
        z = 5.0 * (X.squeeze(-2) - 0.37)
        return -(z**2 - 10.0 * torch.cos(2.0 * torch.pi * z) + 10.0).sum(-1)

    assert search(value, space) == pytest.approx([0.37, 0.37], abs=1e-3)


def test_levels_and_numbers_are_searched_together():
    """The best level is the one that looks bad where the others are good."""
    space = encoding(
        {
            "x": UNIT,
            "y": UNIT,
            "kind": {"type": "categorical", "choices": list("abcdefgh")},
            "n": FIFTY,
        }
    )

    def value(X):
        x, y, kind, n = X.squeeze(-2).unbind(-1)
        right = (kind == 5).double()
        return right * (1.0 - 40.0 * ((x - 0.9) ** 2 + (y - 0.1) ** 2)) - (1 - right) * ((x - 0.2) ** 2 + y**2) - (n - 0.24) ** 2

    found = search(value, space)
    assert found == pytest.approx([0.9, 0.1, 5.0, 0.24], abs=1e-3)


def test_a_finite_space_is_looked_through_whole():
    space = encoding({"a": {"type": "categorical", "choices": list(range(30))}, "b": {"type": "integer", "low": 1, "high": 40}})
    random = np.random.default_rng(0).random((30, 40))

    def value(X):
        a, b = X.squeeze(-2).unbind(-1)
        return torch.from_numpy(random)[a.round().long(), (b * 39).round().long()]

    a, b = search(value, space)
    assert random[int(a), round(b * 39)] == random.max()


def test_the_best_corner_of_a_polytope_is_found():
    space = encoding(dict.fromkeys("abc", UNIT), constraints=["a + b + c <= 1", "b >= 2*a"])

    def value(X):
        return (X.squeeze(-2) * torch.tensor([3.0, 1.0, 0.0], dtype=torch.float64)).sum(-1)

    found = search(value, space)
    assert found == pytest.approx([1 / 3, 2 / 3, 0.0], abs=1e-3)
    assert space.feasible(found[None]).all()


def test_a_mixture_adds_up():
    space = encoding(dict.fromkeys("abc", UNIT), constraints=["a + b + c == 1"])
    found = search(peak(0.6, 0.3, 0.3), space)
    assert found.sum() == pytest.approx(1.0, abs=1e-6)
    assert found == pytest.approx([0.5333, 0.2333, 0.2333], abs=1e-2)


def test_points_of_the_past_are_not_found_again():
    space = encoding({"n": {"type": "integer", "low": 1, "high": 5}})
    past = space.encode([{"n": n} for n in (1, 2, 3)])
    assert space.decode(search(peak(0.0), space, past)[None]) == [{"n": 4}]


def test_a_space_that_is_used_up_says_so():
    space = encoding({"n": {"type": "integer", "low": 1, "high": 3}})
    with pytest.raises(Exhausted):
        search(peak(0.0), space, space.encode([{"n": n} for n in (1, 2, 3)]))
    with pytest.raises(Exhausted):
        best_of(peak(0.0), space, np.zeros((1, 1)), np.zeros((1, 1)))


def test_what_does_not_exist_is_not_searched():
    space = encoding({"kind": {"type": "categorical", "choices": ["a", "b"]}, "x": {**UNIT, "when": {"kind": ["b"]}}, "y": UNIT})

    def value(X):
        kind, x, y = X.squeeze(-2).unbind(-1)
        return -((y - 0.3) ** 2) - kind * (1.0 + x)

    assert space.decode(search(value, space)[None])[0].keys() == {"kind", "y"}


def test_what_is_held_stays_held():
    space = Held(encoding({"a": UNIT, "b": UNIT, "n": FIVE}, constraints=["a + b <= 1"]), {0: 0.75})
    found = search(peak(0.1, 0.9, 0.5), space)
    assert found == pytest.approx([0.75, 0.25, 0.5], abs=1e-3)
    assert (space.sample(20, 0)[:, 0] == 0.75).all()
    assert (space.neighbours(found)[:, 0] == 0.75).all()


def test_points_around_a_row_are_near_and_valid():
    space = encoding(
        {"a": UNIT, "kind": {"type": "categorical", "choices": list("abc")}, "n": {"type": "integer", "low": 0, "high": 9}}
    )
    row = space.encode([{"a": 0.5, "kind": "b", "n": 4}])
    points = around(space, row, 200, 0)
    assert (space.round(points) == points).all()
    assert np.median(np.abs(points[:, 0] - 0.5)) < 0.1
    assert {0.0, 1.0, 2.0} == set(points[:, 1])


def test_the_same_seed_finds_the_same_point():
    space = encoding(dict.fromkeys("abc", UNIT))
    assert (search(peak(0.2, 0.5, 0.9), space, seed=3) == search(peak(0.2, 0.5, 0.9), space, seed=3)).all()


def test_values_that_are_no_numbers_never_win():
    points = np.array([[0.1], [0.2]])
    assert values(lambda X: torch.where(X[:, 0, 0] < 0.15, torch.nan, X[:, 0, 0]), points).argmax() == 1
