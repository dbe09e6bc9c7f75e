"""Sparse axis-aligned subspaces with the posterior of their hyperparameters sampled: a Gaussian process a sample.

BoTorch samples with the No-U-Turn Sampler of NumPyro, an extra (Eriksson & Jankowiak 2021; Hoffman & Gelman 2014). Predicting
from the samples needs no extra.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from fits.solver import MissingExtra
from fits.surrogates.base import Data, State
from fits.surrogates.features import one_hot, width
from fits.surrogates.gaussian import Process
from fits.surrogates.kernels import Placed, Stationary
from fits.surrogates.mixture import Member, Mixture
from fits.surrogates.rows import in_order, known_noise

if TYPE_CHECKING:
    from botorch.models.fully_bayesian import SaasFullyBayesianSingleTaskGP

NAMES = ("lengthscales", "scale", "mean", "noise")  # of a sample's hyperparameters


@dataclass(frozen=True)
class SAASNUTS:
    """Matérn-5/2 under the sparse prior; a level of a categorical dimension is a dimension.

    Attributes
    ----------
    burn_in, samples : steps of the chain that are forgotten, and that are drawn.
    thinning : of the samples each so many-th is kept.
    """

    burn_in: int = 128
    samples: int = 128
    thinning: int = 8

    def fit(self, data: Data, seed: int) -> State:
        """The kept ``samples``, each with its ``lengthscales``, ``scale``, ``mean`` and ``noise``; and the mean ``noise``.

        Raises
        ------
        MissingExtra
            NumPyro or JAX is not installed.
        """
        return kept(self.sampled(data, seed))

    def model(self, data: Data, state: State) -> Mixture:
        return Mixture([Member(_process(data, sample), float(sample["noise"])) for sample in state["samples"]])

    def sampled(self, data: Data, seed: int) -> SaasFullyBayesianSingleTaskGP:
        """BoTorch's own model, its inputs those of `one_hot`."""
        try:
            import jax
            import numpyro  # noqa: F401 - BoTorch imports it
        except ImportError as missing:
            raise MissingExtra("numpyro", extra="nuts") from missing
        from botorch.fit import fit_fully_bayesian_model_nuts
        from botorch.models.fully_bayesian import SaasFullyBayesianSingleTaskGP
        from botorch.settings import validate_input_scaling

        data = in_order(data)
        # JAX computes in float32 unless told otherwise; equal outcomes, which BoTorch warns of, are not an error here.
        with jax.enable_x64(True), validate_input_scaling(False):
            gp = SaasFullyBayesianSingleTaskGP(one_hot(data.X, data.levels), data.Y, known_noise(data))
            fit_fully_bayesian_model_nuts(
                gp, warmup_steps=self.burn_in, num_samples=self.samples, thinning=self.thinning, disable_progbar=True, seed=seed
            )
        return gp


def kept(gp: SaasFullyBayesianSingleTaskGP) -> State:
    """The samples that BoTorch's model holds."""
    kernel: Any = gp.covar_module  # that of a model without samples is None
    mean: Any = gp.mean_module
    likelihood: Any = gp.likelihood
    table = zip(
        kernel.base_kernel.lengthscale.squeeze(-2).tolist(),
        kernel.outputscale.tolist(),
        mean.constant.tolist(),
        likelihood.noise.mean(-1).tolist(),  # where it is known, each row has its own
        strict=True,
    )
    samples = [dict(zip(NAMES, sample, strict=True)) for sample in table]
    return {"samples": samples, "noise": sum(sample["noise"] for sample in samples) / len(samples)}


def _process(data: Data, sample: State) -> Process[Placed]:
    """The Gaussian process with a sample's hyperparameters, given the rows."""
    lengthscales, scale, mean, noise = (torch.tensor(sample[name], dtype=torch.float64) for name in NAMES)
    logs = torch.log(lengthscales)
    over = Stationary(width(data.X.shape[-1], data.levels), {})
    known = known_noise(data)

    def place(X: Tensor) -> Placed:
        return over.place(logs, mean, one_hot(X, data.levels))

    def kernel(a: Placed, b: Placed) -> Tensor:
        return scale * over.between(logs, a, b)

    return Process(data.X, data.Y, noise.expand_as(data.Y) if known is None else known, place, kernel)
