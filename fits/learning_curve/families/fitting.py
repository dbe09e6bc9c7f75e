"""Fitting the families to curves: scaling, the batch, and what a fit can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array, Curve, Family, axis_at
from fits.learning_curve.families.projection import Data, Solution, solve
from fits.learning_curve.families.registry import FAMILIES
from fits.learning_curve.families.weights import recency_weights

FARTHEST = 1e200  # x is cut off there, in units of the last one, so that no basis overflows
CONSTANT = 1e-13  # a span below this share of the value is rounding
SMALLEST = 1e-200  # a span below this is none
ROWS = 256  # curves fitted at once: bounds the memory of a large batch


@dataclass(frozen=True)
class FittedMany:
    """One family fitted to S curves with the same x.

    Attributes
    ----------
    theta, a, c : (S, p), (S,), (S,): y = c + a F(x / unit; theta), in the units of y.
    unit, first : the last x, and the first positive x in units of the last.
    low, high : range of the metric; predictions stay within it.
    sse, rms : (S,) weighted sum of squared residuals, weights with maximum 1, and the root of their weighted mean.
    """

    name: str
    theta: Array
    a: Array
    c: Array
    unit: float
    first: float
    low: float
    high: float
    sse: Array
    rms: Array

    def predict(self, x: npt.ArrayLike) -> Array:
        """The curves at x (m,), in the user's unit: (S, m), finite, within [low, high]."""
        axis = axis_at(np.minimum(np.atleast_1d(np.asarray(x, dtype=np.float64)), FARTHEST * self.unit) / self.unit, self.first)
        F = FAMILIES[self.name].basis(self.theta, axis)
        return np.asarray(np.clip(_curve(F, self.a, self.c), self.low, self.high))

    @property
    def asymptote(self) -> Array | None:
        """The value at infinite x, (S,); None for a family without one."""
        return None if FAMILIES[self.name].level == "none" else self.c

    def rows(self, which: slice) -> FittedMany:
        """Some of the curves."""
        return replace(self, theta=self.theta[which], a=self.a[which], c=self.c[which], sse=self.sse[which], rms=self.rms[which])

    def __len__(self) -> int:
        return len(self.c)

    def __getitem__(self, row: int) -> Fitted:
        return Fitted(self, range(len(self))[row])


@dataclass(frozen=True)
class Fitted:
    """One family fitted to one curve."""

    many: FittedMany
    row: int

    @property
    def name(self) -> str:
        return self.many.name

    @property
    def sse(self) -> float:
        return float(self.many.sse[self.row])

    @property
    def rms(self) -> float:
        return float(self.many.rms[self.row])

    @property
    def asymptote(self) -> float | None:
        limits = self.many.asymptote
        return None if limits is None else float(limits[self.row])

    @property
    def params(self) -> dict[str, float]:
        """The parameters under the literature's names, for the formula in the family's docstring, in the user's units."""
        many, row = self.many, self.row
        return FAMILIES[many.name].params(Curve(many.theta[row], float(many.a[row]), float(many.c[row]), many.unit, many.first))

    def predict(self, x: npt.ArrayLike) -> Array:
        """The curve at x (m,): (m,), finite, within the range of the metric."""
        one = self.many.rows(slice(self.row, self.row + 1))
        prediction: Array = one.predict(x)[0]
        return prediction


def fit_many(
    x: npt.ArrayLike,
    ys: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    low: float = 0.0,
    high: float = np.inf,
    names: Sequence[str] | None = None,
) -> dict[str, FittedMany]:
    """Fit families to S curves that share their x.

    Parameters
    ----------
    x : (n,) ascending, distinct, finite, >= 0.
    ys : (S, n) finite, falling form (smaller is better).
    weights : (n,) or (S, n), >= 0; a weight of 0 leaves the point out, so that the prefixes of a curve are one batch: the same y
        in every row, and zeros behind the end of each prefix. Default: `recency_weights`.
    low, high : range of the metric, possibly infinite.
    names : of `FAMILIES`; default all.
    """
    x, ys = np.asarray(x, dtype=np.float64), np.atleast_2d(np.asarray(ys, dtype=np.float64))
    w = recency_weights(x) if weights is None else np.asarray(weights, dtype=np.float64)
    w = np.array(np.broadcast_to(w, ys.shape))
    best = w.max(axis=1, keepdims=True)
    w = np.where(best > 0.0, w / np.where(best > 0.0, best, 1.0), 1.0)
    fitted = [_fit_rows(x, ys[k : k + ROWS], w[k : k + ROWS], low, high, names or list(FAMILIES)) for k in range(0, len(ys), ROWS)]
    return fitted[0] if len(fitted) == 1 else {name: _joined([part[name] for part in fitted]) for name in fitted[0]}


