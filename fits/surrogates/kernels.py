"""Kernels of squared distances over the encoding of `fits.space`, with a lengthscale a dimension and its prior."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from fits.surrogates.features import one_hot

Shape = Literal["matern", "rbf"]

LEAST_LENGTHSCALE = 0.025
SPREAD = math.sqrt(3.0)  # of the logarithm of a lengthscale (Hvarfner et al. 2024)


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """``… x n x k`` and ``… x m x k`` to ``… x n x m``."""
    apart: Tensor = (a * a).sum(-1).unsqueeze(-1) + (b * b).sum(-1).unsqueeze(-2) - 2.0 * a @ b.mT
    return apart.clamp_min(0.0)


def matern(squared: Tensor) -> Tensor:
    """``(1 + r + r^2 / 3) exp(-r)``, ``r = sqrt(5) |x - x'|`` (Rasmussen & Williams 2006, eq. 4.17)."""
    r = torch.sqrt(5.0 * squared.clamp_min(1e-15))  # the root's slope at 0 is infinite, the kernel's is 0
    return (1.0 + r + r * r / 3.0) * torch.exp(-r)


def squared_exponential(squared: Tensor) -> Tensor:
    """``exp(-|x - x'|^2 / 2)``"""
    return torch.exp(-0.5 * squared)


SHAPES: dict[Shape, Callable[[Tensor], Tensor]] = {"matern": matern, "rbf": squared_exponential}


@dataclass(frozen=True)
class Placed:
    """Of n points, numeric dimensions and columns of levels in units of their lengthscales; the process's mean there, ``n x 1``."""

    numbers: Tensor
    levels: Tensor
    mean: Tensor

    def grouped(self, shape: tuple[int, ...]) -> Placed:
        """The points as ``b x q`` instead of ``n``."""
        return Placed(self.numbers.reshape(*shape, -1), self.levels.reshape(*shape, -1), self.mean.reshape(*shape, 1))


@dataclass(frozen=True)
class Stationary:
    """Variance 1: `shape` of the numeric dimensions times ``exp(-mean_i [x_i != x'_i] / l_i)`` of the categorical ones.

    Its hyperparameters are the logarithms of the lengthscales, ``d``. The prior of the numeric ones grows with the square root of
    their number (Hvarfner et al. 2024); the exponent of the categorical ones is a mean, so theirs need not.
    """

    d: int
    levels: Mapping[int, int]
    shape: Shape = "matern"

    @cached_property
    def _numbers(self) -> list[int]:
        return [i for i in range(self.d) if i not in self.levels]

    @cached_property
    def _middle(self) -> Tensor:
        """Mean of the logarithm of each lengthscale under the prior."""
        numeric = math.sqrt(2.0) + 0.5 * math.log(max(len(self._numbers), 1))
        return torch.tensor([0.0 if i in self.levels else numeric for i in range(self.d)], dtype=torch.float64)

    @cached_property
    def _variance(self) -> Tensor:
        return torch.tensor([1.0 if i in self.levels else SPREAD**2 for i in range(self.d)], dtype=torch.float64)

    def start(self) -> Tensor:
        """The modes of the prior."""
        return self._middle - self._variance

    def bounds(self) -> list[tuple[float | None, float | None]]:
        return [(math.log(LEAST_LENGTHSCALE), None)] * self.d

    def log_prior(self, logs: Tensor) -> Tensor:
        """Density of the lengthscales, not of their logarithms, without its constant."""
        return log_normal(logs, self._middle, self._variance).sum()

    def place(self, logs: Tensor, mean: Tensor, X: Tensor) -> Placed:
        """Points ``n x d`` in units of the lengthscales."""
        lengthscales, categories = torch.exp(logs), sorted(self.levels)
        numbers = (X[:, self._numbers] - 0.5) / lengthscales[self._numbers]
        columns = X[:, :0]
        if categories:
            per_column = torch.tensor([i for i in categories for _ in range(self.levels[i])])
            shown = one_hot(X[:, categories], {k: self.levels[i] for k, i in enumerate(categories)})
            columns = shown / torch.sqrt(len(categories) * lengthscales[per_column])
        return Placed(numbers, columns, mean.expand(len(X), 1))

    def between(self, logs: Tensor, a: Placed, b: Placed) -> Tensor:  # noqa: ARG002 - the points have them
        """``… x n x m``"""
        kernel = SHAPES[self.shape](squared_distances(a.numbers, b.numbers))
        # Of two different levels, one-hot columns are a squared distance of 2 apart.
        return kernel * squared_exponential(squared_distances(a.levels, b.levels)) if self.levels else kernel


def log_normal(logs: Tensor, middle: Tensor | float, variance: Tensor | float) -> Tensor:
    """Log density of ``exp(logs)`` where the logs are normal, without its constant."""
    return -logs - 0.5 * (logs - middle) ** 2 / variance
