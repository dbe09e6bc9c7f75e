"""Deep kernel: a Gaussian process over the last hidden layer of a network, ``k(x, x') = matern_5/2(phi(x), phi(x'))``.

First the network may be fitted to the rows by least squares, with a linear head; then its weights, a lengthscale a feature and
the noise go together to where marginal likelihood times priors is largest (Wilson et al. 2016).

That joint likelihood explains few rows only too well (Ober et al. 2021): the weights are pulled to where they started, a draw of
the prior, and how far they go is chosen on rows left out; the first choice is not to move them at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from fits.surrogates.adam import adam
from fits.surrogates.base import Data, State, pack, unpack
from fits.surrogates.gaussian import GaussianModel, Process, log_evidence, root_of
from fits.surrogates.kernels import matern, squared_distances
from fits.surrogates.networks import inputs_of
from fits.surrogates.prior import Coordinates
from fits.surrogates.rows import in_order
from fits.surrogates.stopping import StoppedNetwork
from fits.surrogates.weights import Weights


@dataclass(frozen=True)
class DeepKernel(StoppedNetwork):
    """The paper: hidden (128, 128, 128), 1,000 steps of pre-training at 1e-3, 1,000 to 5,000 of the joint likelihood at 1e-4.

    Attributes
    ----------
    pretraining, rate : steps of Adam by least squares, and the rate of these and of all weights.
    scale_steps, scale_rate : of Adam with the weights held, which gives the first state.
    steps, turns : of Adam with all together, and how many states are on the way.
    """

    pretraining: int = 0
    rate: float = 0.01
    scale_steps: int = 100
    scale_rate: float = 0.05
    steps: int = 300
    turns: int = 6

    def model(self, data: Data, state: State) -> GaussianModel:
        rows, x = in_order(data), unpack(state["at"])
        over = self._over(rows)

        def place(X: Tensor) -> Features:
            return features(over.coordinates, x, inputs_of(X, data.levels))

        process = Process(rows.X, rows.Y, over.variance(parts(over.coordinates, x)[0]), place, kernel)
        process.inflation = state["inflation"]
        return process

    def _path(self, data: Data, start: Tensor) -> Iterator[State]:
        over = self._over(data)
        network = pretrained(over, start, self.pretraining, self.rate)
        others = torch.zeros(1, self.hidden[-1] + 1, dtype=torch.float64)
        is_weight = torch.arange(over.coordinates.size + self.hidden[-1] + 1) < over.coordinates.network.count
        anchor = torch.where(is_weight, torch.cat([start, others], dim=-1), 0.0)

        def gradient(x: Tensor) -> Tensor:
            x = x.detach().requires_grad_()
            with torch.enable_grad():
                return torch.autograd.grad(-evidence(over, x), x)[0] + x.detach() - anchor

        x = torch.cat([network, others], dim=-1)
        for turn in range(self.turns + 1):
            steps = self.steps // self.turns if turn else self.scale_steps
            x = adam(gradient, x, steps, torch.where(is_weight, self.rate if turn else 0.0, self.scale_rate))
            yield {"noise": float(over.variance(parts(over.coordinates, x)[0]).mean()), "at": pack(x)}


def pretrained(over: Weights, start: Tensor, steps: int, rate: float) -> Tensor:
    """The network after least squares, its weights pulled to those of `start`; scales and noise stay at their medians."""
    is_weight = torch.arange(over.coordinates.size) < over.coordinates.network.count
    anchor = torch.where(is_weight, start, 0.0)
    return adam(lambda at: torch.where(is_weight, over.energy(at)[1] - anchor, 0.0), anchor, steps, rate)


def parts(coordinates: Coordinates, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of ``1 x (size + features + 1)``: the network ``1 x size``, the lengthscale of each feature, the mean of the process."""
    return x[:, : coordinates.size], torch.exp(x[0, coordinates.size : -1]), x[0, -1]


@dataclass(frozen=True)
class Features:
    """Of n points: phi in units of its lengthscales, ``n x features``, and the mean of the process, ``n x 1``."""

    phi: Tensor
    mean: Tensor

    def grouped(self, shape: tuple[int, ...]) -> Features:
        return Features(self.phi.reshape(*shape, -1), self.mean.reshape(*shape, 1))


def features(coordinates: Coordinates, x: Tensor, inputs: Tensor) -> Features:
    """At inputs of the network, ``n x columns``."""
    at, lengthscales, mean = parts(coordinates, x)
    return Features(coordinates.network.forward(coordinates.weights(at), inputs)[-2][0] / lengthscales, mean.expand(len(inputs), 1))


def evidence(over: Weights, x: Tensor) -> Tensor:
    """Log marginal likelihood of the rows under the deep kernel at x."""
    rows = features(over.coordinates, x, over.inputs)
    return log_evidence(root_of(kernel(rows, rows), over.variance(parts(over.coordinates, x)[0])), over.Y - rows.mean)


def kernel(a: Features, b: Features) -> Tensor:
    """``… x n x m``"""
    return matern(squared_distances(a.phi, b.phi))
