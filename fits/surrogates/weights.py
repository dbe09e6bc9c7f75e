"""The posterior density of networks over rows: ``y_i ~ N(f(x_i), noise)`` under the prior of `fits.surrogates.prior`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from fits.surrogates.base import Data, State, pack, unpack
from fits.surrogates.networks import Activation, Network, dimension_of_columns, inputs_of
from fits.surrogates.prior import Coordinates, Prior
from fits.surrogates.rows import LEAST_NOISE, known_noise

if TYPE_CHECKING:
    from fits.surrogates.members import Members


@dataclass(frozen=True)
class Weights:
    """Networks, and the rows that they are to explain.

    Attributes
    ----------
    inputs : ``n x columns``, or ``members x n x columns`` where each member has rows of its own.
    Y, known : outcomes and, where known, the variance of their noise; ``n x 1`` or ``members x n x 1``.
    """

    coordinates: Coordinates
    inputs: Tensor
    Y: Tensor
    known: Tensor | None
    levels: Mapping[int, int]

    @classmethod
    def over(cls, data: Data, hidden: tuple[int, ...], activation: Activation, prior: Prior) -> Weights:
        dimensions = tuple(dimension_of_columns(data.X.shape[-1], data.levels))
        network = Network((len(dimensions), *hidden, 1), activation)
        return cls(Coordinates(network, prior, dimensions), inputs_of(data.X, data.levels), data.Y, known_noise(data), data.levels)

    def on(self, rows: Tensor) -> Weights:
        """The same networks over some rows: ``m``, or ``members x m`` for rows of its own for each member."""
        known = None if self.known is None else self.known[..., rows, :]
        return replace(self, inputs=self.inputs[..., rows, :], Y=self.Y[..., rows, :], known=known)

    def draw(self, members: int, generator: Generator) -> Tensor:
        """Members from the prior."""
        return torch.randn(members, self.coordinates.size, dtype=torch.float64, generator=generator)

    def energy(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """``-log p(Y, at)`` without the constant, ``members``, and its gradient, ``members x size``."""
        z, eta, nu = self.coordinates.split(at)
        scale = self.coordinates.scale(eta)
        weights = z * scale
        network = self.coordinates.network
        values = network.forward(weights, self.inputs)
        residual = values[-1] - self.Y
        variance = self.coordinates.noise(nu).unsqueeze(-1) if self.known is None else self.known
        scaled = residual / variance
        loss = 0.5 * (residual * scaled + torch.log(variance)).sum((-2, -1))
        by_weight = network.gradient(values, network.deltas(weights, values, scaled))
        tree = self.coordinates.tree
        by_segment = torch.zeros(len(at), len(tree), dtype=at.dtype)
        by_segment.index_add_(1, self.coordinates.segment, by_weight * weights)
        by_nu = torch.zeros_like(nu)
        if self.known is None:
            by_variance = 0.5 * (1.0 / variance - scaled * scaled).sum(-2)
            by_nu = by_variance * (variance.squeeze(-1) - LEAST_NOISE) * self.coordinates.prior.noise_spread
        gradient = torch.cat([by_weight * scale, by_segment @ tree, by_nu], dim=-1) + at
        return loss + 0.5 * (at * at).sum(-1), gradient

    def gradient(self, at: Tensor, batch: int, generator: Generator) -> Tensor:
        """Of the energy; where there are more than `batch` rows, an unbiased estimate from as many drawn ones."""
        n = self.inputs.shape[-2]
        if n <= batch:
            return self.energy(at)[1]
        rows = torch.randint(n, (batch,), generator=generator)
        return at + n / batch * (self.on(rows).energy(at)[1] - at)  # the prior counts once

    def variance(self, at: Tensor) -> Tensor:
        """Of each row's noise under one member ``1 x size``: ``n x 1``."""
        return self.coordinates.noise(at[:, -1:]).expand_as(self.Y) if self.known is None else self.known

    def state(self, at: Tensor) -> State:
        """The networks, and the geometric mean of their noise's variance, as JSON."""
        noise = self.coordinates.noise(at[..., -1:]).log().mean().exp() if self.known is None else self.known.mean()
        return {"noise": float(noise), "weights": pack(self.coordinates.weights(at))}

    def members(self, state: State) -> Members:
        """The mixture of the networks that `state` wrote."""
        from fits.surrogates.members import Members

        return Members(self.coordinates.network, unpack(state["weights"]), self.levels)