def fit_all(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    low: float = 0.0,
    high: float = np.inf,
    names: Sequence[str] | None = None,
) -> dict[str, Fitted]:
    """Fit families to one curve: x and y (n,), the rest as for `fit_many`."""
    return {name: many[0] for name, many in fit_many(x, np.atleast_2d(y), weights, low, high, names).items()}


def fit_family(
    name: str, x: npt.ArrayLike, y: npt.ArrayLike, weights: npt.ArrayLike | None = None, low: float = 0.0, high: float = np.inf
) -> Fitted:
    """Fit one family to one curve: x and y (n,), the rest as for `fit_many`."""
    return fit_all(x, y, weights, low, high, [name])[name]


def _fit_rows(x: Array, ys: Array, w: Array, low: float, high: float, names: Sequence[str]) -> dict[str, FittedMany]:
    unit = float(x[-1]) if x[-1] > 0.0 else 1.0
    positive = x > 0.0
    first = float(x[positive][0]) / unit if positive.any() else 1.0
    axis = axis_at(x / unit, first)
    w_positive = w * positive
    w_positive = np.where(w_positive.any(axis=1, keepdims=True), w_positive, w)
    # y is measured from its last value in spans of the curve, so that one set of tolerances serves every unit. Points of weight 0
    # have no say in it.
    counted = w > 0.0
    last = ys[np.arange(len(ys)), ys.shape[1] - 1 - np.argmax(counted[:, ::-1], axis=1)]
    least, most = np.where(counted, ys, np.inf).min(axis=1), np.where(counted, ys, -np.inf).max(axis=1)
    span = most - least
    span = np.maximum(np.where(span > CONSTANT * np.abs(last), span, np.abs(last)), SMALLEST)
    z = np.where(counted, (ys - last[:, None]) / span[:, None], 0.0)
    z_low, z_high = (low - last) / span, (high - last) / span
    z_floor = z_low if np.isfinite(low) else (least - last) / span - 1.0

    # Families with the same shape and level are one curve; those with equally many shape parameters are refined together.
    groups: dict[int, dict[tuple[str, str], Family]] = {}
    for name in names:
        family = FAMILIES[name]
        groups.setdefault(len(family.box(first)[0]), {}).setdefault((family.shape, family.level), family)
    zero, infinite = np.zeros_like(last), np.full_like(last, np.inf)
    bounds = {"free": (z_low, z_high), "low": (z_floor, z_floor), "last": (zero, zero), "none": (-infinite, infinite)}
    solutions: dict[tuple[str, str], Solution] = {}
    for group in groups.values():
        data = [Data(z, w_positive if family.singular else w, *bounds[family.level]) for family in group.values()]
        solutions.update(zip(group, solve(list(group.values()), axis, data), strict=True))

    out = {}
    for name in names:
        family = FAMILIES[name]
        theta, a, c = solutions[family.shape, family.level]
        used = w_positive if family.singular else w
        residual = z - _curve(family.basis(theta, axis), a, c)
        sse = np.einsum("sn,sn,sn->s", used, residual, residual)
        rms = np.sqrt(sse / used.sum(axis=1)) * span
        out[name] = FittedMany(name, theta, a * span, last + c * span, unit, first, low, high, sse * span**2, rms)
    return out


def _curve(F: Array, a: Array, c: Array) -> Array:
    curve: Array = c[:, None] + a[:, None] * F
    return curve


def _joined(parts: list[FittedMany]) -> FittedMany:
    one = parts[0]
    theta, a, c, sse, rms = (np.concatenate([getattr(p, field) for p in parts]) for field in ("theta", "a", "c", "sse", "rms"))
    return FittedMany(one.name, theta, a, c, one.unit, one.first, one.low, one.high, sse, rms)
