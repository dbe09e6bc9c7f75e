"""Adam (Kingma & Ba 2015) over a tensor whose gradient is written out, with a rate that falls to zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def adam(gradient: Callable[[Tensor], Tensor], start: Tensor, steps: int, rate: float | Tensor) -> Tensor:
    """Where `steps` steps along ``gradient(x)`` end; the rate falls as a half cosine (Loshchilov & Hutter 2017, eq. 5).

    `rate` may be one for each coordinate.
    """
    x = start.clone()
    mean, square = torch.zeros_like(x), torch.zeros_like(x)
    for step in range(steps):
        g = gradient(x)
        mean.mul_(0.9).add_(g, alpha=0.1)
        square.mul_(0.999).addcmul_(g, g, value=0.001)
        share = 0.5 * (1.0 + math.cos(math.pi * step / steps)) / (1.0 - 0.9 ** (step + 1))
        direction = mean / (square / (1.0 - 0.999 ** (step + 1))).sqrt_().add_(1e-8)
        x -= share * rate * direction
    return x
