"""What every surrogate made of networks must hold, whatever it is: the interface of `fits.surrogates.base`."""

from __future__ import annotations

import json

import pytest
import torch

from fits.surrogates.base import Data, Surrogate, log_density, moments
from fits.surrogates.deep_kernel import DeepKernel
from fits.surrogates.ensemble import Ensemble
from fits.surrogates.hmc import HMC
from fits.surrogates.laplace import Laplace
from fits.surrogates.sghmc import SGHMC
from fits.surrogates.vbll import VBLL
from tests.fits.surrogates.lessons import wave

SMALL = {"hidden": (8, 8)}
QUICK: dict[str, Surrogate] = {
    "hmc": HMC(chains=4, burn_in=10, samples=10, leapfrog=4, **SMALL),
    "sghmc": SGHMC(steps=200, burn_in=100, every=10, **SMALL),
    "ensemble": Ensemble(steps=60, **SMALL),
    "laplace": Laplace(steps=40, turns=2, first_evidence_steps=5, evidence_steps=3, **SMALL),
    "vbll": VBLL(steps=40, turns=2, scale_steps=10, **SMALL),
    "dkl": DeepKernel(steps=40, turns=2, scale_steps=10, pretraining=10, **SMALL),
}
each = pytest.mark.parametrize("surrogate", QUICK.values(), ids=QUICK)
GAUSSIAN = ("laplace", "vbll", "dkl")


@each
def test_the_state_is_json_and_all_there_is(surrogate):
    data, X, _ = wave(15, 3)
    state = surrogate.fit(data, 0)
    again = surrogate.model(data, json.loads(json.dumps(state, allow_nan=False)))
    for one, other in zip(moments(surrogate.model(data, state), X), moments(again, X), strict=True):
        assert torch.equal(one, other)


