"""Several models of one function, each as credible as the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from fits.surrogates.gaussian import GaussianModel

if TYPE_CHECKING:
    from botorch.models.model import Model


class Member(NamedTuple):
    """A model, and the variance of an observation around its function."""

    model: Model
    noise: float


class Mixture(GaussianModel):
    """The Gaussian with the mean and the covariance of the mixture; who can do with the mixture itself asks its `members`."""

    def __init__(self, members: Sequence[Member]) -> None:
        super().__init__()
        self.members = members

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """By the law of total covariance: what members doubt on average, and what they disagree on."""
        each: list[Any] = [model.posterior(X) for model, _ in self.members]
        means = torch.stack([its.mean.squeeze(-1) for its in each])
        within = torch.stack([its.distribution.covariance_matrix for its in each])  # members are Gaussian
        mean = means.mean(0)
        apart = (means - mean).unsqueeze(-1)
        return mean, (within + apart @ apart.mT).mean(0)
