"""Variational Bayesian last layer: a network whose last layer has a posterior q, all learned together.

``y = phi(x) . w + e``, phi the last hidden layer in units of the prior, ``p(w) = N(0, I)``, ``q(w) = N(m, R R^T)``.

Maximised is (Harrison, Willes & Snoek 2024, theorem 1)::

    sum_i [log N(y_i; phi_i . m, s_i) - |R^T phi_i|^2 / (2 s_i)] - KL(q | p) + log p(other weights, scales, noise)

The paper takes gradient steps for q too. Here q is, before each step of the rest, where the bound is largest, which is where it is
tight: hundreds of rows allow the closed form, and then the bound's slope in the rest is that of the marginal likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from fits.surrogates.adam import adam
from fits.surrogates.base import Data, State, pack, unpack
from fits.surrogates.gaussian import LastLayer
from fits.surrogates.rows import in_order
from fits.surrogates.stopping import StoppedNetwork


@dataclass(frozen=True)
class VBLL(StoppedNetwork):
    """Weights are pulled to where they started, a draw of the prior, so that features which the rows do not ask for stay.

    Attributes
    ----------
    scale_steps, scale_rate : of Adam with the weights held, which gives the first state; the rate of scales and noise afterwards.
    steps, rate, turns : of Adam with the weights, and how many states are on the way.
    """

    hidden: tuple[int, ...] = (32, 64)
    scale_steps: int = 50
    scale_rate: float = 0.05
    steps: int = 300
    rate: float = 0.02
    turns: int = 6
    rows: int = 512

    def model(self, data: Data, state: State) -> LastLayer:
        over, at = self._over(in_order(data)), unpack(state["at"])
        phi = over.coordinates.last_hidden(at, over.inputs)
        layer = LastLayer(over, at, *best_posterior(phi, over.variance(at), over.Y))
        layer.inflation = state["inflation"]
        return layer

    def _path(self, data: Data, start: Tensor) -> Iterator[State]:
        over = self._over(data)
        is_weight = torch.arange(over.coordinates.size) < over.coordinates.network.count
        anchor = torch.where(is_weight, start, 0.0)

        def gradient(at: Tensor) -> Tensor:
            at = at.detach().requires_grad_()
            with torch.enable_grad():
                phi, variance = over.coordinates.last_hidden(at, over.inputs), over.variance(at)
                m, R = best_posterior(phi.detach(), variance.detach(), over.Y)
                return torch.autograd.grad(-expected_log_likelihood(phi, over.Y, variance, m, R), at)[0] + at.detach() - anchor

        at = anchor
        for turn in range(self.turns + 1):
            steps = self.steps // self.turns if turn else self.scale_steps
            at = adam(gradient, at, steps, torch.where(is_weight, self.rate if turn else 0.0, self.scale_rate))
            yield {"noise": float(over.variance(at).mean()), "at": pack(at)}


def expected_log_likelihood(phi: Tensor, Y: Tensor, variance: Tensor, m: Tensor, R: Tensor) -> Tensor:
    """``sum_i E_q log N(y_i; phi_i . w, s_i)``; phi ``n x features``, Y and variance ``n x 1``, m and R of q."""
    squared = (Y - phi @ m.unsqueeze(-1)) ** 2 + ((phi @ R) ** 2).sum(-1, keepdim=True)
    return -0.5 * (squared / variance + torch.log(2.0 * math.pi * variance)).sum()


def best_posterior(phi: Tensor, variance: Tensor, Y: Tensor) -> tuple[Tensor, Tensor]:
    """m and R of ``N(A^-1 phi^T Y / s, A^-1)``, ``A = phi^T phi / s + I = L L^T``, ``R = L^-T`` (Bishop 2006, eq. 3.50 to 3.54)."""
    weighted = phi / variance
    eye = torch.eye(phi.shape[-1], dtype=phi.dtype)
    L = torch.linalg.cholesky(weighted.mT @ phi + eye)
    return torch.cholesky_solve(weighted.mT @ Y, L).squeeze(-1), torch.linalg.solve_triangular(L, eye, upper=False).mT
