"""Expected hypervolume improvement in closed form, where all objectives but one are known."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.special import erfcx

FAR = -1e4  # below it, the leading term of an expansion is as exact as the sum
LEAST = 1e-100  # a side and a share: their logarithms must be numbers


class LogExpectedHypervolumeImprovement:
    """``log E[HVI]`` of one Gaussian objective f beside others that are known, all to be maximised.

    Box decomposition cuts what the Pareto front does not dominate into cells (lower, upper); a point improves on each by the
    product of its sides, and only one of them is uncertain (Yang et al. 2019, "Efficient computation of expected hypervolume
    improvement using box decomposition algorithms", for the product of independent Gaussians)::

        E[HVI] = sum_cells prod_known (min(c, upper) - lower)_+  *  (EI(lower) - EI(upper)),   EI(t) = E[(f - t)_+]

    summed in logarithms, so that a point far from any improvement still has a gradient.
    """

    def __init__(self, front: Tensor, reference: Tensor, uncertain: int) -> None:
        """Given the rows ``n x m`` that count, the reference point ``m``, and which objective is not known."""
        from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning

        lower, upper = FastNondominatedPartitioning(reference, front).get_hypercell_bounds()  # each cells x m
        self._uncertain, self._known = uncertain, [i for i in range(len(reference)) if i != uncertain]
        self._lower, self._upper = lower[:, self._known], upper[:, self._known]
        self._bounded = torch.isfinite(upper[:, uncertain])
        self._least = lower[:, uncertain]
        self._most = upper[:, uncertain].where(self._bounded, self._least + 1.0)  # a number: infinity has no gradient

    def __call__(self, means: Tensor, variance: Tensor) -> Tensor:
        """``b``, given the objectives' means ``b x m`` and the variance ``b`` of the one that is not known."""
        point = means[:, self._known].unsqueeze(-2)  # b x 1 x m - 1 against the cells
        volume = (torch.minimum(point, self._upper) - self._lower).clamp_min(LEAST).log().sum(-1)
        mean, deviation = means[:, self._uncertain, None], variance.sqrt().unsqueeze(-1)
        gain, beyond = log_improvement(mean, deviation, self._least), log_improvement(mean, deviation, self._most)
        share = torch.where(self._bounded, -torch.expm1(beyond - gain), 1.0)
        return torch.logsumexp(volume + gain + share.clamp_min(LEAST).log(), -1)


def log_improvement(mean: Tensor, deviation: Tensor, threshold: Tensor) -> Tensor:
    """Log of the expected improvement ``E[(f - threshold)_+]`` of ``f ~ N(mean, deviation^2)``, exact in both tails.

    ``deviation * h(z)`` with ``h(z) = phi(z) + z Phi(z)`` (Ament et al. 2023, eq. 9).
    """
    z = (mean - threshold) / deviation
    return deviation.log() + _log_h(z)


def _log_h(z: Tensor) -> Tensor:
    """Each branch is fed numbers of its own range only, so that no gradient of another one is NaN."""
    high, middle, low = z.clamp_min(-1.0), z.clamp(FAR, -1.0), z.clamp_max(FAR)
    density = -0.5 * high**2 - 0.5 * math.log(2.0 * math.pi)
    direct = (density.exp() + high * torch.special.ndtr(high)).log()
    mills = math.sqrt(math.pi / 2.0) * erfcx(-middle / math.sqrt(2.0))  # Phi / phi
    tail = torch.log1p(middle * mills) - 0.5 * middle**2
    farther = -2.0 * (-low).log() - 0.5 * low**2
    half = 0.5 * math.log(2.0 * math.pi)
    return torch.where(z > -1.0, direct, torch.where(z > FAR, tail, farther) - half)
