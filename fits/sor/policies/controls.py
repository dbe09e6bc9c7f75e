"""Rules to compare with: a fixed omega, the cheapest so far, any omega, and Young's optimum where the spectral radius is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fits.bandits.rule import Choice, Context
from fits.bandits.stream import Stream
from fits.solver import BadQuery
from fits.sor.policies.tsallis import GRID, component_of


class Fixed:
    """`fixed`: always the same omega."""

    def __init__(self, omega: float) -> None:
        if not math.isfinite(omega):
            raise ValueError(f"omega is a finite number, got {omega}")
        self.omega = omega

    def choose(self, context: Context, stream: Stream) -> Choice:  # noqa: ARG002  (the interface of rules, here and below)
        return Choice(self.omega, 1.0)

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:
        """Nothing to learn."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""


class Uniform:
    """`uniform`: every omega of the grid with the same probability."""

    def __init__(self, arms: Sequence[float] = GRID) -> None:
        self.arms = tuple(arms)

    def choose(self, context: Context, stream: Stream) -> Choice:  # noqa: ARG002
        return Choice(self.arms[int(stream.uniform() * len(self.arms))], 1.0 / len(self.arms))

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:
        """Nothing to learn."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""


class Greedy:
    """`greedy`: every omega once, in the order of the grid, and from then on the one with the lowest mean cost.

    Ties go to the earlier one. An omega whose first outcome is still awaited is passed over.
    """

    def __init__(self, arms: Sequence[float] = GRID) -> None:
        self.arms = tuple(arms)
        self._next = 0  # the first omega not tried yet
        self._counts, self._means = [0] * len(self.arms), [math.inf] * len(self.arms)

    def choose(self, context: Context, stream: Stream) -> Choice:  # noqa: ARG002
        if self._next < len(self.arms):
            arm = self._next
            self._next += 1
        else:
            arm = self._means.index(min(self._means))
        return Choice(self.arms[arm], 1.0, arm)

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:  # noqa: ARG002
        arm = choice.memo
        self._counts[arm] += 1
        mean = self._means[arm] if self._counts[arm] > 1 else 0.0
        self._means[arm] = mean + (cost - mean) / self._counts[arm]

    def state(self) -> dict[str, Any]:
        means = [mean if count else None for mean, count in zip(self._means, self._counts, strict=True)]
        return {"next": self._next, "counts": list(self._counts), "means": means}

    def restore(self, state: dict[str, Any]) -> None:
        if len(state["counts"]) != len(self.arms):
            raise ValueError(f"the state is of {len(state['counts'])} arms, not {len(self.arms)}")
        self._next, self._counts = state["next"], list(state["counts"])
        self._means = [math.inf if mean is None else mean for mean in state["means"]]


class Young:
    """`young`: the best omega of a consistently ordered matrix, from beta, the spectral radius of I - D^-1 A.

    omega* = 1 + (beta / (1 + sqrt(1 - beta^2)))^2 (Young, Iterative Solution of Large Linear Systems, 1971, chapter 6).

    Parameters
    ----------
    component : the context that holds beta.
    """

    def __init__(self, component: int = 0) -> None:
        self.component = component

    def choose(self, context: Context, stream: Stream) -> Choice:  # noqa: ARG002
        """Decide.

        Raises
        ------
        BadQuery
            The context does not hold beta, or beta is outside [0, 1): Jacobi's method, and with it the formula, needs beta < 1.
        """
        beta = component_of(context, self.component)
        if not 0.0 <= beta < 1.0:
            raise BadQuery("context", f"beta is the spectral radius of I - D^-1 A, at least 0 and below 1, got {beta}")
        return Choice(1.0 + (beta / (1.0 + math.sqrt(1.0 - beta * beta))) ** 2, 1.0)

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:
        """Nothing to learn."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""
