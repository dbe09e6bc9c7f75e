"""Multilayer perceptrons as plain tensors: many members with the same layers are one tensor.

``h_0 = x``, ``a_l = h_{l-1} W_l + b_l``, ``h_l = activation(a_l)``, ``f = a_L``.

A member is a row of ``members x count``: the entries of W_1, b_1, W_2, b_2, … one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from fits.surrogates.features import one_hot

Activation = Literal["tanh", "relu"]


@dataclass(frozen=True)
class Network:
    """The layers of a perceptron.

    Attributes
    ----------
    sizes : of the input, of each hidden layer, of the output. Without a hidden layer it is a linear model.
    """

    sizes: tuple[int, ...]
    activation: Activation = "tanh"

    @cached_property
    def count(self) -> int:
        """Number of weights and biases of a member."""
        return sum((inputs + 1) * outputs for inputs, outputs in self._layers)

    @property
    def _layers(self) -> list[tuple[int, int]]:
        return list(zip(self.sizes[:-1], self.sizes[1:], strict=True))

    def split(self, weights: Tensor) -> list[tuple[Tensor, Tensor]]:
        """``… x count`` to W ``… x in x out`` and b ``… x 1 x out`` of each layer."""
        layers, start = [], 0
        for inputs, outputs in self._layers:
            middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
            W, b = weights[..., start:middle], weights[..., middle:end]
            layers.append((W.reshape(*W.shape[:-1], inputs, outputs), b.unsqueeze(-2)))
            start = end
        return layers

    def forward(self, weights: Tensor, inputs: Tensor) -> list[Tensor]:
        """``h_0, …, h_{L-1}, f``.

        Parameters
        ----------
        weights : ``members x count``.
        inputs : ``n x in``, the same for all members, or ``members x n x in``.

        Returns
        -------
        Each ``members x n x width``.
        """
        h = inputs.expand(len(weights), *inputs.shape[-2:])
        values = [h]
        layers = self.split(weights)
        for i, (W, b) in enumerate(layers):
            h = torch.baddbmm(b, h, W)
            if i < len(layers) - 1:
                h = torch.tanh(h) if self.activation == "tanh" else torch.relu(h)
            values.append(h)
        return values

    def deltas(self, weights: Tensor, values: list[Tensor], output: Tensor) -> list[Tensor]:
        """Backpropagation: the derivative of ``sum(output * f)`` by the ``a_l`` of each layer.

        `values` as `forward` returned them; `output` ``members x n x out``. Written out because the samplers call it thousands
        of times, and because Laplace's kernel is made of these derivatives, which must themselves be differentiable in x.
        """
        layers = self.split(weights)
        delta = output
        found = [delta]
        for (W, _), h in zip(layers[:0:-1], values[-2:0:-1], strict=True):
            back = torch.bmm(delta, W.mT)
            delta = torch.addcmul(back, back * h, h, value=-1.0) if self.activation == "tanh" else back * (h > 0.0)
            found.append(delta)
        return found[::-1]

    def gradient(self, values: list[Tensor], deltas: list[Tensor]) -> Tensor:
        """The derivative by the weights, ``members x count``, from `forward` and `deltas`."""
        parts = []
        for h, delta in zip(values, deltas, strict=False):
            parts += [torch.bmm(h.mT, delta).flatten(-2), delta.sum(-2)]
        return torch.cat(parts, dim=-1)


def inputs_of(X: Tensor, levels: Mapping[int, int]) -> Tensor:
    """``… x d`` to the inputs of a network ``… x width``: each dimension has mean 0 and variance 1 where X is uniform.

    A categorical dimension is one column a level whose variances sum to 1, so that it counts as much as a numeric one.
    """
    if not levels:
        return (X - 0.5) * math.sqrt(12.0)
    columns = one_hot(X, levels)
    shift, scale = [], []
    for i in range(X.shape[-1]):
        k = levels.get(i, 0)
        shift += [1.0 / k] * k if k else [0.5]
        scale += [math.sqrt(k / max(k - 1, 1))] * k if k else [math.sqrt(12.0)]
    return (columns - X.new_tensor(shift)) * X.new_tensor(scale)


def dimension_of_columns(d: int, levels: Mapping[int, int]) -> list[int]:
    """The dimension that each column of `inputs_of` comes from."""
    return [i for i in range(d) for _ in range(levels.get(i, 1))]
