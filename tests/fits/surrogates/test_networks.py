"""Perceptrons in one tensor: their values, their derivatives, their inputs; rows in an order of their own; Adam."""

from __future__ import annotations

import math

import pytest
import torch

from fits.surrogates.adam import adam
from fits.surrogates.base import Data
from fits.surrogates.networks import Network, dimension_of_columns, inputs_of
from fits.surrogates.prior import Coordinates, Prior
from fits.surrogates.rows import LEAST_NOISE, at_most, in_order, known_noise
from fits.surrogates.weights import Weights


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_each_member_is_the_perceptron_of_its_own_weights(activation):
    network = Network((3, 5, 4, 1), activation)
    weights, X = normal(2, network.count), normal(6, 3, seed=1)
    f = network.forward(weights, X)[-1]
    for member in range(2):
        layers = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Linear(5, 4), torch.nn.Linear(4, 1)).to(torch.float64)
        h = X
        for i, (layer, (W, b)) in enumerate(zip(layers, network.split(weights[member]), strict=True)):
            layer.weight.data, layer.bias.data = W.mT.contiguous(), b[0]
            h = layer(h)
            h = h if i == 2 else getattr(torch, activation)(h)
        assert torch.allclose(f[member], h)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(), (4,), (5, 4)])
def test_backpropagation_is_the_derivative(activation, hidden):
    network = Network((3, *hidden, 1), activation)
    weights, X, output = normal(2, network.count).requires_grad_(), normal(6, 3, seed=1), normal(2, 6, 1, seed=2)
    values = network.forward(weights, X)
    expected = torch.autograd.grad((values[-1] * output).sum(), weights)[0]
    assert torch.allclose(network.gradient(values, network.deltas(weights, values, output)), expected)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("levels", [{}, {1: 3}])
def test_the_gradient_of_the_energy_is_its_derivative(known, levels):
    X = uniform(7, 3)
    X[:, 1] = torch.arange(7).remainder(3) if levels else X[:, 1]
    data = Data(X, normal(7, 1), torch.full((7, 1), 0.2, dtype=torch.float64) if known else None, levels)
    over = Weights.over(data, (4, 3), "tanh", Prior())
    at = over.draw(3, torch.Generator().manual_seed(1)).requires_grad_()
    energy, gradient = over.energy(at)
    assert torch.allclose(gradient, torch.autograd.grad(energy.sum(), at)[0])


def test_the_energy_is_the_negative_log_of_likelihood_times_prior():
    """Known noise is a variance: its root is the standard deviation of the density."""
    noise = torch.tensor([[0.04], [0.5], [1.0]], dtype=torch.float64)
    over = Weights.over(Data(uniform(3, 2), normal(3, 1), noise), (4,), "tanh", Prior())
    at = over.draw(2, torch.Generator().manual_seed(1))
    f = over.coordinates.network.forward(over.coordinates.weights(at), over.inputs)[-1]
    density = torch.distributions.Normal(f, noise.sqrt()).log_prob(over.Y).sum((-2, -1))
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(at).sum(-1)
    difference = over.energy(at)[0] + density + prior
    assert torch.allclose(difference[0], difference[1])


def test_few_drawn_rows_estimate_the_gradient_of_all_without_bias():
    over = Weights.over(Data(uniform(40, 2), normal(40, 1)), (3,), "tanh", Prior())
    generator = torch.Generator().manual_seed(1)
    at = over.draw(1, generator)
    drawn = torch.stack([over.gradient(at, 10, generator) for _ in range(1500)])
    error = (drawn.mean(0) - over.gradient(at, 40, generator)).abs() / (drawn.std(0) / math.sqrt(1500) + 1e-9)
    assert float(error.max()) < 5.0


@pytest.mark.parametrize("d", [2, 200])
@pytest.mark.parametrize("hidden", [(20, 20), (100, 100)])
def test_the_size_of_a_function_before_the_data_depends_neither_on_width_nor_on_dimensions(hidden, d):
    over = Weights.over(Data(uniform(5, d), torch.zeros(5, 1, dtype=torch.float64)), hidden, "tanh", Prior())
    weights = over.coordinates.weights(over.draw(300, torch.Generator().manual_seed(1)))
    assert 1.2 < float(over.coordinates.network.forward(weights, over.inputs)[-1].std()) < 1.8


