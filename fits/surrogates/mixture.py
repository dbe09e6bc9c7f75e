"""Several models of one function, each as credible as the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from fits.surrogates.gaussian import GaussianModel


class Member(NamedTuple):
    """A model, and the variance of an observation around its function."""

    model: GaussianModel
    noise: float


class Mixture(GaussianModel):
    """The Gaussian with the mean and the covariance of the mixture; who can do with the mixture itself asks its `members`."""

    def __init__(self, members: Sequence[Member]) -> None:
        super().__init__()
        self.members = members

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """By the law of total covariance: what members doubt on average, and what they disagree on."""
        means, within = (torch.stack(its) for its in zip(*(model.law(X) for model, _ in self.members), strict=True))
        mean = means.mean(0)
        apart = (means - mean).unsqueeze(-1)
        return mean, (within + apart @ apart.mT).mean(0)
