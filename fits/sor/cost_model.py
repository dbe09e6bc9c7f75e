"""What solves cost over (context, omega), learned one at a time: two models side by side, and what follows from them.

`LawModel` knows the theory of SOR, `SmoothModel` does not. The one that foretold the latest costs better is in charge.
Both are fitted anew to a bounded memory whenever the number of solves has grown by a seventh, and when a context leaves the range
seen so far; between that each cost takes constant time. When costs stay surprising, the world has changed: the memory is cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.bandits.robust import Batch
from fits.bandits.rule import Context
from fits.bandits.stream import Stream
from fits.bandits.warp import Warp
from fits.sor.law import Array
from fits.sor.law_model import NORMALS as LAW_NORMALS
from fits.sor.law_model import LawModel
from fits.sor.smooth_model import NORMALS as SMOOTH_NORMALS
from fits.sor.smooth_model import SmoothModel


class Range(NamedTuple):
    """How a context's range is placed: `margin` of the cube beside it; a fit is due `new` of its length beyond it."""

    margin: float
    new: float


MEMORY = 512  # solves kept: the first ANCHORS and the latest
ANCHORS = 64  # they were chosen widely, and hold the models where later ones crowd at the optimum
GROWTH = 1.15
FIRST_FIT = 1  # where the unit of the cost becomes known
OUTSIDE = 0.2  # of a context's range, beyond which nothing is known
# Several contexts seldom stay where they were at first, and many solves pass before their range is known. So they leave room at the
# faces of the models' cube, where cosines are level, and need less of a step beyond the range for a new fit.
ONE, SEVERAL = Range(margin=0.0, new=OUTSIDE), Range(margin=0.2, new=0.05)
FORGET = 0.998  # a solve ago, in the comparison of the two models
TRUST_IN_LAW = 6.0  # log odds where both foretell alike
DECISIVE = 5.0  # log odds against the law before the smooth model takes over; it gives way at 0
MOST_ODDS = 40.0  # so that a change of mind stays possible
MOST_TELLING = 3.0  # of one solve, in log odds
SURPRISING = 4.0  # mean squared surprise beyond which a change is suspected
MOST_SURPRISE = 9.0  # of one solve
ALARM = 80.0  # accumulated surprise that calls for a new fit, and soon after that means drift
SOON = 60  # solves
REMEMBERED_AFTER_DRIFT = 24
SAMPLE = 128  # solves of the memory whose contexts stand for all


class BestFixed(NamedTuple):
    """The omega that costs least where it must be the same in every context, and what it costs on average."""

    omega: float
    cost: float


class Solves(NamedTuple):
    """n solves: contexts (n, dimensions), omega, cost, and whether the cost is only known to be at least this."""

    contexts: Array
    omega: Array
    cost: Array
    censored: NDArray[np.bool_]


