"""How far to train, by the density of rows that were left out: who trains to the end explains his rows and doubts nothing."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from fits.surrogates.base import Data, State, moments
from fits.surrogates.gaussian import GaussianModel
from fits.surrogates.networks import Activation
from fits.surrogates.prior import PRIOR, Prior
from fits.surrogates.rows import at_most, in_order, taken
from fits.surrogates.weights import Weights

INFLATIONS = (1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True)
class StoppedNetwork(ABC):
    """One network, trained from a draw of the prior as far as rows left out bear it.

    Attributes
    ----------
    folds : for choosing among the states on the way.
    rows : a random part of the rows, which is trained on; the posterior is given all rows.
    """

    hidden: tuple[int, ...] = (32, 32)
    activation: Activation = "tanh"
    prior: Prior = PRIOR
    folds: int = 3
    rows: int = 256

    def fit(self, data: Data, seed: int) -> State:
        generator = torch.Generator().manual_seed(seed)
        few = at_most(in_order(data), self.rows, generator)
        start = self._over(few).draw(1, generator)
        return stopped(lambda rows: self._path(rows, start), self.model, few, self.folds, generator)

    @abstractmethod
    def model(self, data: Data, state: State) -> GaussianModel: ...

    @abstractmethod
    def _path(self, data: Data, start: Tensor) -> Iterator[State]:
        """The states that training from `start` goes through, the same number for any rows."""

    def _over(self, data: Data) -> Weights:
        return Weights.over(data, self.hidden, self.activation, self.prior)


def stopped(
    path: Callable[[Data], Iterator[State]],
    model: Callable[[Data, State], GaussianModel],
    data: Data,
    folds: int,
    generator: Generator,
) -> State:
    """The state on the path of all rows as far along as the best one on the paths of the folds, and the inflation of its variance.

    Parameters
    ----------
    path : the states that training goes through, the same number for any rows.
    folds : random parts of the rows, each left out once; of less than two rows a part, the first state is taken as it is.
    """
    n = len(data.X)
    best, inflation = 0, 1.0
    if folds > 1 and n >= 2 * folds:
        densities = _densities(path, model, data, torch.randperm(n, generator=generator).tensor_split(folds))
        best, which = divmod(int(densities.argmax()), len(INFLATIONS))
        inflation = INFLATIONS[which]
    for position, state in enumerate(path(data)):
        if position == best:
            return state | {"inflation": inflation}
    raise AssertionError("paths differ in length")


def _densities(
    path: Callable[[Data], Iterator[State]], model: Callable[[Data, State], GaussianModel], data: Data, parts: tuple[Tensor, ...]
) -> Tensor:
    """Of all left-out rows together, at each state and under each inflation: ``states x inflations``."""
    folds = []
    for part in parts:
        left = torch.ones(len(data.X), dtype=torch.bool).index_fill_(0, part, False)
        others, held_out = taken(data, left.nonzero().squeeze(-1)), taken(data, part)
        folds.append(torch.stack([_density(model(others, state | {"inflation": 1.0}), state, held_out) for state in path(others)]))
    return torch.stack(folds).sum(0)


def _density(model: GaussianModel, state: State, held_out: Data) -> Tensor:
    with torch.no_grad():
        mean, variance = moments(model, held_out.X)
    noise = torch.full_like(mean, state["noise"]) if held_out.noise is None else held_out.noise.squeeze(-1)
    total = torch.tensor(INFLATIONS).to(variance).unsqueeze(-1) * variance + noise
    return -0.5 * ((held_out.Y.squeeze(-1) - mean) ** 2 / total + torch.log(2.0 * math.pi * total)).sum(-1)
