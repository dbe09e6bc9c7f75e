"""saas-nuts: what it learns of many dimensions, that its samples are BoTorch's, and that only sampling needs the extra."""

from __future__ import annotations

import json
import sys
from functools import cache

import pytest
import torch

from fits import surrogates
from fits.solver import MissingExtra
from fits.surrogates.base import Data, moments
from fits.surrogates.saas_nuts import SAASNUTS, kept
from tests.fits.surrogates.lessons import wave

QUICK = SAASNUTS(burn_in=16, samples=16, thinning=8)


@pytest.fixture(scope="module")
def sampler():
    """What draws `QUICK`'s BoTorch model of `mixed` rows, with and without known noise, once."""
    pytest.importorskip("numpyro", reason="sampling needs the extra [nuts]")
    return cache(lambda known: QUICK.sampled(mixed(known)[0], 0))


def mixed(known: bool) -> tuple[Data, torch.Tensor]:
    """Rows of a number and a category of three levels, and further points."""
    generator = torch.Generator().manual_seed(0)
    X = torch.rand(20, 2, generator=generator, dtype=torch.float64)
    X[:, 1] = torch.arange(20).remainder(3)
    y = torch.sin(5.0 * X[:, :1]) + (X[:, 1:] == 1.0)
    noise = torch.linspace(0.01, 0.2, 12, dtype=torch.float64).unsqueeze(-1) if known else None
    return Data(X[:12], ((y - y.mean()) / y.std())[:12], noise, {1: 3}), X[12:]


def written(known: bool = False) -> tuple[Data, torch.Tensor, dict]:
    """Rows, points and a state that nobody sampled."""
    data, X = mixed(known)
    sample = {"lengthscales": [0.5, 1.0, 2.0, 3.0], "scale": 1.5, "mean": 0.1, "noise": 0.01}
    return data, X, {"samples": [sample, {**sample, "mean": -0.2, "noise": 0.03}], "noise": 0.02}


@pytest.mark.parametrize("known", [False, True])
def test_the_samples_and_their_moments_are_those_of_botorch(sampler, known):
    data, X = mixed(known)
    gp = sampler(known)
    model = QUICK.model(data, kept(gp))
    columns = torch.cat([X[:, :1], (X[:, 1:] == torch.arange(3)).double()], dim=-1)
    posterior = gp.posterior(columns.unsqueeze(-2))
    for one, other in zip(moments(model, X), (posterior.mixture_mean, posterior.mixture_variance), strict=True):
        assert torch.allclose(one, other.flatten(), rtol=1e-5, atol=1e-6)
    for k, (member, noise) in enumerate(model.members):
        mean, variance = moments(member, X)
        assert torch.allclose(mean, posterior.mean[:, k].flatten(), rtol=1e-5, atol=1e-6)
        assert torch.allclose(variance, posterior.variance[:, k].flatten(), rtol=1e-5, atol=1e-6)
        assert noise == pytest.approx(gp.likelihood.noise[k].mean().item())
    assert len(model.members) == 2
    lengthscales = gp.covar_module.base_kernel.lengthscale
    assert (lengthscales != lengthscales.float()).any()  # drawn in float64


def test_seed_and_rows_decide_the_bytes_and_the_order_of_rows_does_not(sampler):
    data, _ = mixed(known=False)
    first = json.dumps(kept(sampler(False)), allow_nan=False)
    before = torch.get_rng_state()
    backwards = Data(data.X.flip(0), data.Y.flip(0), None, data.levels)
    assert json.dumps(QUICK.fit(backwards, 0)) == first
    assert json.dumps(QUICK.fit(data, 1)) != first
    assert torch.equal(before, torch.get_rng_state())


def test_few_dimensions_that_matter_are_found_among_many(sampler):
    """With the defaults: 2 of 20, from 30 rows."""
    import jax

    data, X, f = wave(30, 20)
    errors = {}
    for name in ("gp", "saas-nuts"):
        surrogate = surrogates.load(name)
        state = surrogate.fit(data, 0)
        errors[name] = float((moments(surrogate.model(data, state), X)[0] - f).square().mean())
    assert errors["saas-nuts"] < 0.5 * errors["gp"]
    assert len(state["samples"]) == 16
    middle = torch.tensor([sample["lengthscales"] for sample in state["samples"]]).median(0).values
    assert middle[:2].max() < middle[2:].min()
    assert not jax.config.jax_enable_x64  # as it was


def test_equal_outcomes_are_no_obstacle(sampler):
    data, X = mixed(known=False)
    data = Data(data.X, torch.zeros_like(data.Y), None, data.levels)
    mean, variance = moments(QUICK.model(data, SAASNUTS(4, 4, 2).fit(data, 0)), X)
    assert mean.isfinite().all()
    assert (variance >= 0).all()


@pytest.mark.parametrize("package", ["jax", "numpyro"])
def test_without_the_extra_fitting_says_what_to_install(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"\[nuts\]"):
        QUICK.fit(mixed(known=False)[0], 0)


@pytest.mark.parametrize("known", [False, True])
def test_the_state_is_json_and_all_there_is_and_needs_no_extra(known, monkeypatch):
    for package in ("jax", "numpyro"):
        monkeypatch.setitem(sys.modules, package, None)
    data, X, state = written(known)
    again = QUICK.model(data, json.loads(json.dumps(state, allow_nan=False)))
    for one, other in zip(moments(QUICK.model(data, state), X), moments(again, X), strict=True):
        assert torch.equal(one, other)
        assert one.isfinite().all()


def test_the_prediction_can_be_climbed():
    data, X, state = written()
    model = QUICK.model(data, state)
    x = X.clone().requires_grad_(True)
    slope = torch.autograd.grad(sum(part.sum() for part in moments(model, x)), x)[0][:, 0]
    step = torch.tensor([1e-5, 0.0], dtype=torch.float64)
    ahead, back = (sum(moments(model, X + sign * step)) for sign in (1.0, -1.0))
    assert torch.allclose(slope, (ahead - back) / 2e-5, rtol=1e-3, atol=1e-4)
