"""`gp-ts`, the default: Thompson sampling on a model of log cost over context and omega, both continuous."""

from __future__ import annotations

from typing import Any

from fits.bandits.rule import Choice, Context
from fits.bandits.stream import Stream
from fits.sor.cost_model import CostModel


class GpTs:
    """Plays the omega that is best under one draw from the posterior of `model`.

    The model is the policy's, which teaches it every cost: so there is nothing to learn here, and nothing to keep.
    """

    def __init__(self, model: CostModel) -> None:
        self.model = model

    def choose(self, context: Context, stream: Stream) -> Choice:
        return Choice(self.model.sample(context, stream))

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:
        """The model has learned it already."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""
