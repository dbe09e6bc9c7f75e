"""What the exact Gaussian processes share: hyperparameters where marginal likelihood times priors is largest, as plain data.

The mean is a constant: given the others, the one of generalised least squares, ``1^T K^-1 Y / 1^T K^-1 1``.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from fits.surrogates.base import Data, State
from fits.surrogates.gaussian import Points, Process, log_evidence, root_of
from fits.surrogates.rows import known_noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOISE_SHAPE, NOISE_RATE = 1.1, 10.0  # of the Gamma prior of an observation's variance
LEAST_NOISE = 1e-6
"""The prior and the bound let a function without noise be one, and most of the variance be noise. Under BoTorch's, a log-normal one
around .02 and 1e-4, an evaluated point stays uncertain by .003 deviations or more: at a local optimum that is more than can be
hoped for elsewhere, and it is evaluated again and again (Branin's, in some searches)."""
FIRST_NOISE = 0.1  # where the search for it begins: from a small one it ends more often at the worse of two modes


class Kernel(Protocol):
    """A covariance with `p` hyperparameters, given as their logarithms, and their prior."""

    def start(self) -> Tensor:
        """Where the search begins, ``p``."""
        ...

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """Of each logarithm."""
        ...

    def log_prior(self, logs: Tensor) -> Tensor: ...

    def place(self, logs: Tensor, mean: Tensor, X: Tensor) -> Any:
        """`Points` of ``n x d``."""
        ...

    def between(self, logs: Tensor, a: Any, b: Any) -> Tensor:
        """Of `Points`: ``… x n x m``."""
        ...


def trained(data: Data, kernel: Kernel) -> State:
    """The mode, by L-BFGS-B from the prior's; where the search fails, the start stays.

    Returns
    -------
    ``hyperparameters`` of the kernel, the ``mean``, and ``noise``: the variance of an observation.
    """
    from scipy.optimize import minimize

    known = known_noise(data, LEAST_NOISE)
    start, bounds = kernel.start(), kernel.bounds()
    if known is None:
        start = torch.cat([start, torch.tensor([math.log(FIRST_NOISE)], dtype=torch.float64)])
        bounds = [*bounds, (math.log(LEAST_NOISE), None)]

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        at = torch.tensor(values, requires_grad=True)
        with torch.enable_grad():
            value = -log_posterior(data, kernel, at)
            slope: NDArray[np.float64] = torch.autograd.grad(value, at)[0].numpy()
        return value.item(), slope

    found = minimize(loss, start.numpy(), jac=True, method="L-BFGS-B", bounds=bounds)
    at = torch.from_numpy(found.x) if math.isfinite(found.fun) else start
    logs, variance = _parts(data, at)
    root = root_of(_covariance(data, kernel, logs), variance)
    noise = float(variance.mean())
    return {"hyperparameters": torch.exp(logs).tolist(), "mean": float(_mean(root, data.Y)), "noise": noise}


def restored(data: Data, kernel: Kernel, state: State) -> Process[Points]:
    """The process that `state` says, given the rows."""
    logs = torch.log(torch.tensor(state["hyperparameters"], dtype=torch.float64))
    mean, noise = (torch.tensor(state[name], dtype=torch.float64) for name in ("mean", "noise"))
    known = known_noise(data, LEAST_NOISE)
    variance = noise.expand_as(data.Y) if known is None else known
    return Process(data.X, data.Y, variance, partial(kernel.place, logs, mean), partial(kernel.between, logs))


def log_posterior(data: Data, kernel: Kernel, at: Tensor) -> Tensor:
    """Log marginal likelihood and log prior, without its constants, at the logarithms of the kernel's and, unknown, the noise."""
    logs, variance = _parts(data, at)
    root = root_of(_covariance(data, kernel, logs), variance)
    total = log_evidence(root, data.Y - _mean(root, data.Y)) + kernel.log_prior(logs)
    return total if data.noise is not None else total + (NOISE_SHAPE - 1.0) * at[-1] - NOISE_RATE * torch.exp(at[-1])


def _parts(data: Data, at: Tensor) -> tuple[Tensor, Tensor]:
    """The kernel's logarithms, and the variance of each row's noise ``n x 1``."""
    known = known_noise(data, LEAST_NOISE)
    return (at[:-1], torch.exp(at[-1]).expand_as(data.Y)) if known is None else (at, known)


def _covariance(data: Data, kernel: Kernel, logs: Tensor) -> Tensor:
    rows = kernel.place(logs, torch.zeros(1, dtype=torch.float64), data.X)
    return kernel.between(logs, rows, rows)


def _mean(root: Tensor, Y: Tensor) -> Tensor:
    white = torch.linalg.solve_triangular(root, torch.cat([Y, torch.ones_like(Y)], dim=-1), upper=False)
    mean: Tensor = (white[:, 0] @ white[:, 1]) / (white[:, 1] @ white[:, 1])
    return mean
