"""Deep ensemble: networks at modes of the posterior density, each over rows of its own.

``argmin_x sum_i (y_i + e_i - f(x_i))^2 / (2 s^2) + |x - a|^2 / 2``, from a start of its own.

With a = 0 and e = 0 an ensemble as Lakshminarayanan et al. 2017 have it. With a ~ N(0, I) and e_i ~ N(0, s^2) the members differ
where there are no rows, and are exact draws from the posterior where f is linear in the weights (Pearce et al. 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fits.surrogates.adam import adam
from fits.surrogates.base import Data, State
from fits.surrogates.networks import Activation
from fits.surrogates.prior import Prior
from fits.surrogates.rows import in_order
from fits.surrogates.weights import Weights

if TYPE_CHECKING:
    from fits.surrogates.members import Members

PRIOR = Prior(noise=0.01, noise_spread=0.0)  # at a mode, a free noise falls to its floor
NOISES = torch.logspace(-4.0, 0.5, 46, dtype=torch.float64)  # candidates for the predictive variance


@dataclass(frozen=True)
class Ensemble:
    """The noise of a prediction is the one under which the rows that members have not seen are likeliest.

    Attributes
    ----------
    share : of the rows that a member sees.
    anchored : whether a and e are drawn.
    steps, rate : of Adam.
    batch : rows of a gradient, drawn anew for each step; all rows where there are no more.
    """

    members: int = 10
    share: float = 0.8
    anchored: bool = True
    hidden: tuple[int, ...] = (32, 32)
    activation: Activation = "tanh"
    prior: Prior = PRIOR
    steps: int = 1000
    rate: float = 0.02
    batch: int = 256

    def fit(self, data: Data, seed: int) -> State:
        generator = torch.Generator().manual_seed(seed)
        over = Weights.over(in_order(data), self.hidden, self.activation, self.prior)
        start = over.draw(self.members, generator)
        order = torch.rand(self.members, len(data.X), dtype=torch.float64, generator=generator).argsort(-1)
        share = max(1, round(self.share * len(data.X)))
        seen, unseen = order[:, :share], order[:, share:]
        fitted, anchor = over.on(seen), torch.zeros_like(start)
        if self.anchored:
            anchor = over.draw(self.members, generator)
            variance = over.coordinates.noise(start[:, -1:]).unsqueeze(-1) if fitted.known is None else fitted.known
            errors = torch.randn(fitted.Y.shape, dtype=torch.float64, generator=generator)
            fitted = replace(fitted, Y=fitted.Y + variance.sqrt() * errors)
        at = adam(lambda x: fitted.gradient(x, self.batch, generator) - anchor, start, self.steps, self.rate)
        state = over.state(at)
        if over.known is None and unseen.shape[-1]:
            state["noise"] = _noise_of_unseen(over, at, unseen)
        return state

    def model(self, data: Data, state: State) -> Members:
        return Weights.over(data, self.hidden, self.activation, self.prior).members(state)


def _noise_of_unseen(over: Weights, at: Tensor, unseen: Tensor) -> float:
    """Where the mixture of those members that have not seen a row gives all such rows the largest density together."""
    values = over.coordinates.network.forward(over.coordinates.weights(at), over.inputs)[-1].squeeze(-1)  # members x n
    blind = torch.zeros(values.shape, dtype=torch.bool).scatter_(1, unseen, True)
    squared = (values - over.Y.squeeze(-1)) ** 2
    density = -0.5 * (squared / NOISES[:, None, None] + NOISES.log()[:, None, None])
    mixture = torch.logsumexp(density.masked_fill(~blind, -math.inf), 1)[:, blind.any(0)]
    return float(NOISES[mixture.sum(-1).argmax()])
