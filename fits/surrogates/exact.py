"""What the exact Gaussian processes share: BoTorch's model under our kernels, its hyperparameters as plain data and back."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

from fits.surrogates.base import Data, State

if TYPE_CHECKING:
    from botorch.models import SingleTaskGP
    from gpytorch.kernels import Kernel


def untrained(data: Data, kernel: Kernel) -> SingleTaskGP:
    """The process before it has learned hyperparameters; noise is estimated under a prior unless `data` says it."""
    from botorch.exceptions.warnings import InputDataWarning
    from botorch.models import SingleTaskGP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputDataWarning)  # level indices and equal outcomes are meant
        return SingleTaskGP(data.X, data.Y, data.noise, covar_module=kernel, outcome_transform=None)


def trained(gp: SingleTaskGP, seed: int) -> State:
    """Maximise marginal likelihood times priors by L-BFGS-B; where no attempt succeeds, the priors' modes stay.

    Returns
    -------
    The hyperparameters by their GPyTorch names, and ``noise``: the variance of an observation.
    """
    from botorch.exceptions.errors import ModelFittingError
    from botorch.fit import fit_gpytorch_mll
    from gpytorch.mlls import ExactMarginalLogLikelihood

    start = {name: value.detach().clone() for name, value in gp.named_parameters()}
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # retries announce themselves
        torch.manual_seed(seed)  # a retry starts from a draw of the priors
        try:
            fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
        except ModelFittingError:
            _set(gp, start)
    values: dict[str, object] = {name: value.tolist() for name, value in gp.named_parameters()}
    return {"hyperparameters": values, "noise": float(gp.likelihood.noise.detach().mean())}


def restored(gp: SingleTaskGP, state: State) -> SingleTaskGP:
    """`gp` with the hyperparameters of `state`, ready to predict."""
    _set(gp, {name: torch.tensor(value, dtype=torch.float64) for name, value in state["hyperparameters"].items()})
    gp.requires_grad_(requires_grad=False)
    gp.eval()
    return gp


def _set(gp: SingleTaskGP, values: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in gp.named_parameters():
            parameter.copy_(values[name].reshape(parameter.shape))
