"""gp, gp-rbf, ibnn and saas: what they learn, what they say between rows, and that a state is all there is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from fits import surrogates
from fits.surrogates.base import Data, log_density, moments
from fits.surrogates.exact import log_posterior
from fits.surrogates.gaussian import root_of
from fits.surrogates.infinite_bnn import InfiniteNetwork
from fits.surrogates.kernels import Stationary

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")

NAMES: tuple[surrogates.Name, ...] = ("gp", "gp-rbf", "ibnn", "saas")


def lesson(n: int, d: int, *, noise: float = 0.0, seed: int = 0) -> tuple[Data, torch.Tensor, torch.Tensor]:
    """Rows of a smooth function, and 50 further points with their true values, standardised alike."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n + 50, d, generator=generator, dtype=torch.float64)
    f = torch.sin(5.0 * X[:, :1]) + X[:, 1:2] ** 2
    f = (f - f.mean()) / f.std()
    y = f[:n] + noise * torch.randn(n, 1, generator=generator, dtype=torch.float64)
    return Data(X[:n], y), X[n:], f[n:, 0]


@pytest.mark.parametrize("name", NAMES)
def test_a_smooth_function_is_learned(name):
    data, X, f = lesson(40, 3)
    surrogate = surrogates.load(name)
    mean, _ = moments(surrogate.model(data, surrogate.fit(data, 0)), X)
    assert float((mean - f).square().mean()) < (0.1 if name == "ibnn" else 0.03)


