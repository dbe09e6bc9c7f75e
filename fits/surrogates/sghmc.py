"""Bayesian neural network by scale-adapted stochastic-gradient Hamiltonian Monte Carlo (BOHAMIANN, Springenberg et al. 2016).

With U the energy, V the estimated second moment of its gradient, e the step size and a the friction::

    v <- v - e^2 V^-1/2 dU - a v + N(0, 2 a e^2 V^-1/2 - e^4),    x <- x + v

    burning in, over a window of t steps:  t <- t - g^2 t / V + 1,    g <- g + (dU - g) / t,    V <- V + (dU^2 - V) / t
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from fits.surrogates.base import Data, State
from fits.surrogates.networks import Activation
from fits.surrogates.prior import PRIOR, Prior
from fits.surrogates.rows import in_order
from fits.surrogates.weights import Weights

if TYPE_CHECKING:
    from fits.surrogates.members import Members

LEAST_MOMENT = 1e-8  # of the gradient: where it vanishes, a coordinate would step without bounds


@dataclass(frozen=True)
class SGHMC:
    """The paper: one chain, every = 5.

    Attributes
    ----------
    steps, burn_in, every : of each chain: all, those forgotten, and which of the others are kept.
    step, friction : e and a.
    batch : rows of a gradient, drawn anew for each step; all rows where there are no more.
    """

    hidden: tuple[int, ...] = (32, 32)
    activation: Activation = "tanh"
    prior: Prior = PRIOR
    chains: int = 4
    steps: int = 2000
    burn_in: int = 1000
    every: int = 25
    step: float = 1e-2
    friction: float = 0.05
    batch: int = 256

    def fit(self, data: Data, seed: int) -> State:
        generator = torch.Generator().manual_seed(seed)
        over = Weights.over(in_order(data), self.hidden, self.activation, self.prior)
        draws = sample(
            lambda x: over.gradient(x, self.batch, generator),
            over.draw(self.chains, generator),
            steps=self.steps,
            burn_in=self.burn_in,
            step=self.step,
            friction=self.friction,
            estimated=len(data.X) > self.batch,
            every=self.every,
            generator=generator,
        )
        return over.state(draws.flatten(0, 1))

    def model(self, data: Data, state: State) -> Members:
        return Weights.over(data, self.hidden, self.activation, self.prior).members(state)


def sample(
    gradient: Callable[[Tensor], Tensor],
    start: Tensor,
    *,
    steps: int,
    burn_in: int,
    step: float,
    friction: float,
    estimated: bool,
    every: int,
    generator: Generator,
) -> Tensor:
    """Sample the density whose energy has this gradient.

    Parameters
    ----------
    start : ``chains x size``.
    estimated : whether the gradient is of drawn rows. The e^4 is the noise that it then brings along; where it brings none,
        taking that off cools the chain: variances came out at 40 % of what they should be.

    Returns
    -------
    ``(steps - burn_in) // every x chains x size``
    """
    x, v = start, torch.zeros_like(start)
    window, mean, moment = torch.ones_like(x), torch.zeros_like(x), torch.ones_like(x)
    draws = []
    for t in range(steps):
        g = gradient(x)
        if t < burn_in:
            share = 1.0 / (window + 1.0)
            window = 1.0 + window * (1.0 - mean * mean / moment)
            mean = mean + share * (g - mean)
            moment = (moment + share * (g * g - moment)).clamp_min(LEAST_MOMENT)
            size = step * step / moment.sqrt()
            noise = (2.0 * friction * size - (step**4 if estimated else 0.0)).clamp_min(0.0).sqrt()
        v = v - size * g - friction * v + noise * torch.randn(x.shape, dtype=x.dtype, generator=generator)
        x = x + v
        if t >= burn_in and (t - burn_in + 1) % every == 0:
            draws.append(x)
    return torch.stack(draws)
