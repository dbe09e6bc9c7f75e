"""Gaussian process: f ~ GP(c, k), its hyperparameters where marginal likelihood times priors is largest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fits.surrogates.base import Data, State
from fits.surrogates.exact import restored, trained, untrained
from fits.surrogates.kernels import Shape, over_encoding, stationary

if TYPE_CHECKING:
    from botorch.models import SingleTaskGP


@dataclass(frozen=True)
class GP:
    """Matérn-5/2 or squared exponential, a lengthscale a dimension, dimension-scaled priors (Hvarfner et al. 2024)."""

    shape: Shape = "matern"

    def fit(self, data: Data, seed: int) -> State:
        return trained(self._untrained(data), seed)

    def model(self, data: Data, state: State) -> SingleTaskGP:
        return restored(self._untrained(data), state)

    def _untrained(self, data: Data) -> SingleTaskGP:
        return untrained(data, over_encoding(data.X.shape[-1], data.levels, partial(stationary, shape=self.shape)))
