"""laplace, vbll and dkl against closed forms, automatic differentiation and GPyTorch."""

from __future__ import annotations

import pytest
import torch

from fits.surrogates.base import Data, moments, unpack
from fits.surrogates.deep_kernel import DeepKernel, evidence, features, parts, pretrained
from fits.surrogates.deep_kernel import kernel as kernel_of_features
from fits.surrogates.gaussian import LastLayer, log_evidence, root_of
from fits.surrogates.laplace import Laplace
from fits.surrogates.linearised import kernel, linearise
from fits.surrogates.prior import Prior
from fits.surrogates.vbll import VBLL, best_posterior, expected_log_likelihood
from fits.surrogates.weights import Weights
from tests.fits.surrogates.lessons import FIXED, line, of_linear_model, wave


def network(n: int = 9, *, known: bool = False) -> tuple[Weights, torch.Tensor]:
    data, _, _ = wave(n, 2, noise=0.1)
    noise = torch.linspace(0.01, 0.5, n, dtype=torch.float64).unsqueeze(-1) if known else None
    over = Weights.over(Data(data.X, data.Y, noise), (6, 5), "tanh", Prior())
    return over, over.draw(1, torch.Generator().manual_seed(1))


LINEAR = {"hidden": (), "prior": FIXED, "steps": 20, "turns": 1, "folds": 0}


@pytest.mark.parametrize("surrogate", [Laplace(**LINEAR), VBLL(**LINEAR)], ids=["laplace", "vbll"])
def test_without_hidden_layers_it_is_bayesian_linear_regression(surrogate):
    """With a known variance of each row: taken for a standard deviation, means and covariances would be others."""
    data, X = line(12, 2, noise=0.3), torch.rand(8, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    posterior = surrogate.model(data, surrogate.fit(data, 0)).posterior(X)
    mean, covariance = of_linear_model(data, X)
    assert torch.allclose(posterior.mean.squeeze(-1), mean, atol=1e-6)
    assert torch.allclose(posterior.distribution.covariance_matrix, covariance, atol=1e-6)


def test_the_kernel_of_the_linearisation_is_that_of_its_jacobian():
    over, at = network()
    coordinates, weights = over.coordinates, over.coordinates.weights(at)
    J = torch.autograd.functional.jacobian(
        lambda w: coordinates.network.forward(w.unsqueeze(0), over.inputs)[-1].flatten(), weights[0]
    )
    S = torch.diag(coordinates.scale(coordinates.split(at)[1])[0] ** 2)
    rows = linearise(coordinates, at, over.inputs)
    assert torch.allclose(kernel(rows, rows), J @ S @ J.T)
    f = coordinates.network.forward(weights, over.inputs)[-1][0]
    assert torch.allclose(rows.mean, f - J @ weights[0].unsqueeze(-1))


def test_laplace_is_the_gauss_newton_posterior_in_the_weights():
    """``Sigma = (J^T J / s + S^-1)^-1`` in the space of weights, function values by ``J Sigma J^T``."""
    over, at = network(known=True)
    surrogate = Laplace(hidden=(6, 5))
    data, X, _ = wave(9, 2, noise=0.1)
    data = Data(data.X, data.Y, over.known)
    from fits.surrogates.base import pack
    from fits.surrogates.networks import inputs_of

    posterior = surrogate.model(data, {"at": pack(at), "noise": 0.1, "inflation": 1.0}).posterior(X[:4])
    coordinates, w = over.coordinates, over.coordinates.weights(at)[0]

    def f(w, inputs):
        return coordinates.network.forward(w.unsqueeze(0), inputs)[-1].flatten()

    J, own = (torch.autograd.functional.jacobian(lambda w, z=z: f(w, z), w) for z in (over.inputs, inputs_of(X[:4], {})))
    S = coordinates.scale(coordinates.split(at)[1])[0] ** 2
    Sigma = torch.linalg.inv(J.T @ (J / over.known) + torch.diag(1.0 / S))
    residual = over.Y.squeeze(-1) - f(w, over.inputs) + J @ w
    mean = f(w, inputs_of(X[:4], {})) - own @ w + own @ Sigma @ J.T @ (residual / over.known.squeeze(-1))
    assert torch.allclose(posterior.mean.squeeze(-1), mean, atol=1e-6)
    assert torch.allclose(posterior.distribution.covariance_matrix, own @ Sigma @ own.T, atol=1e-6)


def test_the_variational_bound_is_tight_where_the_last_layer_is_best():
    over, at = network(known=True)
    phi, variance = over.coordinates.last_hidden(at, over.inputs), over.variance(at)
    m, R = best_posterior(phi, variance, over.Y)

    def bound(m, R):
        q, p = (torch.distributions.MultivariateNormal(mean, C) for mean, C in ((m, R @ R.T), (0.0 * m, torch.eye(len(m)).to(m))))
        return expected_log_likelihood(phi, over.Y, variance, m, R) - torch.distributions.kl_divergence(q, p)

    exact = torch.distributions.MultivariateNormal(
        torch.zeros(9, dtype=torch.float64), phi @ phi.T + torch.diag(variance.squeeze(-1))
    )
    assert float(bound(m, R)) == pytest.approx(float(exact.log_prob(over.Y.squeeze(-1))))
    for other in (bound(m + 0.1, R), bound(m, 1.1 * R), bound(0.9 * m, R)):
        assert other < bound(m, R)


def test_the_last_layer_of_a_member_is_linear_in_its_features():
    over, at = network()
    z, _, _ = over.coordinates.split(at)
    phi = over.coordinates.last_hidden(at, over.inputs)
    assert torch.allclose(phi @ z[0, -6:], over.coordinates.network.forward(over.coordinates.weights(at), over.inputs)[-1][0, :, 0])
    layer = LastLayer(over, at, z[0, -6:], torch.zeros(6, 6, dtype=torch.float64))
    mean, variance = moments(layer, wave(9, 2)[0].X)
    assert mean.isfinite().all()
    assert (variance < 1e-6).all()


@pytest.mark.parametrize("known", [False, True])
def test_the_deep_kernel_is_gpytorchs(known):
    """Marginal likelihood and posterior; noise is a variance in both."""
    from gpytorch.distributions import MultivariateNormal
    from gpytorch.kernels import MaternKernel

    over, at = network(known=known)
    x = torch.cat([at, torch.linspace(-0.5, 0.5, 6, dtype=torch.float64).unsqueeze(0)], dim=-1)
    network_at, lengthscales, mean = parts(over.coordinates, x)
    theirs = MaternKernel(nu=2.5, ard_num_dims=5).to(torch.float64)
    theirs.lengthscale = lengthscales
    phi = over.coordinates.network.forward(over.coordinates.weights(network_at), over.inputs)[-2][0]
    noise = torch.diag(over.variance(network_at).squeeze(-1))
    K = theirs(phi).to_dense().detach()
    assert torch.allclose(kernel_of_features(*2 * [features(over.coordinates, x, over.inputs)]), K, atol=1e-6)
    distribution = MultivariateNormal(mean.expand(9), K + noise)
    assert float(evidence(over, x)) == pytest.approx(float(distribution.log_prob(over.Y.squeeze(-1))), rel=1e-6)


def test_evidence_is_the_density_of_a_normal_vector():
    K = torch.tensor([[1.0, 0.3], [0.3, 2.0]], dtype=torch.float64)
    residual, variance = torch.tensor([[0.5], [-1.0]], dtype=torch.float64), torch.tensor([[0.1], [0.4]], dtype=torch.float64)
    normal = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=torch.float64), K + torch.diag(variance[:, 0]))
    assert float(log_evidence(root_of(K, variance), residual)) == pytest.approx(float(normal.log_prob(residual[:, 0])))


