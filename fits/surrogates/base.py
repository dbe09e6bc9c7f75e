"""What a surrogate is: data in, a plain state out, and from both a BoTorch model of the unknown function."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from botorch.models.model import Model

State = dict[str, Any]
"""Plain JSON data. ``state["noise"]`` is the variance of an observation around the function, on the scale of `Data.Y`."""


@dataclass(frozen=True)
class Data:
    """What a surrogate learns from.

    Attributes
    ----------
    X : ``n x d``, float64, in the encoding of `fits.space`: in [0, 1], categorical dimensions hold their level's index.
    Y : ``n x 1``, float64, standardised by the caller: no surrogate transforms outcomes.
    noise : ``n x 1``, the known variance of each row on the scale of `Y`; None where it is to be estimated.
    levels : number of levels of each categorical dimension.
    """

    X: Tensor
    Y: Tensor
    noise: Tensor | None = None
    levels: Mapping[int, int] = field(default_factory=dict)


class Surrogate(Protocol):
    """A model of an unknown function. Implementations are frozen dataclasses; their fields are the settings."""

    def fit(self, data: Data, seed: int) -> State:
        """Learn: the same data and seed give the same bytes."""
        ...

    def model(self, data: Data, state: State) -> Model:
        """What was learned, with one outcome: ``posterior(X)``, X ``b x q x d``, on the scale of ``data.Y``. Trains nothing."""
        ...


def moments(model: Model, X: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the function at each of ``b x d`` points: ``b`` and ``b``."""
    from fits.surrogates.gaussian import GaussianModel

    if isinstance(model, GaussianModel):  # a distribution as an object costs more than its two numbers, and half a second at first
        mean, variance = model.law(X.unsqueeze(-2))
        return mean.reshape(-1), variance.reshape(-1).clamp_min(0.0)
    posterior: Any = model.posterior(X.unsqueeze(-2))  # each point by itself
    return posterior.mean.reshape(-1), posterior.variance.reshape(-1).clamp_min(0.0)


def forecast(model: Model, noise: float, X: Tensor) -> tuple[Tensor, Tensor]:
    """Of an observation at each of ``n x d`` points: means and variances ``n x k`` of k Gaussians, each as credible as the others.

    A Gaussian posterior is one, an ensemble one a member with the variance `noise`, a mixture one a member with its own noise.
    """
    from botorch.posteriors.ensemble import EnsemblePosterior

    from fits.surrogates.gaussian import GaussianModel
    from fits.surrogates.mixture import Mixture

    if isinstance(model, Mixture):
        each = [forecast(its, own, X) for its, own in model.members]
        return torch.cat([mean for mean, _ in each], -1), torch.cat([variance for _, variance in each], -1)
    with torch.no_grad():
        if not isinstance(model, GaussianModel):
            posterior: Any = model.posterior(X.unsqueeze(-2))  # each point by itself
            if isinstance(posterior, EnsemblePosterior):
                members = posterior.values.squeeze(-1).squeeze(-1)  # n x k
                return members, torch.full_like(members, noise)
        mean, variance = moments(model, X)
        return mean.unsqueeze(-1), variance.unsqueeze(-1) + noise


def log_density(model: Model, noise: float, X: Tensor, y: Tensor, inflation: float = 1.0) -> Tensor:
    """Log density of an observation at each point under its `forecast`.

    Parameters
    ----------
    model : of one outcome.
    noise : variance of an observation around the function.
    X : ``n x d``.
    y : ``n``.
    inflation : of the variance of the forecast.

    Returns
    -------
    ``n``
    """
    mean, variance = forecast(model, noise, X)
    return mixture_log_density(mean, inflation * variance, y)


def mixture_log_density(mean: Tensor, variance: Tensor, y: Tensor) -> Tensor:
    """Log density at y ``n`` of k Gaussians ``n x k``, each as credible as the others: ``n``."""
    each = -0.5 * ((y.unsqueeze(-1) - mean) ** 2 / variance + torch.log(2.0 * math.pi * variance))
    return torch.logsumexp(each, -1) - math.log(mean.shape[-1])


def pack(values: Tensor) -> dict[str, Any]:
    """A tensor as JSON: base64 of its little-endian float64 bytes, and its shape."""
    array = np.ascontiguousarray(values.detach().cpu().numpy(), dtype="<f8")
    return {"shape": list(array.shape), "float64": base64.b64encode(array.tobytes()).decode("ascii")}


def unpack(packed: Mapping[str, Any]) -> Tensor:
    """The tensor that `pack` wrote."""
    array = np.frombuffer(base64.b64decode(packed["float64"]), dtype="<f8").reshape(packed["shape"])
    return torch.from_numpy(array.astype(np.float64))
