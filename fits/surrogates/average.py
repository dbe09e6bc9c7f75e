"""Average of surrogates, each as credible as the others.

A dozen rows cannot tell which kernel is right, and the likeliest one is often the one that is wrong with confidence. An average is
hardly worse than its best member, and proposes what some member hopes for (Lu, Polyzos, Li & Giannakis 2023, with weights).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from fits.surrogates.base import Data, State, Surrogate
    from fits.surrogates.gaussian import GaussianModel
    from fits.surrogates.mixture import Mixture


@dataclass(frozen=True)
class Average:
    """Members, by their names, learn the same rows, each for itself; their posteriors are Gaussian."""

    members: Mapping[str, Surrogate]

    def fit(self, data: Data, seed: int) -> State:
        states = {name: member.fit(data, seed) for name, member in self.members.items()}
        noise = sum(float(state["noise"]) for state in states.values()) / len(states)
        return {"members": states, "noise": noise}

    def model(self, data: Data, state: State) -> Mixture:
        from fits.surrogates.mixture import Member, Mixture

        states = state["members"]
        each = {name: cast("GaussianModel", its.model(data, states[name])) for name, its in self.members.items()}
        return Mixture([Member(model, float(states[name]["noise"])) for name, model in each.items()])
