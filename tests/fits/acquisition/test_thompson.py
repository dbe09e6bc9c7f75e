"""Thompson sampling: points are chosen as often as they are the best, limits and costs count, and no point is chosen twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from botorch.models.ensemble import EnsembleModel
from scipy.stats import norm

from fits.acquisition.beliefs import Beliefs, Limit
from fits.acquisition.thompson import thompson
from fits.surrogates.mixture import Member, Mixture
from tests.fits.acquisition.made import UNIT, beliefs, encoding, model

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")

LINE = encoding({"x": UNIT})
GRID = np.linspace(0.0, 1.0, 201)[:, None]


def chosen(its: Beliefs, count: int, points: np.ndarray = GRID, seed: int = 0) -> np.ndarray:
    return thompson(its, LINE, points, count, seed)[:, 0]


class Members(EnsembleModel):
    """One member grows with x, the other falls."""

    _num_outputs = 1

    def forward(self, X):
        return torch.stack([X, -X], dim=-3)


def test_a_point_is_chosen_as_often_as_it_is_the_best():
    """Of two near points, whose values go together: neither one sample for both nor one for each would choose them as often."""
    its, pair = beliefs(), np.array([[0.2], [0.22]])
    posterior = its.objectives[0].posterior(torch.from_numpy(pair))
    mean, covariance = posterior.mean.squeeze(-1), posterior.distribution.covariance_matrix
    spread = (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) ** 0.5
    expected = norm.cdf(float((mean[1] - mean[0]) / spread))
    alone = norm.cdf(float((mean[1] - mean[0]) / covariance.diagonal().sum() ** 0.5))
    share = np.mean([chosen(its, 1, pair, seed)[0] == 0.22 for seed in range(400)])
    assert 0.7 < expected < 0.85
    assert alone < 0.6
    assert share == pytest.approx(expected, abs=0.07)


def test_a_batch_spreads_over_the_places_that_may_be_the_best():
    its = beliefs()
    found = chosen(its, 30)
    with torch.no_grad():
        posterior = its.objectives[0].posterior(torch.from_numpy(GRID))
    bound = (posterior.mean + 4.0 * posterior.variance.sqrt()).squeeze(-1).numpy()
    possible = GRID[bound > its.incumbent, 0]
    assert np.isin(found, possible).all()
    assert found.std() > 0.02


def test_members_of_an_ensemble_are_the_samples():
    its = Beliefs([Members()], torch.rand(4, 1).double(), torch.rand(4, 1).double(), [0.1])
    found = chosen(its, 12)
    assert {"low" if x < 0.1 else "high" if x > 0.9 else "between" for x in found} == {"low", "high"}


@pytest.mark.parametrize("at_most", [True, False])
def test_points_keep_the_limits(at_most):
    _, gp, _ = model(lambda x: x)
    edge = float(gp.posterior(torch.tensor([[0.5]]).double()).mean)
    found = chosen(beliefs(limits=[Limit(gp, edge, at_most)]), 20)
    assert (found < 0.55).all() if at_most else (found > 0.45).all()


def test_where_no_point_keeps_the_limits_the_least_broken_is_chosen():
    _, gp, _ = model(lambda x: x)
    assert chosen(beliefs(limits=[Limit(gp, -9.0)], kept=False), 5).max() < 0.1


def test_dear_points_are_left_out_where_cheap_ones_also_improve():
    data, gp, _ = model(lambda x: (x - 0.5).abs(), n=3)
    its = Beliefs([gp], data.X, data.Y, [0.0])
    free, dear = chosen(its, 40), chosen(replace(its, log_cost=lambda X: 5.0 * (X[:, 0, 0] > 0.5)), 40)
    assert np.mean(free > 0.5) > 0.4
    assert np.mean(dear > 0.5) < 0.75 * np.mean(free > 0.5)


def test_members_of_a_mixture_are_sampled_in_turn():
    (_, falls, _), (data, grows, _) = model(lambda x: -x), model(lambda x: x)
    its = Beliefs([Mixture([Member(falls, 0.0), Member(grows, 0.0)])], data.X, data.Y, [0.0])
    found = chosen(its, 6)
    assert (found[::2] < 0.1).all()
    assert (found[1::2] > 0.9).all()


def test_of_two_objectives_the_whole_front_is_sampled():
    """A front that bends inwards: no weighted sum of the objectives is largest at its middle."""
    data, first, _ = model(lambda x: x**2)
    other, second, _ = model(lambda x: (1.0 - x) ** 2)
    reference = torch.tensor([-1.0, -1.0]).double()
    found = chosen(Beliefs([first, second], data.X, torch.cat([data.Y, other.Y], -1), [0.0, 0.0], reference=reference), 40)
    assert (np.histogram(found, [0.0, 0.3, 0.7, 1.0])[0] > 3).all()


def test_no_point_is_chosen_twice_and_the_same_seed_chooses_the_same():
    its = beliefs()
    twice = np.vstack([GRID[:20], GRID[:20]])
    found = chosen(its, 30, twice)
    assert sorted(found) == GRID[:20, 0].tolist()
    assert (chosen(its, 30, twice) == found).all()
    assert (chosen(its, 9, seed=1) != chosen(its, 9, seed=2)).any()
