"""A known outcome as a model without doubt, beside the models of those that are learned."""

from __future__ import annotations

import math
from typing import cast

import torch
from botorch.models.deterministic import DeterministicModel
from torch import Tensor

from fits.bnn_bo.known import LinearSum, Quantity
from fits.space import Float, Integer
from fits.surrogates.outcome import Outcome


class KnownOutcome(DeterministicModel):
    """``X``, ``b x q x d``, to ``b x q x 1`` on a standard scale; a linear sum has a gradient, a pool's column none."""

    def __init__(self, quantity: Quantity, scale: Outcome) -> None:
        super().__init__()
        self._quantity, self._scale = quantity, scale
        self._num_outputs, self._batch_shape = 1, torch.Size()

    @property
    def batch_shape(self) -> torch.Size:
        return self._batch_shape

    def values(self, X: Tensor) -> Tensor:
        """``b x q``: on the outcome's own scale."""
        if isinstance(self._quantity, LinearSum):
            return _sum(self._quantity, X)
        return torch.from_numpy(self._quantity.at(X.detach().reshape(-1, X.shape[-1]).numpy())).reshape(X.shape[:-1])

    def forward(self, X: Tensor) -> Tensor:
        scale = self._scale
        scaled = (scale.sign * self.values(X) - scale.shift) / scale.size
        return ((scaled - scale.mean) / scale.deviation).unsqueeze(-1)


def _sum(its: LinearSum, X: Tensor) -> Tensor:
    """What `LinearSum.at` gives, also between the values that a parameter can have."""
    total = torch.full(X.shape[:-1], its.weights.get("", 0.0), dtype=X.dtype)
    for name, weight in its.weights.items():
        if name in its.encoding.space.fixed:
            total = total + weight * float(its.encoding.space.fixed[name])
        elif name:
            at, parameter = X[..., its.encoding.names.index(name)], cast("Float | Integer", its.encoding.space.parameters[name])
            low, high = float(parameter.low), float(parameter.high)
            number = torch.exp(math.log(low) + at * math.log(high / low)) if parameter.log else low + at * (high - low)
            total = total + weight * number
    return total
