"""How far to train: chosen on random rows, by their density."""

from __future__ import annotations

import torch

from fits.surrogates.base import Data
from fits.surrogates.gaussian import GaussianModel
from fits.surrogates.stopping import stopped


class Flat(GaussianModel):
    """The same normal density everywhere."""

    def __init__(self, mean: float, variance: float) -> None:
        super().__init__()
        self.at = (mean, variance)

    def moments(self, X):
        mean = torch.full(X.shape[:-1], self.at[0], dtype=X.dtype)
        return mean, self.at[1] * torch.eye(X.shape[-2], dtype=X.dtype).expand(*X.shape[:-1], X.shape[-2])


def rows(n: int) -> Data:
    Y = torch.randn(n, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return Data(torch.arange(n, dtype=torch.float64).unsqueeze(-1), (Y - Y.mean()) / Y.std())


def choose(states, n: int, folds: int = 4, seen: list | None = None):
    def path(data):
        if seen is not None:
            seen.append(data.X.squeeze(-1).tolist())
        yield from ({"noise": 0.01, "mean": mean, "variance": variance} for mean, variance in states)

    return stopped(path, lambda data, s: Flat(s["mean"], s["variance"]), rows(n), folds, torch.Generator().manual_seed(0))


def test_the_state_with_the_densest_held_out_rows_is_taken():
    assert choose([(2.0, 1.0), (0.0, 1.0), (-1.0, 1.0)], 40) == {"noise": 0.01, "mean": 0.0, "variance": 1.0, "inflation": 1.0}


def test_a_variance_that_is_too_small_is_inflated_and_a_large_one_left():
    assert choose([(0.0, 0.25)], 200)["inflation"] == 4.0
    assert choose([(0.0, 4.0)], 200)["inflation"] == 1.0


def test_each_row_is_left_out_once_and_the_parts_are_random():
    """The paper's code validated on the newest fifth, which in a search is the best one."""
    seen: list[list[float]] = []
    choose([(0.0, 1.0)], 100, folds=5, seen=seen)
    out = [sorted(set(range(100)) - {int(x) for x in kept}) for kept in seen[:-1]]
    assert sorted(x for part in out for x in part) == list(range(100))
    assert all(part[0] < 25 and part[-1] > 74 for part in out)
    assert len(seen[-1]) == 100


def test_too_few_rows_take_the_first_state_as_it_is():
    assert choose([(2.0, 0.1), (0.0, 1.0)], 7)["mean"] == 2.0
    assert choose([(2.0, 0.1), (0.0, 1.0)], 7)["inflation"] == 1.0