class CostModel:
    """The memory and the two models.

    Attributes
    ----------
    solves : costs taken in.
    lawful : whether the law of relaxation is in charge.
    drifts : after how many solves the memory was cut, the latest few.
    best_fixed : None before the first solve.
    """

    def __init__(self, dimensions: int, low: float, high: float, arms: Sequence[float] = ()) -> None:
        self.dimensions, self.low, self.high = dimensions, low, high
        self.arms = np.array(arms, dtype=np.float64)
        self.grid = self.arms if len(arms) else np.linspace(low, high, 1 + round((high - low) / 0.025)).round(12)
        self._range = ONE if dimensions <= 1 else SEVERAL
        self.solves = 0
        self.drifts: list[int] = []
        self.best_fixed: BestFixed | None = None
        self._contexts: list[Context] = []
        self._omegas: list[float] = []
        self._costs: list[float] = []
        self._censored: list[bool] = []
        self._placed: tuple[Context | None, Array] = None, np.empty(0)  # the latest: `learn` and the safety net ask again
        self._forget_models()

    def _forget_models(self) -> None:
        self._law = LawModel(self.dimensions)
        self._smooth = SmoothModel(self.dimensions, self.low, self.high, self.arms)
        self._warp_by([Warp([0.0], [0.5]) for _ in range(self.dimensions)])
        self._odds, self._surprise, self.lawful = TRUST_IN_LAW, 0.0, True
        self._whole = True
        self._since, self._next_fit, self._suspected = 0, FIRST_FIT, -SOON

    # --- decide

    def sample(self, context: Context, stream: Stream) -> float:
        """Thompson sampling: the omega that is best under one draw from the posterior.

        While the law is still in charge though the odds are against it, the models take turns: where both foretell alike what the
        law plays, only the other one's omega can tell which of them is right.
        """
        z = self.place(context)
        if self.lawful and (self._odds > 0.0 or stream.uniform() < 0.5):
            return self._law.choose(z, stream.normals(LAW_NORMALS), self.arms, self.low, self.high)
        return self._smooth.choose(z, stream.normals(SMOOTH_NORMALS))

    def predict(self, contexts: Sequence[Context], omegas: Array) -> Array:
        """Mean of ln cost by the model in charge: an array (contexts, omegas)."""
        z = np.array([self.place(context) for context in contexts]).reshape(len(contexts), self.dimensions)
        return self.in_charge.predict(z, omegas)

    def cost_at(self, context: Context, omega: float) -> float:
        """What omega costs in this context, by the model in charge."""
        return math.exp(self.in_charge.predict_one(self.place(context), omega))

    def distrust(self) -> None:
        """Put the other model in charge: the decisions of this one turned out dear, however well it foretells their costs."""
        self.lawful = not self.lawful
        self._odds = DECISIVE if self.lawful else -DECISIVE

    @property
    def contexts(self) -> list[Context]:
        """Contexts of the memory, oldest first: at most `MEMORY`."""
        return list(self._contexts)

    def memory(self) -> Solves:
        """The solves of the memory, oldest first."""
        contexts = np.array(self._contexts).reshape(len(self._contexts), self.dimensions)
        return Solves(contexts, np.array(self._omegas), np.array(self._costs), np.array(self._censored, dtype=bool))

    # --- learn

    def learn(self, context: Context, omega: float, cost: float, censored: bool = False) -> bool:
        """Take in a cost, > 0. True where it made plain that the costs have changed, so that what was learned was dropped."""
        self.solves += 1
        self._since += 1
        self._remember(context, omega, cost, censored)
        self._whole = self._whole and cost >= 1.0 and cost == math.floor(cost)
        z, log_cost = self.place(context), math.log(cost)
        rounding = 1.0 / (12.0 * cost * cost) if self._whole else 0.0
        law, law_surprise = self._law.learn(z, omega, log_cost, rounding, censored)
        smooth, smooth_surprise = self._smooth.learn(z, omega, log_cost, rounding, censored)
        telling = min(max(law - smooth, -MOST_TELLING), MOST_TELLING)
        surprise = law_surprise if self.lawful else smooth_surprise
        odds = FORGET * self._odds + (1.0 - FORGET) * TRUST_IN_LAW + telling
        self._odds = min(max(odds, -MOST_ODDS), MOST_ODDS)
        self.lawful = self._odds > (-DECISIVE if self.lawful else 0.0)
        if _leaves(context, self._fitted):
            self._fit()
            return False
        self._surprise = max(0.0, self._surprise + min(surprise, MOST_SURPRISE) - SURPRISING)
        drifted = False
        if self._surprise > ALARM:
            drifted = self._since - self._suspected <= SOON and self._since > REMEMBERED_AFTER_DRIFT
            self._suspected, self._surprise = self._since, 0.0
            if drifted:
                self._cut()
            self._fit()
        elif self._since >= self._next_fit:
            self._fit()
        return drifted

    def _remember(self, context: Context, omega: float, cost: float, censored: bool) -> None:
        self._contexts.append(context)
        self._omegas.append(omega)
        self._costs.append(cost)
        self._censored.append(censored)
        if len(self._costs) > MEMORY:
            for kept in self._memory:
                del kept[ANCHORS]

    @property
    def _memory(self) -> tuple[list[Any], ...]:
        return self._contexts, self._omegas, self._costs, self._censored

    def _cut(self) -> None:
        self.drifts = [*self.drifts[-9:], self.solves]
        for kept in self._memory:
            del kept[:-REMEMBERED_AFTER_DRIFT]
        odds, lawful = self._odds, self.lawful
        self._forget_models()
        self._odds, self.lawful = odds, lawful

    def outside(self, context: Context) -> bool:
        """Whether the context lies well beyond all that was seen."""
        return _leaves(context, self._known)

    def place(self, context: Context) -> Array:
        """The context in the unit cube of the models, (dimensions,)."""
        if context != self._placed[0]:
            self._placed = context, np.array([warp(value) for warp, value in zip(self._warps, context, strict=True)])
        return self._placed[1]

    def _warp_by(self, warps: list[Warp]) -> None:
        self._warps = warps
        self._known = [warp.reach(OUTSIDE) for warp in warps]
        self._fitted = [warp.reach(self._range.new) for warp in warps]
        self._placed = None, np.empty(0)

    # --- fit anew

    @property
    def in_charge(self) -> LawModel | SmoothModel:
        """The model that decides."""
        return self._law if self.lawful else self._smooth

    def _fit(self) -> None:
        self._next_fit = max(self._since + 1, math.ceil(GROWTH * self._since))
        seen = np.array(self._contexts).reshape(len(self._contexts), self.dimensions)
        self._warp_by([Warp.of(seen[:, axis], self._range.margin) for axis in range(self.dimensions)])
        batch = self._batch()
        self._law.fit(batch)
        self._smooth.fit(batch)
        few = batch.z[:: max(1, len(batch.z) // SAMPLE)]
        costs = np.exp(self.in_charge.predict(few, self.grid)).mean(axis=0)
        best = int(costs.argmin())
        self.best_fixed = BestFixed(float(self.grid[best]), float(costs[best]))

    def _batch(self) -> Batch:
        costs = np.array(self._costs)
        z = np.array([self.place(context) for context in self._contexts]).reshape(len(costs), self.dimensions)
        rounding = 1.0 / (12.0 * costs**2) if self._whole else np.zeros(len(costs))
        return Batch(z, np.array(self._omegas), np.log(costs), rounding, np.array(self._censored), self._whole)

    # --- keep

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {
            "solves": self.solves,
            "drifts": list(self.drifts),
            "best_fixed": None if self.best_fixed is None else list(self.best_fixed),
            "contexts": [list(context) for context in self._contexts],
            "omegas": list(self._omegas),
            "costs": list(self._costs),
            "censored": list(self._censored),
            "law": self._law.state(),
            "smooth": self._smooth.state(),
            "warps": [[warp.x, warp.z] for warp in self._warps],
            "odds": self._odds,
            "lawful": self.lawful,
            "surprise": self._surprise,
            "whole": self._whole,
            "since": self._since,
            "next_fit": self._next_fit,
            "suspected": self._suspected,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what another model of as many contexts and the same omegas learned."""
        self.solves, self.drifts = int(state["solves"]), list(state["drifts"])
        self.best_fixed = None if state["best_fixed"] is None else BestFixed(*state["best_fixed"])
        self._contexts = [tuple(context) for context in state["contexts"]]
        self._omegas, self._costs = list(state["omegas"]), list(state["costs"])
        self._censored = list(state["censored"])
        self._law.restore(state["law"])
        self._smooth.restore(state["smooth"])
        self._warp_by([Warp(x, z) for x, z in state["warps"]])
        self._odds, self._surprise, self._whole = float(state["odds"]), float(state["surprise"]), bool(state["whole"])
        self.lawful = bool(state["lawful"])
        self._since, self._next_fit = int(state["since"]), int(state["next_fit"])
        self._suspected = int(state["suspected"])


def _leaves(context: Context, ranges: list[tuple[float, float]]) -> bool:
    for value, (low, high) in zip(context, ranges, strict=True):  # noqa: SIM110 - any() takes twice as long
        if not low <= value <= high:
            return True
    return False
