"""Beliefs about functions of one dimension, and spaces."""

from __future__ import annotations

from collections.abc import Callable

import torch
from botorch.models.model import Model
from torch import Tensor

from fits import surrogates
from fits.acquisition.beliefs import Beliefs
from fits.space import Encoding, Space
from fits.surrogates.base import Data

UNIT = {"type": "float", "low": 0.0, "high": 1.0}


def encoding(parameters: dict, **more) -> Encoding:
    return Encoding(Space.model_validate({"parameters": parameters, **more}))


def model(f: Callable[[Tensor], Tensor], n: int = 12, noise: float = 0.0) -> tuple[Data, Model, float]:
    """A Gaussian process of `n` equally spaced values of `f`, standardised, on [0, 1]."""
    X = torch.linspace(0, 1, n, dtype=torch.float64).unsqueeze(-1)
    Y = f(X) + noise * torch.randn(X.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    Y = (Y - Y.mean()) / Y.std()
    data = Data(X, Y)
    gp = surrogates.load("gp")
    state = gp.fit(data, 0)
    return data, gp.model(data, state), state["noise"]


def beliefs(**more) -> Beliefs:
    """Of a sine that was evaluated five times."""
    data, gp, _ = model(lambda x: torch.sin(6 * x), n=5)
    return Beliefs(**{"objectives": [gp], "X": data.X, "Y": data.Y, "noise": [0.0], **more})
