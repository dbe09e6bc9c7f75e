"""Thompson sampling: each point of a batch is the best of given points in one sample of what is believed.

Samples agree where much is known and differ where little is, so that the batch spreads by itself, however large it is; points that
are pending need no care (Kandasamy et al. 2018, "Parallelised Bayesian optimisation via Thompson sampling"). Limits are sampled
too: the best point is sought among those that keep them in the sample or, where none does, is the one that breaks them least (SCBO:
Eriksson & Poloczek 2021). Of several objectives each sample looks in a random direction l from the reference r,

    min_i (f_i(x) - r_i) / l_i,

whose maxima together make the hypervolume large (Zhang & Golovin 2020). Where costs differ, what is compared is the gain for a
unit of cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fits.acquisition.beliefs import Beliefs
from fits.acquisition.search import values

if TYPE_CHECKING:
    from botorch.models.model import Model

    from fits.space import Encoding

Array = NDArray[np.float64]

TRIES = 6  # at a Cholesky factor, each with ten times the jitter: among thousands of points many are nearly equal


def thompson(beliefs: Beliefs, encoding: Encoding, points: Array, count: int, seed: int) -> Array:
    """``k x d``: `count` of the points, or all where there are no more, none twice.

    Parameters
    ----------
    beliefs : models of the outcomes.
    encoding : of the points, which tells which of them are the same.
    points : ``p x d``, to choose from; a joint sample of p points takes p^3 steps.
    """
    parts = beliefs.parts()
    value = np.empty((count, len(points)))
    for k, part in enumerate(parts[:count]):
        value[k :: len(parts)] = _values(part, points, len(value[k :: len(parts)]), seed)
    broken = _broken(beliefs, points, count, seed)
    chosen: list[int] = []
    left = np.ones(len(points), dtype=bool)
    for its, breaks in zip(value, broken, strict=True):
        if not left.any():
            break
        order = np.lexsort((-its, breaks))
        chosen.append(int(order[left[order]][0]))
        left &= ~encoding.is_duplicate(points, points[chosen[-1:]])
    return points[chosen]


def _values(beliefs: Beliefs, points: Array, count: int, seed: int) -> Array:
    """``count x p``: what each point is worth in each sample."""
    models = beliefs.objectives
    samples = torch.stack([_samples(model, points, count, seed + i) for i, model in enumerate(models)], dim=-1)
    along = _directions(len(models), count, seed)
    reference = torch.zeros(len(models), dtype=samples.dtype) if beliefs.reference is None else beliefs.reference
    value = ((samples - reference) / along).amin(-1)
    if beliefs.log_cost is not None:
        best = ((beliefs.means - reference) / along).amin(-1).amax(-1, keepdim=True)
        gain = value - best
        value = torch.where(gain > 0.0, gain / torch.from_numpy(values(beliefs.log_cost, points)).exp(), gain)
    return value.numpy()


def _directions(m: int, count: int, seed: int) -> Tensor:
    """``count x 1 x m``, all positive, uniform on the sphere but for their length, which does not count."""
    if m == 1:
        return torch.ones(count, 1, 1, dtype=torch.float64)
    return torch.randn(count, 1, m, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).abs()


def _broken(beliefs: Beliefs, points: Array, count: int, seed: int) -> Array:
    """``count x p``: by how much each point breaks the limits in each sample, all of them together."""
    total = torch.zeros(count, len(points), dtype=torch.float64)
    for i, limit in enumerate(beliefs.limits, start=len(beliefs.objectives)):
        over = _samples(limit.model, points, count, seed + i) - limit.limit
        total += (over if limit.at_most else -over).clamp_min(0.0)
    return total.numpy()


def _samples(model: Model, points: Array, count: int, seed: int) -> Tensor:
    """``count x p``: joint samples of the posterior at the points; of an ensemble, its members."""
    from botorch.sampling.get_sampler import get_sampler
    from gpytorch import settings

    with torch.no_grad(), settings.max_cholesky_size(len(points) + 1), settings.cholesky_max_tries(TRIES):
        posterior: Any = model.posterior(torch.from_numpy(points).unsqueeze(0))
        samples: Tensor = get_sampler(posterior, sample_shape=torch.Size([count]), seed=seed)(posterior)
    return samples.reshape(count, len(points))
