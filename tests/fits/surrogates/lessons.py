"""What the tests of networks share: rows, and the posterior of a linear model in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

from fits.surrogates.base import Data
from fits.surrogates.prior import Prior

# One scale for all: a network without hidden layers is then Bayesian linear regression, w ~ N(0, 1.5^2 / d), b ~ N(0, 0.8^2).
FIXED = Prior(input=1.5, output=1.5, bias=0.8, spread=0.0, relevance=0.0, noise_spread=0.0)


def line(n: int, d: int, *, noise: float, seed: int = 0) -> Data:
    """Rows of a linear function with normal noise of this known variance, smaller for the first half of the rows."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, d, generator=generator, dtype=torch.float64)
    variance = torch.where(torch.arange(n) < n // 2, 0.25 * noise, noise).to(torch.float64).unsqueeze(-1)
    slope = torch.linspace(-1.0, 1.0, d, dtype=torch.float64).unsqueeze(-1)
    return Data(X, X @ slope + variance.sqrt() * torch.randn(n, 1, generator=generator, dtype=torch.float64), variance)


def of_linear_model(data: Data, X: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``q`` and covariance ``q x q`` of the function under `FIXED` (Rasmussen & Williams 2006, eq. 2.11)."""

    def phi(x: Tensor) -> Tensor:
        z = (x - 0.5) * 12.0**0.5
        return torch.cat([z * 1.5 / data.X.shape[-1] ** 0.5, torch.full_like(z[:, :1], 0.8)], dim=-1)

    A = phi(data.X).T @ (phi(data.X) / data.noise) + torch.eye(data.X.shape[-1] + 1, dtype=torch.float64)
    covariance = torch.linalg.inv(A)
    return (phi(X) @ covariance @ phi(data.X).T @ (data.Y / data.noise)).squeeze(-1), phi(X) @ covariance @ phi(X).T


def wave(n: int, d: int, *, noise: float = 0.0, seed: int = 0) -> tuple[Data, Tensor, Tensor]:
    """Rows of a smooth function, and 100 further points with their true values, standardised alike."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n + 100, d, generator=generator, dtype=torch.float64)
    f = torch.sin(5.0 * X[:, :1]) + X[:, 1:2] ** 2
    f = (f - f.mean()) / f.std()
    return Data(X[:n], f[:n] + noise * torch.randn(n, 1, generator=generator, dtype=torch.float64)), X[n:], f[n:, 0]
