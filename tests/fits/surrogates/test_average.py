"""average: a mixture of processes, and what is made of it."""

from __future__ import annotations

import json
import math

import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from fits import surrogates
from fits.acquisition.beliefs import Beliefs
from fits.acquisition.worth import worth
from fits.surrogates.base import log_density, moments
from fits.surrogates.mixture import Mixture
from tests.fits.surrogates.lessons import wave


def learned(n: int = 15):
    data, X, f = wave(n, 3, noise=0.05)
    average = surrogates.load("average")
    state = average.fit(data, 0)
    return data, X, f, state, average.model(data, json.loads(json.dumps(state, allow_nan=False)))


def test_members_are_the_surrogates_by_themselves():
    data, X, _, state, mixture = learned()
    assert isinstance(mixture, Mixture)
    assert list(state["members"]) == ["gp", "gp-rbf", "ibnn"]
    for name, member in zip(state["members"], mixture.members, strict=True):
        alone = surrogates.load(name)
        for one, other in zip(moments(member.model, X), moments(alone.model(data, alone.fit(data, 0)), X), strict=True):
            assert torch.equal(one, other)


def test_mean_variance_and_density_are_those_of_the_mixture():
    _, X, f, _, mixture = learned()
    each = [(*moments(model, X), noise) for model, noise in mixture.members]
    means, deviations = torch.stack([m for m, _, _ in each], -1), torch.stack([v.sqrt() for _, v, _ in each], -1)
    theirs = MixtureSameFamily(Categorical(torch.ones(3, dtype=torch.float64)), Normal(means, deviations))
    mean, variance = moments(mixture, X)
    assert torch.allclose(mean, theirs.mean)
    assert torch.allclose(variance, theirs.variance, atol=1e-6)
    noisy = torch.stack([(v + noise).sqrt() for _, v, noise in each], -1)
    observed = MixtureSameFamily(Categorical(torch.ones(3, dtype=torch.float64)), Normal(means, noisy))
    assert torch.allclose(log_density(mixture, math.nan, X, f), observed.log_prob(f))


def test_covariance_counts_what_members_disagree_on():
    _, X, _, _, mixture = learned()
    draws = torch.cat([model.posterior(X[None, :4]).rsample(torch.Size([40_000])).squeeze() for model, _ in mixture.members])
    covariance = mixture.moments(X[None, :4])[1][0]
    assert torch.allclose(torch.cov(draws.T), covariance, atol=0.03 * float(covariance.diagonal().max()))


def test_what_a_point_is_worth_is_the_average_over_the_members():
    data, X, _, state, mixture = learned()
    beliefs = Beliefs([mixture], data.X, data.Y, [state["noise"]])
    alone = [worth(Beliefs([model], data.X, data.Y, [noise]), None, 0) for model, noise in mixture.members]
    expected = torch.stack([each(X.unsqueeze(-2)) for each in alone]).exp().mean(0).log()
    assert torch.allclose(worth(beliefs, None, 0)(X.unsqueeze(-2)), expected)
