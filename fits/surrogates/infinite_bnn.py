"""Bayesian network of infinite width: a Gaussian process under the arc-cosine or the error-function kernel.

With weight variance v_w, bias variance v_b and L layers (Cho & Saul 2009; Williams 1996; Lee et al. 2018, eq. 5)::

    k_0 = v_b + v_w <x, x'> / d
    k_l = v_b + v_w / (2 pi) * sqrt(K11 K22) (sin t + (pi - t) cos t),   cos t = K12 / sqrt(K11 K22)       (relu)
    k_l = v_b + 2 v_w / pi * asin(2 K12 / sqrt((1 + 2 K11) (1 + 2 K22)))                                   (erf)

where K is k_{l-1} at (x, x), (x, x') and (x', x'). Inputs are centred: x in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from gpytorch.kernels import Kernel, ScaleKernel
from torch import Tensor

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained, untrained
from fits.surrogates.features import one_hot

if TYPE_CHECKING:
    from botorch.models import SingleTaskGP

Activation = Literal["relu", "erf"]
CLOSEST = 1.0 - 1e-12  # cosine beyond which the derivative of the arc cosine is lost in rounding


class InfiniteNetwork(Kernel):  # type: ignore[misc]
    """Covariance of the outputs of a wide network with independent normal weights, at inputs in the encoding of `fits.space`."""

    def __init__(
        self, *, depth: int, weight_variance: float, bias_variance: float, activation: Activation, levels: Mapping[int, int]
    ):
        super().__init__()
        self.depth, self.weight_variance, self.bias_variance = depth, weight_variance, bias_variance
        self.activation, self.levels = activation, dict(levels)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """``... x n x d`` and ``... x m x d`` to ``... x n x m``, or with `diag` ``... x n``."""
        a, b = (2.0 * one_hot(x, self.levels) - 1.0 for x in (x1, x2))
        d = a.shape[-1]
        first = (a * b).sum(-1) if diag else a @ b.transpose(-1, -2)
        own_a, own_b = (a * a).sum(-1), (b * b).sum(-1)
        if not diag:
            own_a, own_b = own_a.unsqueeze(-1), own_b.unsqueeze(-2)
        cross, own_a, own_b = (self._affine(k / d) for k in (first, own_a, own_b))
        for _layer in range(self.depth):
            cross, own_a, own_b = (
                self._layer(cross, own_a, own_b),
                self._layer(own_a, own_a, own_a),
                self._layer(own_b, own_b, own_b),
            )
        return cross

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

    def fit(self, data: Data, seed: int) -> State:
        return trained(self._untrained(data), seed)

    def model(self, data: Data, state: State) -> SingleTaskGP:
        return restored(self._untrained(data), state)

    def _untrained(self, data: Data) -> SingleTaskGP:
        network = InfiniteNetwork(
            depth=self.depth,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
            activation=self.activation,
            levels=data.levels,
        )
        kernel = ScaleKernel(network)
        kernel.outputscale = 1.0 / self._prior_variance(network)
        return untrained(data, kernel)

    @staticmethod
    def _prior_variance(network: InfiniteNetwork) -> float:
        """Of the function at an input of size one in each dimension: the scale starts where outputs have variance 1."""
        k = torch.ones(1, dtype=torch.float64)
        k = network._affine(k)
        for _ in range(network.depth):
            k = network._layer(k, k, k)
        return float(k)
