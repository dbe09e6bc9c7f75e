"""What a decision rule is: it chooses an action in a context, and learns from what the action cost."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from fits.bandits.stream import Stream

Context = tuple[float, ...]


class Choice(NamedTuple):
    """An action with the probability under which it was drawn (None where the action is continuous or the rule is not random).

    `memo` is what the rule wants back together with the outcome: plain JSON, since decisions can wait across a restart.
    """

    action: float
    probability: float | None = None
    memo: Any = None


class Rule(Protocol):
    """A decision rule. Outcomes may come late and in any order, so `learn` relies on the choice alone, never on the last one."""

    def choose(self, context: Context, stream: Stream) -> Choice:
        """Decide; every random number comes from `stream`."""
        ...

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:
        """Take in a cost. With `censored` the true cost is only known to be at least `cost`."""
        ...

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain JSON; a rule restored from it decides as this one would."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what another rule of the same options learned."""
        ...
