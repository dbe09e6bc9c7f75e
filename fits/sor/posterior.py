"""What a cost model believes about costs, with its doubt: draws from the posterior of the model in charge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fits.bandits.rule import Context
from fits.sor.cost_model import CostModel
from fits.sor.rows import Array

DRAWS = 200


class Posterior:
    """`count` draws of the parameters of `model`."""

    def __init__(self, model: CostModel, seed: int, count: int = DRAWS) -> None:
        self.model = model
        self._part = model.in_charge
        rng = np.random.default_rng(seed)
        covariance = (self._part.covariance + self._part.covariance.T) / 2.0
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        self._thetas = self._part.theta + rng.standard_normal((count, len(values))) @ root.T

    @property
    def noise(self) -> float:
        """Standard deviation of ln cost about what the model foretells."""
        return self._part.noise

    def log_costs(self, contexts: Sequence[Context], omegas: Array) -> Array:
        """ln cost under each draw: an array (draws, contexts, omegas)."""
        z = np.array([self.model.place(context) for context in contexts]).reshape(len(contexts), self.model.dimensions)
        return np.array([self._part.predict(z, omegas, theta) for theta in self._thetas])

    def costs(self, contexts: Sequence[Context], omegas: Array) -> Array:
        """Mean cost under each draw: an array (draws, contexts, omegas). The noise is that of ln cost, so it raises the mean."""
        return np.asarray(np.exp(self.log_costs(contexts, omegas) + 0.5 * self.noise**2))