@each
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(surrogate):
    data, _, _ = wave(15, 3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    states = [json.dumps(surrogate.fit(data, seed)) for seed in (0, 0, 1)]
    assert states[0] == states[1] != states[2]
    assert torch.equal(before, torch.get_rng_state())
    assert threads == torch.get_num_threads()


@each
def test_the_order_of_the_rows_tells_nothing(surrogate):
    data, X, _ = wave(15, 3)
    noise = torch.linspace(0.01, 0.1, 15, dtype=torch.float64).unsqueeze(-1)
    order = torch.randperm(15, generator=torch.Generator().manual_seed(2))
    one, other = Data(data.X, data.Y, noise), Data(data.X[order], data.Y[order], noise[order])
    states = surrogate.fit(one, 0), surrogate.fit(other, 0)
    assert json.dumps(states[0]) == json.dumps(states[1])
    for a, b in zip(moments(surrogate.model(one, states[0]), X), moments(surrogate.model(other, states[1]), X), strict=True):
        assert torch.equal(a, b)


@each
def test_arguments_stay_as_they_were(surrogate):
    data, _, _ = wave(15, 3)
    X, Y = data.X.clone(), data.Y.clone()
    surrogate.model(data, surrogate.fit(data, 0))
    assert torch.equal(data.X, X)
    assert torch.equal(data.Y, Y)


@each
def test_batches_of_points_have_joint_posteriors(surrogate):
    data, X, _ = wave(15, 3)
    model = surrogate.model(data, surrogate.fit(data, 0))
    posterior = model.posterior(X[:24].reshape(2, 4, 3, 3))
    assert posterior.mean.shape == posterior.variance.shape == (2, 4, 3, 1)
    assert posterior.rsample(torch.Size([5])).shape == (5, 2, 4, 3, 1)
    mean, variance = moments(model, X[:24])
    assert torch.allclose(posterior.mean.flatten(), mean)
    assert torch.allclose(posterior.variance.flatten(), variance, atol=1e-9)
    assert model.num_outputs == 1


@each
def test_the_prediction_can_be_climbed(surrogate):
    data, X, _ = wave(15, 3)
    model = surrogate.model(data, surrogate.fit(data, 0))
    x = torch.cat([X[:3], data.X[:1]]).requires_grad_(True)
    mean, variance = moments(model, x)
    slope = torch.autograd.grad((mean + variance).sum(), x)[0]
    assert slope.isfinite().all()
    step = 1e-5
    for i in range(3):
        ahead, back = (sum(moments(model, X[:3] + s * step * torch.eye(3, dtype=torch.float64)[i])) for s in (1, -1))
        assert torch.allclose(slope[:3, i], (ahead - back) / (2 * step), rtol=1e-3, atol=1e-4)


@each
@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_equal_rows_with_equal_outcomes_are_no_obstacle(surrogate, n):
    data = Data(torch.full((n, 2), 0.5, dtype=torch.float64), torch.zeros(n, 1, dtype=torch.float64))
    state = surrogate.fit(data, 0)
    mean, variance = moments(surrogate.model(data, state), torch.tensor([[0.1, 0.9], [0.5, 0.5]], dtype=torch.float64))
    assert state["noise"] > 0
    assert mean.isfinite().all()
    assert (variance >= 0).all()


@each
@pytest.mark.parametrize("d", [50, 400])
def test_many_dimensions_and_constant_columns(surrogate, d):
    X = torch.rand(20, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    X[:, 3] = 0.25
    data = Data(X, X[:, :1].round() * 2.0 - 1.0)
    mean, variance = moments(surrogate.model(data, surrogate.fit(data, 0)), X.flip(-1))
    assert mean.isfinite().all()
    assert (variance > 0).all()


@each
def test_two_thousand_rows_have_a_bounded_cost(surrogate):
    data, X, _ = wave(2000, 3, noise=0.1)
    model = surrogate.model(data, surrogate.fit(data, 0))
    assert moments(model, X)[0].isfinite().all()


@each
def test_levels_of_a_category_have_no_order(surrogate):
    """Two levels behave alike, the one between them does not: nothing is interpolated."""
    generator = torch.Generator().manual_seed(0)
    level = torch.arange(45, dtype=torch.float64).remainder(3).unsqueeze(-1)
    y = (level == 1).double()
    data = Data(
        torch.cat([torch.rand(45, 1, generator=generator, dtype=torch.float64), level], -1), (y - y.mean()) / y.std(), levels={1: 3}
    )
    model = surrogate.model(data, surrogate.fit(data, 0))
    mean, _ = moments(model, torch.tensor([[0.5, 0.0], [0.5, 1.0], [0.5, 2.0]], dtype=torch.float64))
    assert abs(mean[0] - mean[2]) < 0.8 < mean[1] - mean[0]


@each
def test_known_noise_is_what_is_reported(surrogate):
    data, _, _ = wave(15, 3)
    state = surrogate.fit(Data(data.X, data.Y, torch.full((15, 1), 0.09, dtype=torch.float64)), 0)
    assert state["noise"] == pytest.approx(0.09)


@each
def test_acquisition_functions_take_the_model(surrogate):
    from botorch.acquisition import LogExpectedImprovement, qLogNoisyExpectedImprovement
    from botorch.sampling.index_sampler import IndexSampler
    from botorch.sampling.normal import SobolQMCNormalSampler

    data, X, _ = wave(15, 3)
    model = surrogate.model(data, surrogate.fit(data, 0))
    sampler = (IndexSampler if isinstance(surrogate, HMC | SGHMC | Ensemble) else SobolQMCNormalSampler)(torch.Size([16]), seed=0)
    x = X[:4].unsqueeze(-2).requires_grad_(True)
    for value in (
        LogExpectedImprovement(model, best_f=0.5)(x),
        qLogNoisyExpectedImprovement(model, data.X, sampler=sampler, prune_baseline=False, cache_root=False)(x),
    ):
        assert value.isfinite().all()
        assert torch.autograd.grad(value.sum(), x)[0].isfinite().all()


@pytest.mark.parametrize("name", set(QUICK) - set(GAUSSIAN))
def test_log_density_of_an_ensemble_is_that_of_its_mixture(name):
    data, X, f = wave(15, 3)
    model = QUICK[name].model(data, QUICK[name].fit(data, 0))
    with torch.no_grad():
        members = model(X[:5]).squeeze(-1)
    expected = torch.distributions.Normal(members, 0.1**0.5).log_prob(f[:5]).exp().mean(0).log()
    assert torch.allclose(log_density(model, 0.1, X[:5], f[:5]), expected)
