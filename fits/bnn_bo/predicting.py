"""What a model expects at a point, on the outcome's own scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from fits.bnn_bo.modelling import restored
from fits.bnn_bo.schema import OutcomeModel
from fits.bnn_bo.study import Study
from fits.solver import Interval
from fits.surrogates import base

if TYPE_CHECKING:
    from botorch.models.model import Model

Array = NDArray[np.float64]

SCORE = 1.6448536269514722  # of the 95 % quantile of a standard normal: the interval holds 90 %
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
BATCH = 2048


def moments(model: Model, points: Array) -> tuple[Array, Array]:
    """Mean and variance of the function at each of ``k x d`` points, on the standard scale: ``k`` and ``k``."""
    means, variances = [], []
    with torch.no_grad():
        for i in range(0, len(points), BATCH):
            mean, variance = base.moments(model, torch.from_numpy(points[i : i + BATCH].copy()))
            means.append(mean)
            variances.append(variance)
    return torch.cat(means).numpy(), torch.cat(variances).numpy()


def intervals(study: Study, models: Mapping[str, OutcomeModel], name: str, X: Array, *, noisy: bool) -> list[Interval]:
    """What an outcome is at each of ``k x d`` points: see `interval`; of a known one, exactly that."""
    if name in study.known:
        return [Interval(mean=value, low=value, high=value) for value in study.known[name].at(X).tolist()]
    found = zip(*moments(restored(study, models, name), X), strict=True)
    return [interval(models[name], float(mean), float(variance), noisy=noisy) for mean, variance in found]


def interval(its: OutcomeModel, mean: float, variance: float, *, noisy: bool) -> Interval:
    """Mean and 90 % interval of the function or, where `noisy`, of an observation of it."""
    deviation = (its.inflation * (variance + (float(its.state["noise"]) if noisy else 0.0))) ** 0.5
    low, high = sorted(its.scale.back(np.array([mean - SCORE * deviation, mean + SCORE * deviation])).tolist())
    middle = float((WEIGHTS * its.scale.back(mean + deviation * NODES)).sum() / WEIGHTS.sum())
    return Interval(mean=min(high, max(low, middle)), low=low, high=high)


def expected_improvement(its: OutcomeModel, mean: float, variance: float, best: float) -> float:
    """Mean improvement of the function over the outcome of standard value `best`, on the outcome's own scale."""
    values = its.scale.sign * its.scale.back(mean + variance**0.5 * NODES)
    gain = np.maximum(values - its.scale.sign * float(its.scale.back(np.array(best))), 0.0)
    return float((WEIGHTS * gain).sum() / WEIGHTS.sum())
