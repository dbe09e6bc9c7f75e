"""Networks as a BoTorch model: each member is a function, the posterior is their mixture with equal weights."""

from __future__ import annotations

from collections.abc import Mapping

from botorch.models.ensemble import EnsembleModel
from torch import Tensor

from fits.surrogates.networks import Network, inputs_of


class Members(EnsembleModel):
    """Perceptrons over the encoding of `fits.space`, with one outcome."""

    def __init__(self, network: Network, weights: Tensor, levels: Mapping[int, int]) -> None:
        """`weights` ``members x count``."""
        super().__init__()
        self._num_outputs = 1
        self._network = network
        self._levels = levels
        self._weights = weights

    def forward(self, X: Tensor) -> Tensor:
        """``b x q x d`` to ``b x members x q x 1``."""
        rows = inputs_of(X, self._levels).flatten(0, -2)  # all points in one product of matrices
        values = self._network.forward(self._weights, rows)[-1]  # members x bq x 1
        return values.reshape(-1, *X.shape[:-1], 1).movedim(0, -3)
