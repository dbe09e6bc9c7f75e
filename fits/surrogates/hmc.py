"""Bayesian neural network by Hamiltonian Monte Carlo over all weights, their scales and the noise (Neal 1996).

Scales and noise have priors and are sampled with the weights: the posterior is their mixture, and no rows are held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from fits.surrogates.base import Data, State
from fits.surrogates.hamiltonian import sample
from fits.surrogates.networks import Activation
from fits.surrogates.prior import PRIOR, Prior
from fits.surrogates.rows import at_most, in_order
from fits.surrogates.weights import Weights

if TYPE_CHECKING:
    from fits.surrogates.members import Members


@dataclass(frozen=True)
class HMC:
    """Li, Rudner & Wilson 2024 take three layers of 128, and 100 to 500 trajectories each of burning in and of samples.

    Attributes
    ----------
    chains, burn_in, samples, leapfrog : as in `sample`; the chains start from draws of the prior and run side by side.
    members : networks of the posterior, evenly taken from all samples.
    rows : a random part of the rows, beyond which the cost does not grow.
    """

    hidden: tuple[int, ...] = (32, 32)
    activation: Activation = "tanh"
    prior: Prior = PRIOR
    chains: int = 8
    burn_in: int = 80
    samples: int = 60
    members: int = 128
    leapfrog: int = 16
    rows: int = 512

    def fit(self, data: Data, seed: int) -> State:
        generator = torch.Generator().manual_seed(seed)
        data = at_most(in_order(data), self.rows, generator)
        over = Weights.over(data, self.hidden, self.activation, self.prior)
        start = over.draw(self.chains, generator)
        chains = sample(over.energy, start, burn_in=self.burn_in, samples=self.samples, leapfrog=self.leapfrog, generator=generator)
        draws = chains.draws.flatten(0, 1)
        kept = torch.linspace(0, len(draws) - 1, min(self.members, len(draws))).round().long()
        return over.state(draws[kept]) | {"acceptance": chains.acceptance.tolist()}

    def model(self, data: Data, state: State) -> Members:
        return Weights.over(data, self.hidden, self.activation, self.prior).members(state)
