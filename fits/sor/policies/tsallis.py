"""The paper's policies against the best fixed omega: Tsallis-INF on a grid of omega, alone or one for every bin of a context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fits.bandits.rule import Choice, Context
from fits.bandits.stream import Stream
from fits.bandits.tsallis import Draw, TsallisBandit
from fits.solver import BadQuery


def grid(count: int = 20) -> tuple[float, ...]:
    """`count` values of omega, equally far apart on [1, 1.95], the paper's range (arXiv 2310.02246)."""
    if count < 1:
        raise ValueError(f"at least one omega, got {count}")
    return tuple(round(1.0 + 0.95 * i / max(count - 1, 1), 12) for i in range(count))


def grid_for(solves: int) -> tuple[float, ...]:
    """The paper's first grid for a known number of solves T: floor((2T)^(1/3)) values."""
    return grid(max(1, int((2 * solves) ** (1 / 3) + 1e-9)))


GRID = grid()


def component_of(context: Context, component: int) -> float:
    """The one context that a one-dimensional policy looks at.

    Raises
    ------
    BadQuery
        The context has no such component.
    """
    if not 0 <= component < len(context):
        raise BadQuery("context", f"component {component} decides, but {len(context)} were given")
    return context[component]


class TsallisInf:
    """`tsallis-inf`, and with `reduced_variance` `tsallis-inf-rv`; they look at no context.

    Parameters
    ----------
    arms : the values of omega to choose from.
    reduced_variance : loss shifting with twice the learning rate (PCGBandit, arXiv 2509.08765).
    """

    def __init__(self, arms: Sequence[float] = GRID, *, reduced_variance: bool = False) -> None:
        self.arms = tuple(arms)
        self._bandit = TsallisBandit(len(self.arms), reduced_variance=reduced_variance)

    def choose(self, context: Context, stream: Stream) -> Choice:  # noqa: ARG002  (the interface of rules)
        return _choice(self.arms, self._bandit.draw(stream))

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:  # noqa: ARG002
        self._bandit.learn(_drawn(choice), cost)

    def state(self) -> dict[str, Any]:
        return self._bandit.state()

    def restore(self, state: dict[str, Any]) -> None:
        self._bandit.restore(state)


class TsallisInfCB:
    """`tsallis-inf-cb`: one Tsallis-INF for each of equally wide bins of one context.

    With `interval` the bins are the paper's, and contexts outside fall into the outermost. Without it they are learned: as often as
    a context lies outside, the bins become twice as wide and neighbours are merged, histories and all, so that between half of the
    bins and all of them cover what was seen. A decision belongs to the bin that holds its context when it is learned from.

    Parameters
    ----------
    arms : the values of omega to choose from.
    bins : number of bins (the paper: 5; for the heat equation 6).
    interval : lowest and highest context, where known.
    component : which of several contexts counts; the bandits would be too many to learn from in a product of several.
    """

    def __init__(
        self,
        arms: Sequence[float] = GRID,
        *,
        bins: int = 5,
        interval: tuple[float, float] | None = None,
        component: int = 0,
        reduced_variance: bool = False,
    ) -> None:
        if bins < 1:
            raise ValueError(f"at least one bin, got {bins}")
        if interval is not None and not interval[0] < interval[1]:
            raise ValueError(f"the interval of contexts is empty: {interval}")
        self.arms, self.bins, self.component, self.reduced_variance = tuple(arms), bins, component, reduced_variance
        self.fixed = interval is not None
        self._low: float | None = None if interval is None else interval[0]
        self._high: float | None = None if interval is None else interval[1]
        self._bandits = [self._fresh() for _ in range(bins)]

    def choose(self, context: Context, stream: Stream) -> Choice:
        return _choice(self.arms, self._bandits[self._bin(context)].draw(stream))

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:  # noqa: ARG002
        self._bandits[self._bin(context)].learn(_drawn(choice), cost)

    def state(self) -> dict[str, Any]:
        return {"low": self._low, "high": self._high, "bandits": [bandit.state() for bandit in self._bandits]}

    def restore(self, state: dict[str, Any]) -> None:
        if len(state["bandits"]) != self.bins:
            raise ValueError(f"the state is of {len(state['bandits'])} bins, not {self.bins}")
        self._low, self._high = state["low"], state["high"]
        for bandit, saved in zip(self._bandits, state["bandits"], strict=True):
            bandit.restore(saved)

    def _fresh(self) -> TsallisBandit:
        return TsallisBandit(len(self.arms), reduced_variance=self.reduced_variance)

    def _bin(self, context: Context) -> int:
        value = component_of(context, self.component)
        low, high = self._low, self._high
        if low is None or high is None:
            low = high = self._low = self._high = value
        if not self.fixed and not low <= value <= high:
            low, high = self._widen(low, high, value)
        if low == high:
            return 0
        return min(max(int((value - low) / (high - low) * self.bins), 0), self.bins - 1)

    def _widen(self, low: float, high: float, value: float) -> tuple[float, float]:
        """Let the bins reach up or down to `value`."""
        upwards = value > high
        # Seen from the end that stays: every two bins become one, and the rest are new. A single context so far (low = high) sits
        # in bin 0 and becomes the end that stays.
        ordered = self._bandits if upwards or low == high else self._bandits[::-1]
        if low == high:
            low, high = min(low, value), max(high, value)
        while not low <= value <= high:
            width = high - low
            low, high = (low, high + width) if upwards else (low - width, high)
            for i in range(0, self.bins - 1, 2):
                ordered[i].absorb(ordered[i + 1])
            ordered = ordered[::2] + [self._fresh() for _ in range(self.bins // 2)]
        self._bandits = ordered if upwards else ordered[::-1]
        self._low, self._high = low, high
        return low, high


def _choice(arms: Sequence[float], drawn: Draw) -> Choice:
    return Choice(arms[drawn.arm], drawn.probability, [drawn.arm, drawn.shifted])


def _drawn(choice: Choice) -> Draw:
    arm, shifted = choice.memo
    assert choice.probability is not None
    return Draw(arm, choice.probability, shifted)
