"""Linearised Laplace: a network, and the exact posterior of its linearisation around the weights it was trained to.

``f(x) = f*(x) + J(x)(w - w*)``, ``w ~ N(0, S)``, ``y ~ N(f(x), noise)`` (Immer, Korzepa & Bauer 2021).

This is a Gaussian process, and its posterior that of the full generalised Gauss-Newton matrix, without a Kronecker or last-layer
approximation: with hundreds of rows and thousands of weights the exact way is also the cheap one (`fits.surrogates.linearised`).
Scales and noise are chosen by that process's marginal likelihood, in turns with steps of the weights (Immer, Bauer et al. 2021).

The weights go to no mode: they are pulled to where they started, a draw of the prior. At the mode all weights that the rows do
not ask for are zero, the kernel's rank is low, and hardly a doubt is left. Even so the network knows its own rows too well: how
far it is trained, and how much its variance is inflated, is chosen on rows left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from fits.surrogates.adam import adam
from fits.surrogates.base import Data, State, pack, unpack
from fits.surrogates.gaussian import GaussianModel, Process, log_evidence, root_of
from fits.surrogates.linearised import Linearisation, kernel, linearise
from fits.surrogates.networks import inputs_of
from fits.surrogates.rows import in_order
from fits.surrogates.stopping import StoppedNetwork
from fits.surrogates.weights import Weights


@dataclass(frozen=True)
class Laplace(StoppedNetwork):
    """The paper: 1,000 steps.

    Attributes
    ----------
    steps, rate : of Adam with the weights.
    turns : the steps are taken in as many parts, after each of which scales and noise are chosen anew: a state on the way.
    first_evidence_steps, evidence_steps, evidence_rate : of Adam along the marginal likelihood, before the first part, after each.
    """

    hidden: tuple[int, ...] = (64, 64)
    steps: int = 600
    rate: float = 0.02
    turns: int = 6
    first_evidence_steps: int = 40
    evidence_steps: int = 8
    evidence_rate: float = 0.1

    def model(self, data: Data, state: State) -> GaussianModel:
        rows, at = in_order(data), unpack(state["at"])
        over = self._over(rows)

        def place(X: Tensor) -> Linearisation:
            return linearise(over.coordinates, at, inputs_of(X, data.levels))

        process = Process(rows.X, rows.Y, over.variance(at), place, kernel)
        process.inflation = state["inflation"]
        return process

    def _path(self, data: Data, start: Tensor) -> Iterator[State]:
        over = self._over(data)
        is_weight = torch.arange(over.coordinates.size) < over.coordinates.network.count
        anchor = torch.where(is_weight, start, 0.0)

        def of_weights(at: Tensor) -> Tensor:
            return torch.where(is_weight, over.energy(at)[1] - anchor, 0.0)

        def of_scales(at: Tensor) -> Tensor:
            at = at.detach().requires_grad_()
            with torch.enable_grad():
                return torch.where(is_weight, 0.0, torch.autograd.grad(0.5 * (at * at).sum() - evidence(over, at), at)[0])

        at = anchor
        for turn in range(self.turns + 1):
            if turn:
                at = adam(of_weights, at, self.steps // self.turns, self.rate)
            at = adam(of_scales, at, self.evidence_steps if turn else self.first_evidence_steps, self.evidence_rate)
            yield {"noise": float(over.variance(at).mean()), "at": pack(at)}


def evidence(over: Weights, at: Tensor) -> Tensor:
    """Log marginal likelihood of the rows under the linearisation at `at`."""
    rows = linearise(over.coordinates, at, over.inputs)
    return log_evidence(root_of(kernel(rows, rows), over.variance(at)), over.Y - rows.mean)