@pytest.mark.parametrize("name", ["gp", "gp-rbf"])
def test_a_function_without_noise_is_learned_to_be_one(name):
    data, _, _ = lesson(30, 2)
    noisy, _, _ = lesson(100, 2, noise=0.3)
    surrogate = surrogates.load(name)
    state = surrogate.fit(data, 0)
    assert state["noise"] < 3e-5
    assert float(moments(surrogate.model(data, state), data.X)[1].max()) ** 0.5 < 0.005
    assert surrogate.fit(noisy, 0)["noise"] == pytest.approx(0.09, rel=0.4)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_is_json_and_all_there_is(name):
    data, X, _ = lesson(15, 3)
    surrogate = surrogates.load(name)
    state = surrogate.fit(data, 0)
    again = surrogate.model(data, json.loads(json.dumps(state, allow_nan=False)))
    for one, other in zip(moments(surrogate.model(data, state), X), moments(again, X), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_state_and_leaves_the_global_generator_alone(name):
    data, _, _ = lesson(15, 3)
    before = torch.get_rng_state()
    first, second = (surrogates.load(name).fit(data, 0) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_estimated_as_a_variance(name):
    data, _, _ = lesson(120, 2, noise=0.5)
    assert surrogates.load(name).fit(data, 0)["noise"] == pytest.approx(0.25, rel=0.35)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_cover_noisy_outcomes(name):
    data, X, f = lesson(60, 2, noise=0.3, seed=1)
    surrogate = surrogates.load(name)
    state = surrogate.fit(data, 0)
    mean, variance = moments(surrogate.model(data, state), X)
    y = f + 0.3 * torch.randn(50, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    held = (y - mean).abs() <= 1.645 * (variance + state["noise"]).sqrt()
    assert 0.8 <= float(held.double().mean()) <= 1.0


@pytest.mark.parametrize("name", NAMES)
def test_the_prediction_can_be_climbed(name):
    data, X, _ = lesson(15, 3)
    surrogate = surrogates.load(name)
    model = surrogate.model(data, surrogate.fit(data, 0))
    x = X[:4].clone().requires_grad_(True)
    mean, variance = moments(model, x)
    slope = torch.autograd.grad((mean + variance).sum(), x)[0]
    step = 1e-5
    for i in range(3):
        ahead, back = (sum(moments(model, X[:4] + s * step * torch.eye(3, dtype=torch.float64)[i])) for s in (1, -1))
        assert torch.allclose(slope[:, i], (ahead - back) / (2 * step), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [1, 2])
def test_one_row_and_equal_outcomes_are_no_obstacle(name, rows):
    data = Data(torch.full((rows, 2), 0.5, dtype=torch.float64), torch.zeros(rows, 1, dtype=torch.float64))
    surrogate = surrogates.load(name)
    mean, variance = moments(surrogate.model(data, surrogate.fit(data, 0)), torch.rand(3, 2, dtype=torch.float64))
    assert mean.isfinite().all()
    assert (variance >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_levels_of_a_category_have_no_order(name):
    """Levels 0 and 2 behave alike, level 1 differently: between them nothing is interpolated."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(45, 1, generator=generator, dtype=torch.float64)
    level = torch.arange(45, dtype=torch.float64).remainder(3).unsqueeze(-1)
    y = x + (level == 1).double() * 3.0
    data = Data(torch.cat([x, level], -1), (y - y.mean()) / y.std(), levels={1: 3})
    surrogate = surrogates.load(name)
    model = surrogate.model(data, surrogate.fit(data, 0))
    mean, _ = moments(model, torch.tensor([[0.5, 0.0], [0.5, 1.0], [0.5, 2.0]], dtype=torch.float64))
    assert abs(mean[0] - mean[2]) < 0.3 < mean[1] - mean[0]


def test_log_density_of_a_gaussian():
    data, X, f = lesson(15, 3)
    surrogate = surrogates.load("gp")
    state = surrogate.fit(data, 0)
    model = surrogate.model(data, state)
    mean, variance = moments(model, X)
    total = variance + 0.1
    expected = -0.5 * ((f - mean) ** 2 / total + torch.log(2 * math.pi * total))
    assert torch.allclose(log_density(model, 0.1, X, f), expected)


@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize("depth", [1, 3])
def test_the_kernel_is_the_covariance_of_a_wide_network(activation, depth):
    """Outputs of one network of 3,000 units a layer, many of them, against the limit."""
    width, v_w, v_b = 3000, 1.8, 0.4
    random = np.random.default_rng(0)
    X = random.random((3, 4))
    h = 2.0 * X.T - 1.0
    phi = (lambda z: np.maximum(z, 0.0)) if activation == "relu" else _erf
    for layer in range(depth + 1):
        weights = random.normal(size=(width, len(h))) * math.sqrt(v_w / len(h))
        h = weights @ h + math.sqrt(v_b) * random.normal(size=(width, 1))
        if layer < depth:
            h = phi(h)
    kernel = InfiniteNetwork(depth=depth, weight_variance=v_w, bias_variance=v_b, activation=activation)
    scale = torch.zeros(1, dtype=torch.float64)
    points = kernel.place(scale, scale, torch.from_numpy(X))
    limit = kernel.between(scale, points, points).numpy()
    assert h.T @ h / width == pytest.approx(limit, rel=0.1)


def _erf(z):
    from scipy.special import erf

    return erf(z)


def of_botorch(data: Data, shape: str, logs: torch.Tensor):
    """BoTorch's process under the same kernel, priors and hyperparameters, and its log posterior density."""
    from botorch.models import SingleTaskGP
    from gpytorch.constraints import GreaterThan
    from gpytorch.kernels import MaternKernel, RBFKernel
    from gpytorch.likelihoods import GaussianLikelihood
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from gpytorch.priors import GammaPrior, LogNormalPrior

    d = data.X.shape[-1]
    prior = LogNormalPrior(math.sqrt(2.0) + 0.5 * math.log(d), math.sqrt(3.0))
    kernel = {"matern": lambda **k: MaternKernel(nu=2.5, **k), "rbf": RBFKernel}[shape](ard_num_dims=d, lengthscale_prior=prior)
    noise = GaussianLikelihood(GammaPrior(1.1, 10.0), noise_constraint=GreaterThan(1e-6, transform=None))
    gp = SingleTaskGP(
        data.X, data.Y, data.noise, likelihood=noise if data.noise is None else None, covar_module=kernel, outcome_transform=None
    )
    kernel.lengthscale = logs[:d].exp()
    if data.noise is None:
        gp.likelihood.noise = logs[d].exp()
    variance = gp.likelihood.noise.expand(len(data.X)) if data.noise is None else data.noise.squeeze(-1)
    pull = torch.linalg.inv(kernel(data.X).to_dense() + torch.diag(variance)).sum(0)
    gp.mean_module.constant = (pull @ data.Y.squeeze(-1) / pull.sum()).item()
    gp.train()
    density = ExactMarginalLogLikelihood(gp.likelihood, gp)(gp(data.X), data.Y.squeeze(-1)) * len(data.X)
    return gp.eval(), density.item()


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("name", "shape"), [("gp", "matern"), ("gp-rbf", "rbf")])
def test_the_process_and_its_density_are_those_of_botorch(name, shape, known):
    data, X, _ = lesson(25, 3, noise=0.1)
    if known:
        data = Data(data.X, data.Y, torch.linspace(0.01, 0.2, 25, dtype=torch.float64).unsqueeze(-1))
    surrogate = surrogates.load(name)
    state = surrogate.fit(data, 0)
    learned = torch.tensor([*state["hyperparameters"], *([] if known else [state["noise"]])], dtype=torch.float64).log()
    gp, density = of_botorch(data, shape, learned)
    for one, other in zip(moments(surrogate.model(data, state), X), moments(gp, X), strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6)
    kernel = Stationary(3, {}, shape)
    for step in (-0.3, 0.3):
        further = of_botorch(data, shape, learned + step)[1]
        assert further < density
        ours = log_posterior(data, kernel, learned + step) - log_posterior(data, kernel, learned)
        assert float(ours) == pytest.approx(further - density, abs=1e-6)


def test_what_is_learned_is_at_least_as_likely_as_what_botorch_learns():
    from botorch.fit import fit_gpytorch_mll
    from gpytorch.mlls import ExactMarginalLogLikelihood

    for n in (8, 20, 60):
        data, _, _ = lesson(n, 4, noise=0.2, seed=n)
        state = surrogates.load("gp").fit(data, 0)
        learned = torch.tensor([*state["hyperparameters"], state["noise"]], dtype=torch.float64).log()
        gp, density = of_botorch(data, "matern", learned)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
        theirs = torch.cat([gp.covar_module.lengthscale.detach().flatten(), gp.likelihood.noise.detach().flatten()]).log()
        assert density > of_botorch(data, "matern", theirs)[1] - 0.01


def test_a_kernel_that_is_large_beside_the_noise_still_has_a_factor():
    """As ibnn's is on the way to its best scale: then rounding alone makes it indefinite."""
    X = torch.linspace(0.0, 1.0, 40, dtype=torch.float64)
    K = 1e12 * torch.exp(-0.5 * (X - X.unsqueeze(-1)) ** 2)
    variance = torch.full((40, 1), 1e-6, dtype=torch.float64)
    with pytest.raises(torch.linalg.LinAlgError):
        torch.linalg.cholesky(K + torch.diag(variance.squeeze(-1)))
    L = root_of(K, variance)
    assert torch.allclose(L @ L.mT, K, rtol=1e-5)
    well = torch.eye(40, dtype=torch.float64)
    assert torch.equal(root_of(well, variance), torch.linalg.cholesky(well + torch.diag(variance.squeeze(-1))))


@pytest.mark.parametrize("name", [*NAMES, "average"])
def test_moments_are_those_of_the_posterior(name):
    data, X, _ = lesson(15, 3)
    surrogate = surrogates.load(name)
    model = surrogate.model(data, surrogate.fit(data, 0))
    posterior = model.posterior(X.unsqueeze(-2))
    mean, variance = moments(model, X)
    assert torch.allclose(mean, posterior.mean.flatten())
    assert torch.allclose(variance, posterior.variance.flatten())
