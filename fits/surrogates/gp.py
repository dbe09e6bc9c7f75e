"""Gaussian process: f ~ GP(c, k), its hyperparameters where marginal likelihood times priors is largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained
from fits.surrogates.kernels import Shape, Stationary

if TYPE_CHECKING:
    from fits.surrogates.gaussian import GaussianModel


@dataclass(frozen=True)
class GP:
    """Matérn-5/2 or squared exponential, a lengthscale a dimension, dimension-scaled priors (Hvarfner et al. 2024)."""

    shape: Shape = "matern"

    def fit(self, data: Data, seed: int) -> State:  # noqa: ARG002 - nothing is drawn
        return trained(data, self._kernel(data))

    def model(self, data: Data, state: State) -> GaussianModel:
        return restored(data, self._kernel(data), state)

    def _kernel(self, data: Data) -> Stationary:
        return Stationary(data.X.shape[-1], data.levels, self.shape)
