"""Bayesian network of infinite width: a Gaussian process under the arc-cosine or the error-function kernel.

With weight variance v_w, bias variance v_b and L layers (Cho & Saul 2009; Williams 1996; Lee et al. 2018)::

    k_0 = v_b + v_w <x, x'> / d
    k_l = v_b + v_w / (2 pi) * sqrt(K11 K22) (sin t + (pi - t) cos t),   cos t = K12 / sqrt(K11 K22)       (relu)
    k_l = v_b + 2 v_w / pi * asin(2 K12 / sqrt((1 + 2 K11) (1 + 2 K22)))                                   (erf)

where K is k_{l-1} at (x, x), (x, x') and (x', x'). Inputs are centred: x in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained
from fits.surrogates.features import one_hot

if TYPE_CHECKING:
    from fits.surrogates.gaussian import GaussianModel

Activation = Literal["relu", "erf"]
CLOSEST = 1.0 - 1e-12  # cosine beyond which the derivative of the arc cosine is lost in rounding
WIDEST = 15.0  # logarithm of how far the scale may go from its start


@dataclass(frozen=True)
class Inputs:
    """Of n points: inputs of the network, ``n x columns``, and the mean of the process, ``n x 1``."""

    inputs: Tensor
    mean: Tensor

    def grouped(self, shape: tuple[int, ...]) -> Inputs:
        """The points as ``b x q`` instead of ``n``."""
        return Inputs(self.inputs.reshape(*shape, -1), self.mean.reshape(*shape, 1))


@dataclass(frozen=True)
class InfiniteNetwork:
    """Covariance of the outputs of a wide network with independent normal weights, times a scale: its only hyperparameter.

    Defaults are the paper's for relu.
    """

    levels: Mapping[int, int] = field(default_factory=dict)
    depth: int = 3
    weight_variance: float = 10.0
    bias_variance: float = 1.6
    activation: Activation = "relu"

    def start(self) -> Tensor:
        """Where outputs have variance 1 at an input of size one in each dimension."""
        k = self._affine(torch.ones(1, dtype=torch.float64))
        for _ in range(self.depth):
            k = self._layer(k, k, k)
        return -torch.log(k)

    def bounds(self) -> list[tuple[float | None, float | None]]:
        middle = float(self.start())
        return [(middle - WIDEST, middle + WIDEST)]

    def log_prior(self, logs: Tensor) -> Tensor:
        """Flat."""
        return torch.zeros((), dtype=logs.dtype)

    def place(self, logs: Tensor, mean: Tensor, X: Tensor) -> Inputs:  # noqa: ARG002 - they count in between
        return Inputs(2.0 * one_hot(X, self.levels) - 1.0, mean.expand(len(X), 1))

    def between(self, logs: Tensor, a: Inputs, b: Inputs) -> Tensor:
        """``… x n x m``"""
        d = a.inputs.shape[-1]
        own_a, own_b = (a.inputs**2).sum(-1).unsqueeze(-1), (b.inputs**2).sum(-1).unsqueeze(-2)
        cross, own_a, own_b = (self._affine(k / d) for k in (a.inputs @ b.inputs.mT, own_a, own_b))
        for _ in range(self.depth):
            cross, own_a, own_b = (
                self._layer(cross, own_a, own_b),
                self._layer(own_a, own_a, own_a),
                self._layer(own_b, own_b, own_b),
            )
        return torch.exp(logs) * cross

    def _affine(self, k: Tensor) -> Tensor:
        return self.bias_variance + self.weight_variance * k

    def _layer(self, cross: Tensor, own_a: Tensor, own_b: Tensor) -> Tensor:
        if self.activation == "erf":
            sine = 2.0 * cross / torch.sqrt((1.0 + 2.0 * own_a) * (1.0 + 2.0 * own_b))
            return self._affine(2.0 / math.pi * torch.asin(sine.clamp(-CLOSEST, CLOSEST)))
        size = torch.sqrt(own_a * own_b)
        cosine = (cross / size).clamp(-CLOSEST, CLOSEST)
        angle = torch.acos(cosine)
        return self._affine(size * (torch.sin(angle) + (math.pi - angle) * cosine) / (2.0 * math.pi))


@dataclass(frozen=True)
class InfiniteBNN:
    """Only the mean, the output's scale and the noise are learned; depth and variances are the paper's for relu."""

    depth: int = 3
    weight_variance: float = 10.0
    bias_variance: float = 1.6
    activation: Activation = "relu"

    def fit(self, data: Data, seed: int) -> State:  # noqa: ARG002 - nothing is drawn
        return trained(data, self._kernel(data))

    def model(self, data: Data, state: State) -> GaussianModel:
        return restored(data, self._kernel(data), state)

    def _kernel(self, data: Data) -> InfiniteNetwork:
        return InfiniteNetwork(data.levels, self.depth, self.weight_variance, self.bias_variance, self.activation)
