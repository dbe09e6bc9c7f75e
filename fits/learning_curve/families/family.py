"""What a curve family is: a falling basis with a few shape parameters. The fit is the same for all (`projection`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LOG_CEILING = 230.0  # e^230 ~ 1e100: a basis stays below it, so that its square and its product with a loss stay finite
TINY = 1e-250  # stands for t = 0, where a power has no value


class Axis(NamedTuple):
    """Where F is evaluated: t = x / x_n > 0 and its logarithm, (n,), and the first positive t of the fit."""

    t: Array
    log_t: Array
    first: float


class Curve(NamedTuple):
    """One fitted curve c + a F(x / unit; theta), y in the user's units; `first` as in `Axis`."""

    theta: Array
    a: float
    c: float
    unit: float
    first: float


class Family(ABC):
    """y = c + a F(t; theta), a >= 0: F falls in t = x / x_n, where x_n is the last x of the fit.

    The linear parameters a and c follow from theta in closed form; a family supplies F, where to look for theta, and the
    names under which the literature knows the parameters.

    Attributes
    ----------
    name : short name, as in LCDB.
    size : parameters that the fit is free to choose.
    level : what c is. ``"free"``: the asymptote, fitted within [low, high] (F falls to 0); ``"low"``: the asymptote, held at the
        least value of the metric (one span of the curve below its least value, where the metric has none); ``"none"``: F has
        no limit, so neither has the curve; ``"last"``: the last observation.
    shape : what F is called; families with the same shape and level are one curve under two names, and are fitted once.
    singular : F or the family's formula is infinite at x = 0, so that an observation there is left out of the fit.
    """

    name: ClassVar[str]
    shape: ClassVar[str]
    size: ClassVar[int]
    level: ClassVar[Literal["free", "low", "none", "last"]] = "free"
    singular: ClassVar[bool] = True

    @abstractmethod
    def grid(self, first: float) -> Array:
        """Candidates of theta, (K, p); `first` is the first positive t of the curve."""

    @abstractmethod
    def box(self, first: float) -> tuple[list[float], list[float]]:
        """Bounds of theta, p each."""

    @abstractmethod
    def basis(self, theta: Array, axis: Axis) -> Array:
        """F for theta (..., p) at n points: (..., n), finite, at most about 1e100."""

    @abstractmethod
    def params(self, curve: Curve) -> dict[str, float]:
        """The parameters under the literature's names, for x and y in the user's units."""


class Shapeless(Family):
    """A family without theta."""

    def grid(self, _first: float) -> Array:
        return np.empty((1, 0))

    def box(self, _first: float) -> tuple[list[float], list[float]]:
        return [], []


def axis_at(t: Array, first: float) -> Axis:
    """The axis at t (n,); t = 0 is read as a number so small that it cannot be told from it."""
    t = np.maximum(t, TINY)
    return Axis(t, np.log(t), first)


def spread(*axes: Array | list[float]) -> Array:
    """All combinations of the values of each axis, (K, p)."""
    return np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=-1)


def log_space(low: float, high: float, count: int) -> Array:
    """`count` natural logarithms of evenly spaced ratios between two positive numbers."""
    return np.linspace(np.log(low), np.log(high), count)


def safe_exp(exponent: Array) -> Array:
    """e^exponent, cut off before it overflows."""
    return np.exp(np.clip(exponent, -LOG_CEILING, LOG_CEILING))
