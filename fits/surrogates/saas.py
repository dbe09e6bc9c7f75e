"""Sparse axis-aligned subspaces: a Gaussian process most of whose dimensions do not matter.

``tau ~ HalfCauchy(0.1)``, ``tau / l_i^2 ~ HalfCauchy(1)`` (Eriksson & Jankowiak 2021, eq. 6), at the mode of the posterior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from botorch.models.map_saas import add_saas_prior
from gpytorch.kernels import Kernel, MaternKernel, ScaleKernel
from gpytorch.priors import GammaPrior

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained, untrained
from fits.surrogates.kernels import Dimensions, over_encoding

if TYPE_CHECKING:
    from botorch.models import SingleTaskGP


@dataclass(frozen=True)
class SAAS:
    """Matérn-5/2 under the sparse prior."""

    def fit(self, data: Data, seed: int) -> State:
        return trained(self._untrained(data), seed)

    def model(self, data: Data, state: State) -> SingleTaskGP:
        return restored(self._untrained(data), state)

    def _untrained(self, data: Data) -> SingleTaskGP:
        kernel = over_encoding(data.X.shape[-1], data.levels, _sparse)
        return untrained(data, ScaleKernel(kernel, outputscale_prior=GammaPrior(2.0, 0.15)).to(torch.float64))


def _sparse(dimensions: Dimensions) -> Kernel:
    kernel = MaternKernel(nu=2.5, ard_num_dims=len(dimensions), active_dims=dimensions).to(torch.float64)
    return add_saas_prior(kernel)
