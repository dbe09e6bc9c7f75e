"""BoTorch models whose posterior is Gaussian, with a mean and a covariance that are written out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from fits.surrogates.networks import inputs_of
from fits.surrogates.weights import Weights

RAISES = (0.0, 1e-12, 1e-10, 1e-8, 1e-6)  # of a diagonal, as a share of its largest entry
JITTER = 1e-8  # added to variances: equal points must have a Cholesky factor


class GaussianModel(Model, ABC):
    """A function with one outcome and a Gaussian posterior, its covariance times `inflation`."""

    inflation: float = 1.0

    @abstractmethod
    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """``b x q x d`` to mean ``b x q`` and covariance ``b x q x q``, without the inflation."""

    def law(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and covariance of the function's posterior."""
        mean, covariance = self.moments(X)
        return mean, self.inflation * covariance + JITTER * torch.eye(X.shape[-2], dtype=X.dtype, device=X.device)

    @property
    def num_outputs(self) -> int:
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        return torch.Size()

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Any = None,
    ) -> Any:
        """Of the function, without the noise of an observation, at X ``b x q x d``."""
        if observation_noise is not False or output_indices not in (None, [0]):
            raise NotImplementedError("one outcome, without noise")
        posterior = GPyTorchPosterior(MultivariateNormal(*self.law(X)))
        return posterior if posterior_transform is None else posterior_transform(posterior=posterior, X=X)


class Points(Protocol):
    """What a kernel needs of n points."""

    @property
    def mean(self) -> Tensor:
        """Of the process, ``n x 1``."""
        ...

    def grouped(self, shape: tuple[int, ...]) -> Self:
        """The same points as ``b x q`` instead of ``n``."""
        ...


P = TypeVar("P", bound=Points)


class Process(GaussianModel, Generic[P]):
    """A Gaussian process given rows (Rasmussen & Williams 2006, eq. 2.23 and 2.24)."""

    def __init__(
        self, X: Tensor, Y: Tensor, variance: Tensor, place: Callable[[Tensor], P], kernel: Callable[[P, P], Tensor]
    ) -> None:
        """Given rows ``n x d``, the variance of each one's noise ``n x 1``, what makes points of ``n x d``, and their kernel."""
        super().__init__()
        self._place, self._kernel = place, kernel
        with torch.no_grad():
            self._rows = place(X)
            self._root = root_of(kernel(self._rows, self._rows), variance)
            self._pull = torch.cholesky_solve(Y - self._rows.mean, self._root)

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        shape = X.shape[:-1]
        points = self._place(X.flatten(0, -2))  # all of them against the rows in one product
        cross = self._kernel(points, self._rows)
        white = torch.linalg.solve_triangular(self._root, cross.mT, upper=False).mT.reshape(*shape, -1)
        groups = points.grouped(shape)
        return (points.mean + cross @ self._pull).reshape(shape), self._kernel(groups, groups) - white @ white.mT


class LastLayer(GaussianModel):
    """A network whose last layer has the posterior ``N(m, R R^T)`` in white coordinates."""

    def __init__(self, over: Weights, at: Tensor, mean: Tensor, root: Tensor) -> None:
        """`at` ``1 x size``; m ``features``, R ``features x features``."""
        super().__init__()
        self._over, self._at, self._mean, self._root = over, at, mean, root

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        rows = inputs_of(X, self._over.levels).flatten(0, -2)
        phi = self._over.coordinates.last_hidden(self._at, rows).reshape(*X.shape[:-1], -1)
        spread = phi @ self._root
        return phi @ self._mean, spread @ spread.mT


def root_of(K: Tensor, variance: Tensor) -> Tensor:
    """The Cholesky factor of ``K + diag(variance)``; K ``n x n``, variance ``n x 1``.

    Where rounding leaves that indefinite, because K is large beside the variance, the diagonal is raised as little as helps.
    """
    whole = K + torch.diag(variance.squeeze(-1))
    size = whole.diagonal().detach().max()
    for share in RAISES:
        raised = whole + share * size * torch.eye(len(K), dtype=K.dtype, device=K.device) if share else whole
        L, failed = torch.linalg.cholesky_ex(raised)
        if not failed:
            return torch.as_tensor(L)
    return torch.as_tensor(torch.linalg.cholesky(whole))


def log_evidence(root: Tensor, residual: Tensor) -> Tensor:
    """``log N(residual; 0, L L^T)``; L ``n x n``, the residual ``n x 1``."""
    white: Tensor = torch.linalg.solve_triangular(root, residual, upper=False)
    return -0.5 * (white * white).sum() - root.diagonal().log().sum() - 0.5 * len(residual) * math.log(2.0 * math.pi)
