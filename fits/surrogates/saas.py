"""Sparse axis-aligned subspaces: a Gaussian process most of whose dimensions do not matter.

``tau ~ HalfCauchy(0.1)``, ``tau / l_i^2 ~ HalfCauchy(1)`` (Eriksson & Jankowiak 2021), at the mode of the posterior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained
from fits.surrogates.kernels import Placed, Stationary, log_normal

if TYPE_CHECKING:
    from fits.surrogates.gaussian import GaussianModel

LENGTHSCALES = (1e-2, 1e4)
SHRINKAGE = 0.1
SHRINKAGES = (1e-3, 10.0)
SCALES = (1e-2, 1e4)
CONCENTRATION, RATE = 2.0, 0.15  # of the gamma prior of the scale


@dataclass(frozen=True)
class Sparse:
    """Matérn-5/2 times a scale: its hyperparameters are the lengthscales, tau and the scale, ``d + 2``."""

    over: Stationary

    @cached_property
    def _numeric(self) -> Tensor:
        return torch.tensor([i not in self.over.levels for i in range(self.over.d)])

    def start(self) -> Tensor:
        return torch.tensor([0.0] * self.over.d + [math.log(SHRINKAGE), 0.0], dtype=torch.float64)

    def bounds(self) -> list[tuple[float | None, float | None]]:
        ranges = [*[LENGTHSCALES] * self.over.d, SHRINKAGES, SCALES]
        return [(math.log(low), math.log(high)) for low, high in ranges]

    def log_prior(self, logs: Tensor) -> Tensor:
        lengthscales, tau, scale = logs[:-2], logs[-2], logs[-1]
        sparse = _log_half_cauchy(tau - 2.0 * lengthscales, 1.0)
        others = log_normal(lengthscales, 0.0, 1.0)
        of_scale = (CONCENTRATION - 1.0) * scale - RATE * torch.exp(scale)
        return torch.where(self._numeric, sparse, others).sum() + _log_half_cauchy(tau, SHRINKAGE) + of_scale

    def place(self, logs: Tensor, mean: Tensor, X: Tensor) -> Placed:
        return self.over.place(logs[:-2], mean, X)

    def between(self, logs: Tensor, a: Placed, b: Placed) -> Tensor:
        return torch.exp(logs[-1]) * self.over.between(logs[:-2], a, b)


def _log_half_cauchy(logs: Tensor, scale: float) -> Tensor:
    """Log density of ``exp(logs)``, without its constant."""
    return -torch.log1p(torch.exp(2.0 * (logs - math.log(scale))))


@dataclass(frozen=True)
class SAAS:
    """Matérn-5/2 under the sparse prior."""

    def fit(self, data: Data, seed: int) -> State:  # noqa: ARG002 - nothing is drawn
        return trained(data, self._kernel(data))

    def model(self, data: Data, state: State) -> GaussianModel:
        return restored(data, self._kernel(data), state)

    def _kernel(self, data: Data) -> Sparse:
        return Sparse(Stationary(data.X.shape[-1], data.levels))
