"""Tsallis-INF: a bandit over K arms that is as good as the best fixed arm, whatever the losses do.

Zimmert & Seldin, "Tsallis-INF: An Optimal Algorithm for Stochastic and Adversarial Bandits" (arXiv 1807.07623), with the scaling
of losses of "Learning to Relax" (arXiv 2310.02246): they are measured above a floor and in units of their running mean above it.
The floor is min(1, smallest loss seen): 1, as in the paper, for iteration counts, and the smallest cost seen for costs in seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from fits.bandits.stream import Stream

NEWTON_STEPS = 20
SHIFT = 0.5  # the guess that the reduced-variance estimate starts from: half of a loss in [0, 1] (arXiv 1807.07623)
SHIFT_FROM = 16.0  # ... for arms with p >= eta^2 = 16 / t


def probabilities(losses: Sequence[float], rate: float) -> list[float]:
    """The distribution of follow-the-regularised-leader under the 1/2-Tsallis entropy.

    p_i = 4 / (eta (L_i - x))^2 with x < min L such that sum p = 1 (arXiv 2310.02246, algorithm 1).

    Parameters
    ----------
    losses : (K,) cumulative loss estimates L, finite; adding a constant to all of them changes nothing.
    rate : the learning rate eta > 0, in one over the unit of the losses.
    """
    # With g = (L - min L) eta / 2 and u = (min L - x) eta / 2: p = 1 / (g + u)^2, and u lies between 1 (one arm leads) and sqrt(K)
    # (all arms tie). Newton's method on 1/sqrt(sum p) = 1, which is concave in u and linear where arms tie, climbs to the root from
    # u = 1, that is x = min L - 2/eta, without overshooting.
    lowest, half = min(losses), 0.5 * rate
    gaps = [(loss - lowest) * half for loss in losses]
    u = 1.0
    for _ in range(NEWTON_STEPS):
        total = slope = 0.0
        for gap in gaps:
            root = 1.0 / (gap + u)
            square = root * root
            total += square
            slope += square * root
        step = total * (math.sqrt(total) - 1.0) / slope
        u += step
        if step < 1e-8:  # the error is now of the order of its square
            break
    roots = [1.0 / (gap + u) for gap in gaps]
    return [root * root for root in roots]


def draw(distribution: Sequence[float], stream: Stream) -> int:
    """An index drawn from probabilities that sum to 1 up to rounding, with one uniform number."""
    cumulative = list(accumulate(distribution))
    return min(bisect_right(cumulative, stream.uniform() * cumulative[-1]), len(distribution) - 1)


class Draw(NamedTuple):
    """An arm, its probability, and the arms whose loss is shifted if this draw is learned from (reduced variance only)."""

    arm: int
    probability: float
    shifted: list[int]


class TsallisBandit:
    """Tsallis-INF over the arms 0..K-1 for any positive losses; its time and memory do not depend on the number of rounds.

    Parameters
    ----------
    arms : number of arms K.
    reduced_variance : estimate by loss shifting with twice the learning rate (arXiv 1807.07623; PCGBandit, arXiv 2509.08765).
    """

    def __init__(self, arms: int, *, reduced_variance: bool = False) -> None:
        if arms < 1:
            raise ValueError(f"at least one arm, got {arms}")
        self.arms, self.reduced_variance = arms, reduced_variance
        self.rounds, self._total, self._floor = 0, 0.0, 1.0
        self._estimates = [0.0] * arms  # k_i, the sum of (loss - floor) / p_i
        self._weights = [0.0] * arms  # the sum of 1 / p_i: what a change of the floor costs
        self._shifts = [0.0] * arms  # in units of the scale

    def probabilities(self) -> list[float]:
        """The distribution of the next draw, (K,)."""
        excess = self._total / self.rounds - self._floor if self.rounds else 0.0
        scale = excess if excess > 0 else 1.0  # every loss was at the floor: all estimates are 0, whatever the scale
        if not self.reduced_variance:
            return probabilities(self._estimates, 2.0 / (scale * math.sqrt(self.rounds + 1)))
        losses = [estimate / scale + shift for estimate, shift in zip(self._estimates, self._shifts, strict=True)]
        return probabilities(losses, 4.0 / math.sqrt(self.rounds + 1))

    def draw(self, stream: Stream) -> Draw:
        """Draw an arm; it takes one uniform number."""
        distribution = self.probabilities()
        arm = draw(distribution, stream)
        shifted: list[int] = []
        if self.reduced_variance:
            least = SHIFT_FROM / (self.rounds + 1)
            shifted = [i for i, p in enumerate(distribution) if p >= least]
        return Draw(arm, distribution[arm], shifted)

    def learn(self, drawn: Draw, loss: float) -> None:
        """Take in the loss of a draw, in any order. The estimate of the drawn arm grows by (loss - floor) / p, so that every
        arm's is unbiased; the reduced-variance one by (loss/scale - b_i) / p for the drawn arm, and b_i for all (b = 1/2 or 0).
        """
        arm, probability, shifted = drawn
        self.rounds += 1
        self._total += loss
        self._lower_floor(loss)
        self._weights[arm] += 1.0 / probability
        self._estimates[arm] += (loss - self._floor) / probability
        for i in shifted:
            self._shifts[i] += SHIFT
            if i == arm:
                self._shifts[i] -= SHIFT / probability

    def absorb(self, other: TsallisBandit) -> None:
        """Take over the rounds of another bandit over the same arms, as if they had been played here."""
        self._lower_floor(other._floor)
        change = other._floor - self._floor
        self.rounds += other.rounds
        self._total += other._total
        for i in range(self.arms):
            self._estimates[i] += other._estimates[i] + change * other._weights[i]
            self._weights[i] += other._weights[i]
            self._shifts[i] += other._shifts[i]

    def _lower_floor(self, loss: float) -> None:
        if loss < self._floor:
            change, self._floor = self._floor - loss, loss
            self._estimates = [k + change * weight for k, weight in zip(self._estimates, self._weights, strict=True)]

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain JSON."""
        return {
            "rounds": self.rounds,
            "total": self._total,
            "floor": self._floor,
            "estimates": list(self._estimates),
            "weights": list(self._weights),
            "shifts": list(self._shifts),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another bandit with the same options stood.

        Raises
        ------
        ValueError
            The state is of another number of arms.
        """
        if len(state["estimates"]) != self.arms:
            raise ValueError(f"the state is of {len(state['estimates'])} arms, not {self.arms}")
        self.rounds, self._total, self._floor = state["rounds"], state["total"], state["floor"]
        self._estimates, self._weights = list(state["estimates"]), list(state["weights"])
        self._shifts = list(state["shifts"])
