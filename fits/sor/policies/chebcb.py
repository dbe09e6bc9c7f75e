"""ChebCB, the paper's policy against the instance-optimal one: a Chebyshev series in the context predicts the cost of each omega.

Algorithm 2 of "Learning to Relax" (arXiv 2310.02246) with the constants of its released code: SquareCB over linear regressions
on the features T_0..T_{m-1} of one context, scaled to [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from fits.bandits.inverse_gap import inverse_gap
from fits.bandits.least_squares import LeastSquares
from fits.bandits.rule import Choice, Context
from fits.bandits.stream import Stream
from fits.bandits.tsallis import draw
from fits.sor.policies.tsallis import GRID, component_of

# A thousandth of a solve. The paper takes the shortest solution, the limit of no ridge: as good elsewhere, but on the slow contexts
# of the heat equation it costs 1.153 +- .013 times the instance-optimal omega, and the ridge 1.125 +- .005 (5 and 6 seeds).
RIDGE = 1e-3
CALM, MARGIN = 100, 0.1  # an interval that has not grown for 100 solves becomes that of the contexts seen and a tenth on each side


class ChebCB:
    """`chebcb`: inverse-gap weighting over one bounded least-squares series for every value of omega.

    Costs are counted from min(1, smallest cost seen): from 1, as in the paper, for iterations, from the cheapest for seconds.

    The interval of contexts, where not known, is learned: a context outside doubles it, as more may follow, and when none has come
    for a while it is drawn in. The features of all past solves change by one matrix, since polynomials of a degree stay such under
    a change of scale: nothing learned is lost, and no solve is stored.

    Parameters
    ----------
    arms : the values of omega to choose from.
    degree : number of Chebyshev polynomials m (the paper: 6).
    interval : lowest and highest context, where known.
    component : which of several contexts counts.
    """

    def __init__(
        self,
        arms: Sequence[float] = GRID,
        *,
        degree: int = 6,
        interval: tuple[float, float] | None = None,
        component: int = 0,
    ) -> None:
        if degree < 1:
            raise ValueError(f"at least one Chebyshev polynomial, got {degree}")
        if interval is not None and not interval[0] < interval[1]:
            raise ValueError(f"the interval of contexts is empty: {interval}")
        self.arms, self.degree, self.component = tuple(arms), degree, component
        self._interval, self._seen = interval, interval  # what [-1, 1] stands for, and the lowest and the highest context
        self._grown_at: int | None = None  # the number of solves when the interval grew, until it is drawn in
        self._solves, self._floor, self._cheapest, self._dearest = 0, 1.0, 0.0, 0.0
        self._error = 0.0  # R, the sum of squared one-step prediction errors; less the residuals, the regret of the regressions
        self._rate = 0.0  # of the inverse gaps, in one over the unit of the cost
        self._series = [LeastSquares(degree, ridge=RIDGE) for _ in self.arms]
        self._theta = np.zeros((len(self.arms), degree))
        self._residuals = [0.0] * len(self.arms)
        self._boxed: set[int] = set()  # arms whose free solution lies outside the box

    def choose(self, context: Context, stream: Stream) -> Choice:
        predictions = self._theta.dot(self._features(context)).tolist()
        distribution = inverse_gap(predictions, self._rate)
        arm = draw(distribution, stream)
        return Choice(self.arms[arm], distribution[arm], [arm, predictions[arm]])

    def learn(self, context: Context, choice: Choice, cost: float, *, censored: bool = False) -> None:  # noqa: ARG002
        arm, predicted = choice.memo
        features = self._features(context)
        stale = {arm}
        if not self._solves:
            self._floor, self._cheapest, self._dearest = min(1.0, cost), cost, cost
        elif not self._cheapest <= cost <= self._dearest:
            self._cheapest, self._dearest = min(self._cheapest, cost), max(self._dearest, cost)
            stale |= self._boxed  # the box grew; solutions inside it stay where they are
        if cost < self._floor:
            tried = {i for i, series in enumerate(self._series) if series.rows}
            for i in tried:
                self._series[i].shift(0, self._floor - cost)  # T_0 = 1
            self._floor = cost
            stale |= tried
        loss = cost - self._floor
        self._solves += 1
        self._error += (predicted - loss) * (predicted - loss)
        self._series[arm].add([*features, loss])
        bound = self._bound()
        for i in sorted(stale):
            self._fit(i, bound)
        self._rate = self._next_rate()
        if self._seen and self._grown_at is not None and self._solves >= self._grown_at + CALM:
            (low, high), self._grown_at = self._seen, None
            self._rescale((low - MARGIN * (high - low), high + MARGIN * (high - low)))

    def _features(self, context: Context) -> list[float]:
        """T_0..T_{m-1} at the context scaled to [-1, 1], (m,)."""
        value = component_of(context, self.component)
        if self._seen is None or not self._seen[0] <= value <= self._seen[1]:
            self._see(value)
        low, high = self._interval or (value, value)
        z = 2.0 * (value - low) / (high - low) - 1.0 if low < high else 0.0
        features = [1.0, z]
        for _ in range(self.degree - 2):
            features.append(2.0 * z * features[-1] - features[-2])
        return features[: self.degree]

    def _bound(self) -> list[float]:
        """The box of the coefficients, (m,), in units of the cost.

        The paper's is |theta_0| <= 1/N and |theta_j| <= 2 (b-a) L / (scale j), in units of scale = K N. K is the dearest cost and L
        the spread of the costs over b - a, so both the scale and the interval drop out.
        """
        spread = self._dearest - self._cheapest
        return [self._dearest, *(2.0 * spread / j for j in range(1, self.degree))]

    def _fit(self, arm: int, bound: list[float]) -> None:
        series = self._series[arm]
        theta = series.solution()
        if any(abs(value) > most for value, most in zip(theta.tolist(), bound, strict=True)):
            self._boxed.add(arm)
            theta = series.bounded(np.array(bound), self._theta[arm])
            self._residuals[arm] = series.residual(theta)
        else:
            self._boxed.discard(arm)
            self._residuals[arm] = series.residual()
        self._theta[arm] = theta

    def _next_rate(self) -> float:
        """eta_t = 2 t sqrt(d t / (R - resnorm + 2 alpha^2 t)) over the paper's scale, which drops out of this, too."""
        t, m, spread = self._solves, self.degree, self._dearest - self._cheapest
        # alpha bounds what a series of m terms cannot follow of a cost with Lipschitz constant L = spread / (b - a).
        alpha = (math.pi + 2.0 / math.pi * math.log(2 * m + 1)) / (2.0 * (m + 1)) * spread
        regret = max(self._error - sum(self._residuals), 0.0) + 2.0 * alpha * alpha * t
        if regret <= 0.0:  # every cost was the same and foreseen: nothing tells the arms apart
            return 0.0
        return 2.0 * t * math.sqrt(len(self.arms) * t / regret)

    def _see(self, value: float) -> None:
        """Note a context beyond those seen; where it lies outside of the interval, that end moves beyond it by the new width."""
        seen_low, seen_high = self._seen or (value, value)
        self._seen = min(seen_low, value), max(seen_high, value)
        low, high = self._interval = self._interval or self._seen
        if not low <= value <= high:
            width = max(high, value) - min(low, value)
            self._grown_at = self._solves
            self._rescale((low, value + width) if value > high else (value - width, high))

    def _rescale(self, interval: tuple[float, float]) -> None:
        """Let [-1, 1] stand for another interval: z becomes stretch z + offset, and the features change by a matrix."""
        (low, high), (new_low, new_high) = self._interval or interval, interval
        stretch = (high - low) / (new_high - new_low)
        offset = (high - new_high + low - new_low) / (new_high - new_low)
        points = chebyshev.chebpts1(self.degree)  # m points determine the matrix
        before = chebyshev.chebvander(points, self.degree - 1)
        after = chebyshev.chebvander(stretch * points + offset, self.degree - 1)
        change = np.asarray(np.linalg.solve(before, after), dtype=np.float64).T
        self._interval = interval
        bound = self._bound()
        for arm, series in enumerate(self._series):
            if series.rows:
                series.transform(change)
                self._fit(arm, bound)

    def state(self) -> dict[str, Any]:
        return {
            "interval": self._interval and list(self._interval),
            "seen": self._seen and list(self._seen),
            "grown_at": self._grown_at,
            "solves": self._solves,
            "costs": [self._floor, self._cheapest, self._dearest],
            "error": self._error,
            "rate": self._rate,
            "series": [series.state() for series in self._series],
            "theta": self._theta.tolist(),
            "residuals": list(self._residuals),
            "boxed": sorted(self._boxed),
        }

    def restore(self, state: dict[str, Any]) -> None:
        if len(state["series"]) != len(self.arms):
            raise ValueError(f"the state is of {len(state['series'])} arms, not {len(self.arms)}")
        for series, saved in zip(self._series, state["series"], strict=True):
            series.restore(saved)
        self._interval, self._seen = (ends and tuple(ends) for ends in (state["interval"], state["seen"]))
        self._grown_at = state["grown_at"]
        self._solves, self._error, self._rate = state["solves"], state["error"], state["rate"]
        self._floor, self._cheapest, self._dearest = state["costs"]
        self._theta, self._residuals = np.array(state["theta"]), list(state["residuals"])
        self._boxed = set(state["boxed"])
