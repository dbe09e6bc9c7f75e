"""What evaluating a point is worth: the logarithm of the improvement it can be expected to bring, in a form that can be climbed.

    log EI(x) + sum_i log P(c_i(x) <= limit_i) - log cost(x)

Expected improvement is in closed form where one objective is uncertain and observed with next to no noise (Ament et al. 2023, eq.
9; beside known ones: `fits.acquisition.hypervolume`). Else it is taken over noisy rows and pending points by quasi-Monte Carlo with
base samples that stay the same (qLogNEI); of several objectives it is that of the hypervolume (qLogNEHVI). The factors multiply
because outcomes are modelled independently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.special import log_ndtr

from fits.acquisition.beliefs import Beliefs, Limit
from fits.acquisition.hypervolume import LogExpectedHypervolumeImprovement, log_improvement
from fits.surrogates.base import moments

if TYPE_CHECKING:
    from botorch.sampling.base import MCSampler

QUIET = 0.05  # share of the variance of the outcomes that is noise, up to which an observation is taken for the function's value
SAMPLES = 128  # of quasi-Monte Carlo
ROUGHLY = 16  # of them, to tell which of thousands of points are worth a closer look
LEAST_VARIANCE = 1e-12


Improvement = Callable[[Tensor], Tensor]
"""``b x 1 x d`` to ``b``."""


class Worth(torch.nn.Module):
    """``b x 1 x d`` to ``b``: the sum of the logarithms above. `improvement` is None where no row is within the limits yet.

    `rough` is nearly the same and much faster; None where there is nothing much faster.
    """

    def __init__(
        self,
        improvement: Improvement | None,
        limits: Sequence[Limit],
        log_cost: Callable[[Tensor], Tensor] | None,
        rough: Worth | None = None,
    ) -> None:
        super().__init__()
        self.improvement, self.limits, self.log_cost, self.rough = improvement, limits, log_cost, rough

    def forward(self, X: Tensor) -> Tensor:
        total = torch.zeros(X.shape[0], dtype=X.dtype) if self.improvement is None else self.improvement(X)
        for limit in self.limits:
            total = total + log_chance(limit, X)
        if self.log_cost is not None:
            total = total - self.log_cost(X)
        return total


def log_chance(limit: Limit, X: Tensor) -> Tensor:
    """Log of the probability that a limit is kept at each of ``b x 1 x d``."""
    mean, variance = moments(limit.model, X.squeeze(-2))
    room = limit.limit - mean if limit.at_most else mean - limit.limit
    chance: Tensor = log_ndtr(room / variance.clamp_min(LEAST_VARIANCE).sqrt())
    return chance


def worth(beliefs: Beliefs, pending: Tensor | None, seed: int) -> Worth:
    """What each point is worth given `beliefs` and the points ``p x d`` that are being evaluated."""
    if not beliefs.kept:
        return Worth(None, beliefs.limits, beliefs.log_cost)

    def of(samples: int) -> Improvement:
        return _average([_improvement(part, pending, seed, samples) for part in beliefs.parts()])

    rough = Worth(of(ROUGHLY), beliefs.limits, beliefs.log_cost) if len(beliefs.objectives) > 1 else None
    return Worth(of(SAMPLES), beliefs.limits, beliefs.log_cost, rough)


def _average(improvements: Sequence[Improvement]) -> Improvement:
    """What members of a mixture hope for, on average: each is improved on by its own standard."""
    if len(improvements) == 1:
        return improvements[0]
    return lambda X: torch.logsumexp(torch.stack([each(X) for each in improvements]), 0) - math.log(len(improvements))


def _improvement(beliefs: Beliefs, pending: Tensor | None, seed: int, samples: int) -> Improvement:
    uncertain = beliefs.uncertain
    if not uncertain:  # whether a pending point keeps the limits is not known: the next one must be better still
        return _in_closed_form(beliefs if pending is None else replace(beliefs, X=torch.cat([beliefs.X, pending])), 0)
    if pending is None and len(uncertain) == 1 and beliefs.noise[uncertain[0]] <= QUIET:
        return _in_closed_form(beliefs, uncertain[0])
    if len(beliefs.objectives) > 1:
        return _of_hypervolume(beliefs, pending, seed, samples)
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement

    return qLogNoisyExpectedImprovement(
        beliefs.objectives[0],
        X_baseline=beliefs.X,
        X_pending=pending,
        sampler=_sampler(beliefs, seed, samples),
        prune_baseline=True,
    )


def _in_closed_form(beliefs: Beliefs, uncertain: int) -> Improvement:
    """Of one objective that is uncertain, or of none."""
    if len(beliefs.objectives) == 1:
        best = torch.tensor(beliefs.incumbent, dtype=torch.float64)

        def improvement(X: Tensor) -> Tensor:
            mean, variance = moments(beliefs.objectives[0], X.squeeze(-2))
            return log_improvement(mean, variance.clamp_min(LEAST_VARIANCE).sqrt(), best)

        return improvement
    assert beliefs.reference is not None
    log_ehvi = LogExpectedHypervolumeImprovement(beliefs.means, beliefs.reference, uncertain)

    def of_hypervolume(X: Tensor) -> Tensor:
        means, variances = zip(*(moments(model, X.squeeze(-2)) for model in beliefs.objectives), strict=True)
        return log_ehvi(torch.stack(means, -1), variances[uncertain].clamp_min(LEAST_VARIANCE))

    return of_hypervolume


def _of_hypervolume(beliefs: Beliefs, pending: Tensor | None, seed: int, samples: int) -> Improvement:
    from botorch.acquisition.multi_objective import logei

    logei._load_attempted = True  # its C++ is compiled at first use: never while somebody waits for an answer
    return logei.qLogNoisyExpectedHypervolumeImprovement(
        beliefs.joint(),
        ref_point=[] if beliefs.reference is None else beliefs.reference,
        X_baseline=beliefs.X,
        X_pending=pending,
        sampler=_sampler(beliefs, seed, samples),
        prune_baseline=True,
    )


def _sampler(beliefs: Beliefs, seed: int, samples: int) -> MCSampler:
    from botorch.sampling.get_sampler import get_sampler

    with torch.no_grad():
        posterior: Any = beliefs.joint().posterior(beliefs.X[:1])
    return get_sampler(posterior, sample_shape=torch.Size([samples]), seed=seed)
