"""The prior of a network's weights, of their scales and of the noise, in coordinates in which it is standard normal.

``w_i = z_i exp(s_i) / sqrt(fan_in)``, ``s = centre + T eta``, ``noise = least + exp(centre + spread nu)``;  z, eta, nu ~ N(0, 1).

The scales are those of each layer's weights and biases, and one a dimension of x (automatic relevance determination, Neal 1996).
Divided by the fan-in, narrow and wide networks have outputs of one size; coordinates of one size suit a sampler; and as scales and
noise are learned with the weights, nothing has to be chosen on held-out rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from fits.surrogates.networks import Network
from fits.surrogates.rows import LEAST_NOISE


@dataclass(frozen=True)
class Prior:
    """Medians, and standard deviations of the logarithms. A standard deviation of 0 fixes a scale at its median.

    Attributes
    ----------
    input, hidden, output, bias : of the weights of the first layer, of those between, of the last, and of all biases.
    spread : of these four, in each layer.
    relevance : standard deviation of the logarithm of a dimension's scale.
    noise, noise_spread : of the variance of the noise; BoTorch's prior.
    """

    input: float = 1.5
    hidden: float = 1.5
    output: float = 1.0
    bias: float = 1.0
    spread: float = 0.5
    relevance: float = 0.7
    noise: float = math.exp(-4.0)
    noise_spread: float = 1.0


PRIOR = Prior()


@dataclass(frozen=True)
class Coordinates:
    """``members x size``: z, eta and nu of each member, in this order.

    Attributes
    ----------
    dimensions : the dimension of x that each input of the network comes from.
    """

    network: Network
    prior: Prior
    dimensions: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.network.count + self.scales + 1

    @property
    def scales(self) -> int:
        """Number of entries of eta."""
        return self.tree.shape[1]

    def split(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """z, eta and nu."""
        p = self.network.count
        return at[..., :p], at[..., p:-1], at[..., -1:]

    def scale(self, eta: Tensor) -> Tensor:
        """Standard deviation of each weight given the scales: ``members x count``."""
        return torch.exp(self._centre + eta @ self.tree.mT)[..., self.segment] * self._root

    def weights(self, at: Tensor) -> Tensor:
        """``members x count``."""
        z, eta, _ = self.split(at)
        return z * self.scale(eta)

    def noise(self, nu: Tensor) -> Tensor:
        """Variance of the noise: ``members x 1``."""
        return LEAST_NOISE + torch.exp(math.log(self.prior.noise) + self.prior.noise_spread * nu)

    def last_hidden(self, at: Tensor, inputs: Tensor) -> Tensor:
        """phi of ``f = phi @ z``, z those of the last layer: the last hidden layer in units of the prior, then the bias's unit.

        One member `at` ``1 x size`` and inputs ``n x columns`` to ``n x (width + 1)``.
        """
        h = self.network.forward(self.weights(at), inputs)[-2][0]
        W, b = self.network.split(self.scale(self.split(at)[1]))[-1]
        return torch.cat([h * W[0, :, 0], b[0].expand(len(h), 1)], dim=-1)

    @property
    def _d(self) -> int:
        return max(self.dimensions) + 1

    @property
    def _layers(self) -> list[tuple[int, int]]:
        return list(zip(self.network.sizes[:-1], self.network.sizes[1:], strict=True))

    @cached_property
    def segment(self) -> Tensor:
        """Which segment each weight belongs to: those of each dimension, then b_1, W_2, b_2, … share their scale."""
        segment = []
        for layer, (inputs, outputs) in enumerate(self._layers):
            of_inputs = self.dimensions if layer == 0 else [self._d + 2 * layer - 1] * inputs
            segment += [i for i in of_inputs for _ in range(outputs)] + [self._d + 2 * layer] * outputs
        return torch.tensor(segment)

    @cached_property
    def tree(self) -> Tensor:
        """T, ``segments x scales``; the scales are one a dimension, then those of W_1, b_1, W_2, …"""
        d, others = self._d, 2 * len(self._layers) - 1
        T = torch.zeros(d + others, d + others + 1, dtype=torch.float64)
        T[:d, :d] = self.prior.relevance * torch.eye(d, dtype=torch.float64)
        T[:d, d] = self.prior.spread
        T[d:, d + 1 :] = self.prior.spread * torch.eye(others, dtype=torch.float64)
        return T

    @cached_property
    def _centre(self) -> Tensor:
        last = len(self._layers) - 1
        medians: list[float] = []
        for layer in range(last + 1):
            weight = self.prior.output if layer == last else self.prior.hidden if layer else self.prior.input
            medians += [weight] * (1 if layer else self._d) + [self.prior.bias]
        return torch.tensor(medians, dtype=torch.float64).log()

    @cached_property
    def _root(self) -> Tensor:
        """``1 / sqrt(fan_in)`` of each weight; that of the first layer is the number of dimensions, not of columns."""
        roots = []
        for layer, (inputs, outputs) in enumerate(self._layers):
            fan_in = inputs if layer else self._d
            roots += [1.0 / math.sqrt(fan_in)] * (inputs * outputs) + [1.0] * outputs
        return torch.tensor(roots, dtype=torch.float64)