def test_weights_of_a_layer_and_of_a_dimension_share_their_scales():
    over = Coordinates(Network((3, 4, 1)), Prior(spread=0.5, relevance=0.7, input=2.0, output=1.5, bias=0.5), (0, 1, 1))
    at = torch.ones(1, over.size, dtype=torch.float64)
    _, eta, _ = over.split(at)
    assert over.scales == 2 + 4
    eta[0] = torch.tensor([1.0, -1.0, 2.0, 0.0, 0.0, 0.0])
    (W1, b1), (W2, b2) = over.network.split(over.weights(at))
    assert torch.allclose(W1[0, 0], torch.tensor(2.0 * math.exp(0.7 + 1.0) / math.sqrt(2.0), dtype=torch.float64))
    assert torch.allclose(W1[0, 1:], torch.tensor(2.0 * math.exp(-0.7 + 1.0) / math.sqrt(2.0), dtype=torch.float64))
    assert torch.allclose(W2, torch.tensor(1.5 / 2.0, dtype=torch.float64))
    assert torch.allclose(torch.cat([b1, b2], -1), torch.tensor(0.5, dtype=torch.float64))


def test_every_dimension_has_unit_variance_where_x_is_uniform():
    generator = torch.Generator().manual_seed(0)
    X = torch.rand(20000, 3, generator=generator, dtype=torch.float64)
    X[:, 1] = torch.randint(4, (20000,), generator=generator)
    columns = inputs_of(X, {1: 4})
    of_dimension = torch.zeros(3, dtype=torch.float64).index_add_(0, torch.tensor(dimension_of_columns(3, {1: 4})), columns.var(0))
    assert of_dimension == pytest.approx([1.0, 1.0, 1.0], rel=0.03)
    assert columns.mean(0) == pytest.approx([0.0] * 6, abs=0.03)
    assert inputs_of(torch.zeros(2, 1, dtype=torch.float64), {0: 1}).isfinite().all()


def test_sorted_rows_are_the_same_in_any_order():
    X, Y = normal(20, 3), normal(20, 1).round()
    X[5], Y[5] = X[6], Y[6]
    noise = uniform(20, 1)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    one, other = in_order(Data(X, Y, noise)), in_order(Data(X[order], Y[order], noise[order]))
    assert torch.equal(one.X, other.X)
    assert torch.equal(one.Y, other.Y)
    assert one.noise is not None
    assert other.noise is not None
    assert torch.equal(one.noise, other.noise)


def test_a_part_of_the_rows_is_drawn_from_all_of_them():
    data = Data(torch.arange(1000.0, dtype=torch.float64).unsqueeze(-1), torch.zeros(1000, 1, dtype=torch.float64))
    few = at_most(data, 100, torch.Generator().manual_seed(0)).X
    assert len(few.unique()) == 100
    assert 350 < float(few.mean()) < 650
    assert at_most(data, 1000, torch.Generator()) is data


def test_known_noise_has_a_floor():
    data = Data(torch.zeros(2, 1), torch.zeros(2, 1), torch.tensor([[0.0], [0.3]], dtype=torch.float64))
    assert known_noise(data).squeeze().tolist() == [LEAST_NOISE, 0.3]


def test_adam_takes_the_steps_of_torch():
    centre = normal(3, 4)
    x = torch.zeros(3, 4, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([x], lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, 50)
    for _ in range(50):
        theirs.zero_grad()
        ((x - centre) ** 4).sum().backward()
        theirs.step()
        schedule.step()
    ours = adam(lambda x: 4.0 * (x - centre) ** 3, torch.zeros(3, 4, dtype=torch.float64), 50, 0.1)
    assert torch.allclose(ours, x.detach(), rtol=1e-6, atol=1e-9)
