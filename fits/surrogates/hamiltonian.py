"""Hamiltonian Monte Carlo for many chains at once, its step size adapted by dual averaging.

``H = U(x) + p'p / 2``, ``p ~ N(0, I)``; the end of L leapfrog steps of size e is accepted with probability
``min(1, exp(H(before) - H(after)))`` (Neal 2011, figure 2).

While burning in, with d the target less the acceptance (Hoffman & Gelman 2014, algorithm 5)::

    D_m = D_{m-1} + (d_m - D_{m-1}) / (m + t0),    log e_m = mu - sqrt(m) / gamma D_m,
    log E_m = m^-kappa log e_m + (1 - m^-kappa) log E_{m-1},    E the size of the steps afterwards.

The number of leapfrog steps is drawn for each trajectory, lest one closes on itself (Neal 2011, section 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

Energy = Callable[[Tensor], tuple[Tensor, Tensor]]
"""``chains x size`` to the energy, ``chains``, and its gradient, ``chains x size``."""


@dataclass(frozen=True)
class Chains:
    """What the chains went through after burning in.

    Attributes
    ----------
    draws : ``samples x chains x size``.
    acceptance : mean probability of acceptance of each chain.
    step : size of a leapfrog step of each chain.
    """

    draws: Tensor
    acceptance: Tensor
    step: Tensor


def sample(
    energy: Energy,
    start: Tensor,
    *,
    burn_in: int,
    samples: int,
    leapfrog: int,
    generator: Generator,
    target: float = 0.8,
    first_step: float = 0.01,
) -> Chains:
    """Sample ``exp(-energy)``.

    Parameters
    ----------
    start : ``chains x size``.
    burn_in, samples : trajectories that are forgotten, and that are kept.
    leapfrog : mean number of steps of a trajectory; drawn uniformly between half and three halves of it.
    target : probability of acceptance that each chain's step size is adapted to while burning in.
    """
    x = start
    u, g = energy(x)
    averaging = _DualAveraging(torch.full((len(x),), first_step, dtype=x.dtype), target)
    draws, accepted = [], torch.zeros(len(x), dtype=x.dtype)
    for trajectory in range(burn_in + samples):
        step = averaging.step if trajectory < burn_in else averaging.averaged
        p = torch.randn(x.shape, dtype=x.dtype, generator=generator)
        steps = int(torch.randint(math.ceil(leapfrog / 2), leapfrog + leapfrog // 2 + 1, (), generator=generator))
        moved, new_u, new_g, new_p = _leapfrog(energy, x, g, p, step.unsqueeze(-1), steps)
        change = u - new_u + 0.5 * ((p * p).sum(-1) - (new_p * new_p).sum(-1))
        chance = torch.nan_to_num(change, nan=-math.inf).clamp_max(0.0).exp()  # a trajectory that ran away is rejected
        taken = torch.rand(len(x), dtype=x.dtype, generator=generator) < chance
        x, g = torch.where(taken.unsqueeze(-1), moved, x), torch.where(taken.unsqueeze(-1), new_g, g)
        u = torch.where(taken, new_u, u)
        if trajectory < burn_in:
            averaging.learn(chance)
        else:
            draws.append(x)
            accepted += chance / samples
    return Chains(torch.stack(draws), accepted, averaging.averaged)


def _leapfrog(energy: Energy, x: Tensor, g: Tensor, p: Tensor, step: Tensor, steps: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    p = p - 0.5 * step * g
    for i in range(steps):
        x = x + step * p
        u, g = energy(x)
        p = p - (step if i < steps - 1 else 0.5 * step) * g
    return x, u, g, p


class _DualAveraging:
    """Constants of Hoffman & Gelman 2014, section 3.2."""

    GAMMA, T0, KAPPA = 0.05, 10.0, 0.75

    def __init__(self, step: Tensor, target: float) -> None:
        self.step = step
        self.averaged = step
        self._target = target
        self._mu = torch.log(10.0 * step)
        self._error = torch.zeros_like(step)
        self._count = 0

    def learn(self, acceptance: Tensor) -> None:
        self._count += 1
        m = float(self._count)
        self._error = self._error + (self._target - acceptance - self._error) / (m + self.T0)
        log_step = self._mu - math.sqrt(m) / self.GAMMA * self._error
        weight = m**-self.KAPPA
        log_averaged = weight * log_step + (1.0 - weight) * torch.log(self.averaged)
        self.step, self.averaged = torch.exp(log_step), torch.exp(log_averaged)