def test_pretraining_trains_the_network_whose_features_are_used():
    """The paper's code trained one network and used the features of another, untrained one."""
    data, _, _ = wave(30, 2)
    surrogate = DeepKernel(hidden=(8,), pretraining=100, scale_steps=0, turns=0, folds=0)
    x = unpack(surrogate.fit(data, 3)["at"])
    over = Weights.over(data, (8,), "tanh", Prior())
    start = over.draw(1, torch.Generator().manual_seed(3))
    used, _, _ = parts(over.coordinates, x)
    trained = pretrained(over, start, 100, surrogate.rate)
    assert torch.allclose(used, trained, atol=1e-6)

    def error(at):
        return float((over.coordinates.network.forward(over.coordinates.weights(at), over.inputs)[-1][0] - over.Y).square().mean())

    assert error(used) < 0.3 * error(
        torch.cat([start[:, : over.coordinates.network.count], torch.zeros_like(start[:, over.coordinates.network.count :])], -1)
    )


@pytest.mark.parametrize(
    "surrogate",
    [Laplace(steps=200, turns=4), VBLL(steps=100, turns=4), DeepKernel(steps=100, turns=2)],
    ids=["laplace", "vbll", "dkl"],
)
def test_intervals_cover_what_was_not_seen(surrogate):
    held = []
    for seed in range(2):
        data, X, f = wave(30, 3, noise=0.2, seed=seed)
        state = surrogate.fit(data, seed)
        mean, variance = moments(surrogate.model(data, state), X)
        y = f + 0.2 * torch.randn(100, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
        held.append((y - mean).abs() <= 1.645 * (variance + state["noise"]).sqrt())
        assert float((mean - f).square().mean()) < 0.25
    assert 0.75 <= float(torch.cat(held).double().mean()) <= 1.0
