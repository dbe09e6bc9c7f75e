"""What is believed when the next point is chosen: models of the outcomes, and the rows they were learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from fits.surrogates.base import moments
from fits.surrogates.mixture import Mixture

if TYPE_CHECKING:
    from botorch.models.model import Model

BEST = 5  # rows that are searched around


class Limit(NamedTuple):
    """A constraint on an outcome: ``model <= limit``, or ``>=`` where not `at_most`, both on the model's scale."""

    model: Model
    limit: float
    at_most: bool = True


@dataclass(frozen=True)
class Beliefs:
    """Models of the outcomes, all on their standard scales, objectives to be maximised.

    Attributes
    ----------
    objectives : one model an objective.
    X : ``n x d``, the rows that count: evaluated, and within all limits where any row is.
    Y : ``n x m``, their objectives.
    noise : variance of an observation of each objective.
    limits : constraints on further outcomes, independent of the objectives given x.
    kept : whether any row is within all limits; where none is, the next point is the likeliest to be.
    reference : ``m``, what the hypervolume of several objectives is measured from.
    log_cost : ``b x 1 x d`` to ``b``, the logarithm of what an evaluation costs; None where all cost the same.
    """

    objectives: Sequence[Model]
    X: Tensor
    Y: Tensor
    noise: Sequence[float]
    limits: Sequence[Limit] = ()
    kept: bool = True
    reference: Tensor | None = None
    log_cost: Callable[[Tensor], Tensor] | None = None

    def joint(self) -> Model:
        """One model of all objectives."""
        from botorch.models.model import ModelList

        return self.objectives[0] if len(self.objectives) == 1 else ModelList(*self.objectives)

    def parts(self) -> list[Beliefs]:
        """Where models are mixtures: what their first members believe, what their second ones do, and so on."""
        mixtures = [model for model in self.objectives if isinstance(model, Mixture)]
        return [self._part(k) for k in range(len(mixtures[0].members))] if mixtures else [self]

    def _part(self, k: int) -> Beliefs:
        each: list[tuple[Model, float]] = [
            model.members[k] if isinstance(model, Mixture) else (model, noise)
            for model, noise in zip(self.objectives, self.noise, strict=True)
        ]
        return replace(self, objectives=[model for model, _ in each], noise=[noise for _, noise in each])

    @cached_property
    def uncertain(self) -> list[int]:
        """Which objectives are not known."""
        from botorch.models.deterministic import DeterministicModel

        return [i for i, model in enumerate(self.objectives) if not isinstance(model, DeterministicModel)]

    @cached_property
    def means(self) -> Tensor:
        """``n x m``: what the models believe the objectives are at the rows."""
        with torch.no_grad():
            return torch.stack([moments(model, self.X)[0] for model in self.objectives], dim=-1)

    @property
    def incumbent(self) -> float:
        """The best value of a single objective that the model believes in: the largest mean at a row, not the luckiest outcome."""
        return float(self.means.max())

    @property
    def best(self) -> Tensor:
        """``k x d``: rows to search around, those with the largest means; of several objectives all rows."""
        if len(self.objectives) > 1:
            return self.X
        return self.X[self.means.squeeze(-1).argsort(descending=True, stable=True)[:BEST]]
