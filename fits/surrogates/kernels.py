"""Kernels over the encoding of `fits.space`: numeric dimensions and categorical ones, each with a lengthscale of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from botorch.models.kernels.categorical import CategoricalKernel
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import Kernel, MaternKernel, RBFKernel
from gpytorch.priors import LogNormalPrior

Shape = Literal["matern", "rbf"]
Dimensions = tuple[int, ...]

LEAST_LENGTHSCALE = 0.025


def over_encoding(d: int, levels: Mapping[int, int], numeric: Callable[[Dimensions], Kernel]) -> Kernel:
    """`numeric` of the numeric dimensions times a kernel of the categorical ones."""
    numbers = tuple(i for i in range(d) if i not in levels)
    categories = tuple(i for i in range(d) if i in levels)
    if not categories:
        return numeric(numbers)
    return numeric(numbers) * _categorical(categories) if numbers else _categorical(categories)


def stationary(dimensions: Dimensions, shape: Shape) -> Kernel:
    """Variance 1; the prior of the lengthscales grows with the square root of the dimensions (Hvarfner et al. 2024, eq. 6)."""
    prior = LogNormalPrior(math.sqrt(2.0) + 0.5 * math.log(len(dimensions)), math.sqrt(3.0))
    constraint = GreaterThan(LEAST_LENGTHSCALE, transform=None, initial_value=prior.mode)
    kind = partial(MaternKernel, nu=2.5) if shape == "matern" else RBFKernel
    return kind(ard_num_dims=len(dimensions), active_dims=dimensions, lengthscale_prior=prior, lengthscale_constraint=constraint)


def _categorical(dimensions: Dimensions) -> Kernel:
    """``exp(-mean_i [x_i != x'_i] / l_i)``: a mean, so its prior need not grow with the dimensions."""
    constraint = GreaterThan(LEAST_LENGTHSCALE, transform=None, initial_value=1.0)
    return CategoricalKernel(
        ard_num_dims=len(dimensions),
        active_dims=dimensions,
        lengthscale_prior=LogNormalPrior(0.0, 1.0),
        lengthscale_constraint=constraint,
    )
