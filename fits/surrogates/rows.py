"""Rows of the data in an order of their own, so that what is learned does not depend on the order of the log."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor

from fits.surrogates.base import Data

LEAST_NOISE = 1e-4
"""Smallest variance of an observation that a network learns from, on the scale of standardised outcomes."""


def in_order(data: Data) -> Data:
    """The same rows, sorted by their outcome, then by X, then by their noise."""
    columns = [data.Y, data.X] if data.noise is None else [data.Y, data.X, data.noise]
    table = torch.cat(columns, dim=-1).detach().numpy()
    return taken(data, torch.from_numpy(np.lexsort(table.T[::-1])))


def at_most(data: Data, count: int, generator: Generator) -> Data:
    """All rows, or a random `count` of them, in their order."""
    n = len(data.X)
    return data if n <= count else taken(data, torch.randperm(n, generator=generator)[:count].sort().values)


def taken(data: Data, rows: Tensor) -> Data:
    """Some of the rows."""
    return Data(data.X[rows], data.Y[rows], None if data.noise is None else data.noise[rows], data.levels)


def known_noise(data: Data, least: float = LEAST_NOISE) -> Tensor | None:
    """The known variance of each row, ``n x 1``, not below `least`."""
    return None if data.noise is None else data.noise.clamp_min(least)
