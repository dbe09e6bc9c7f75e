"""hmc, sghmc and ensemble against known posteriors: linear models, a grid over a tiny network, functions from the prior."""

from __future__ import annotations

import pytest
import torch

from fits.surrogates.base import Data, log_density, moments
from fits.surrogates.ensemble import Ensemble
from fits.surrogates.hmc import HMC
from fits.surrogates.prior import Prior
from fits.surrogates.sghmc import SGHMC, sample
from fits.surrogates.weights import Weights
from tests.fits.surrogates.lessons import FIXED, line, of_linear_model, wave

LINEAR = {
    "hmc": HMC(hidden=(), prior=FIXED, burn_in=150, samples=500, members=4000, leapfrog=8),
    "sghmc": SGHMC(hidden=(), prior=FIXED, chains=8, steps=6000, burn_in=1000, every=5, step=0.1),
    "ensemble": Ensemble(hidden=(), prior=FIXED, members=3000, share=1.0, steps=600, rate=0.05),
}


@pytest.mark.parametrize("name", LINEAR)
def test_without_hidden_layers_it_is_bayesian_linear_regression(name):
    """With a known variance of each row: taken for a standard deviation, means and variances would be others."""
    data, X = line(12, 2, noise=0.3), torch.rand(40, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    model = LINEAR[name].model(data, LINEAR[name].fit(data, 0))
    mean, variance = moments(model, X)
    expected, covariance = of_linear_model(data, X)
    assert torch.allclose(mean, expected, atol=0.1 * float(covariance.diagonal().sqrt().max()))
    assert torch.allclose(variance, covariance.diagonal(), rtol=0.12)


@pytest.mark.parametrize("draw", ["hmc", "sghmc"])
def test_a_tiny_network_has_the_posterior_of_a_sum_over_a_grid(draw):
    """One input, one hidden unit, no learned scales: four weights, of which a grid takes 25 values each."""
    X = torch.tensor([[0.1], [0.5], [0.9]], dtype=torch.float64)
    data = Data(X, torch.tensor([[-1.0], [0.3], [0.8]], dtype=torch.float64), torch.full((3, 1), 0.2, dtype=torch.float64))
    over = Weights.over(data, (1,), "tanh", FIXED)
    axis = torch.linspace(-4.0, 4.0, 25, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis, axis, axis)
    at = torch.cat([grid, torch.zeros(len(grid), over.coordinates.size - 4, dtype=torch.float64)], dim=-1)
    weight = torch.softmax(-over.energy(at)[0], 0)
    points = torch.linspace(0, 1, 7, dtype=torch.float64).unsqueeze(-1)
    f = over.coordinates.network.forward(over.coordinates.weights(at), (points - 0.5) * 12.0**0.5)[-1].squeeze(-1)
    expected = weight @ f
    spread = (weight @ (f - expected) ** 2).sqrt()
    surrogate = {
        "hmc": HMC(hidden=(1,), prior=FIXED, burn_in=100, samples=400, members=3200, leapfrog=8),
        "sghmc": SGHMC(hidden=(1,), prior=FIXED, chains=16, steps=4000, burn_in=1000, every=5, step=0.1),
    }[draw]
    mean, variance = moments(surrogate.model(data, surrogate.fit(data, 0)), points)
    assert torch.allclose(mean, expected, atol=0.08)
    assert torch.allclose(variance.sqrt(), spread, rtol=0.1 if draw == "hmc" else 0.2)


def test_chains_accept_about_as_often_as_they_are_to():
    data, _, _ = wave(30, 2, noise=0.1)
    acceptance = HMC(hidden=(16, 16), samples=50).fit(data, 0)["acceptance"]
    assert 0.7 < sum(acceptance) / len(acceptance) < 0.9


def test_stochastic_gradients_sample_a_gaussian():
    """Up to the error of a step, friction and noise are in balance whatever the scale of an axis."""
    spread = torch.tensor([0.3, 1.0, 3.0], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(64, 3, generator=generator, dtype=torch.float64)
    settings = {"steps": 9000, "burn_in": 1000, "step": 0.1, "friction": 0.05, "estimated": False, "every": 4}
    draws = sample(lambda x: x / spread**2, start, generator=generator, **settings).flatten(0, 1)
    assert draws.std(0) == pytest.approx(spread, rel=0.06)


@pytest.mark.parametrize("name", ["hmc", "sghmc"])
def test_intervals_cover_functions_of_the_prior(name):
    """Six functions, each from a network of the prior with noise of a hundredth, and 20 new outcomes of each.

    Few stochastic steps leave more noise than there is: that posterior may cover all of them.
    """
    surrogate = {"hmc": HMC(hidden=(16, 16), burn_in=60), "sghmc": SGHMC(hidden=(16, 16), steps=1000, burn_in=500)}[name]
    prior = Prior(noise=0.01, noise_spread=0.0)
    held = []
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        X = torch.rand(45, 2, generator=generator, dtype=torch.float64)
        over = Weights.over(Data(X, torch.zeros(45, 1, dtype=torch.float64)), (32, 32), "tanh", prior)
        f = over.coordinates.network.forward(over.coordinates.weights(over.draw(1, generator)), over.inputs)[-1][0]
        y = f + 0.1 * torch.randn(45, 1, generator=generator, dtype=torch.float64)
        data = Data(X[:25], y[:25])
        state = surrogate.fit(data, seed)
        mean, variance = moments(surrogate.model(data, state), X[25:])
        held.append((y[25:, 0] - mean).abs() <= 1.645 * (variance + state["noise"]).sqrt())
    assert 0.83 <= float(torch.cat(held).double().mean()) <= {"hmc": 0.97, "sghmc": 1.0}[name]


@pytest.mark.parametrize("anchored", [True, False])
def test_an_ensemble_doubts_more_where_there_are_no_rows(anchored):
    data = Data(
        torch.linspace(0.0, 0.5, 15, dtype=torch.float64).unsqueeze(-1),
        torch.linspace(-1.5, 1.5, 15, dtype=torch.float64).unsqueeze(-1),
    )
    surrogate = Ensemble(anchored=anchored, steps=400)
    _, variance = moments(surrogate.model(data, surrogate.fit(data, 0)), torch.tensor([[0.25], [1.0]], dtype=torch.float64))
    assert variance[1] > 4.0 * variance[0]


def test_the_noise_of_an_ensemble_is_that_of_rows_its_members_have_not_seen():
    data, X, f = wave(80, 2, noise=0.3)
    surrogate = Ensemble(steps=400)
    state = surrogate.fit(data, 0)
    assert 0.05 < state["noise"] < 0.2
    y = f + 0.3 * torch.randn(100, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert float(log_density(surrogate.model(data, state), state["noise"], X, y).mean()) > -0.7
