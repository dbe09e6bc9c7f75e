"""From a log to curves: sorted, repeats averaged, long ones thinned; the same for any order of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families import thinned
from fits.learning_curve.families.combine import noise_level
from fits.learning_curve.families.family import Array
from fits.learning_curve.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

Places = npt.NDArray[np.intp]

LATEST = 0.05  # share of the observations whose mean is the score now


@dataclass(frozen=True)
class Seen:
    """One curve in falling form.

    Attributes
    ----------
    name : None where the log does not tell curves apart.
    x, y : (n,) distinct ascending positions and falling values, at most 200 of them.
    se : (n,) standard errors, or None.
    points : how many distinct positions the log has.
    current, error : value now, the mean over the last twentieth, and its standard error; noise : of one observation of the log.
    horizon : where training ends, if the log says so.
    rate_x, rate : (k,) where the learning rate is known, and what it is.
    raw_x, raw_y : (points,) before thinning.
    """

    name: str | None
    x: Array
    y: Array
    se: Array | None
    points: int
    current: float
    error: float
    noise: float
    horizon: float | None
    rate_x: Array
    rate: Array
    raw_x: Array
    raw_y: Array

    @property
    def last_x(self) -> float:
        return float(self.raw_x[-1])

    def ends_by(self, horizon: float) -> bool:
        """Whether the curve has come to its end: the next observation, as far off as the last two are, lies beyond it."""
        gap = self.last_x - float(self.raw_x[-2]) if self.points > 1 else 0.0
        return self.last_x >= horizon * (1.0 - 1e-9) or self.last_x + gap > horizon * (1.0 + 1e-9)

    def until(self, x: float) -> Seen | None:
        """The curve as it was when it had come to x; None where nothing was seen yet."""
        n = int((self.raw_x <= x).sum())
        if n == 0:
            return None
        se = self.se[:n] if self.se is not None and len(self.se) == self.points else None
        return _seen(self.name, self.raw_x[:n], self.raw_y[:n], se, self.horizon, self.rate_x, self.rate)


def finite(log: pd.DataFrame) -> pd.DataFrame:
    """The rows whose x and score are finite: a reader drops the others, a log made by hand may have them."""
    usable: pd.DataFrame = log[np.isfinite(log[["x", "score"]].to_numpy(dtype=np.float64)).all(axis=1)]
    return usable


def curves_of(log: pd.DataFrame, metric: Metric) -> list[Seen]:
    """The curves of a log, by name."""
    named = "curve" in log.columns and log["curve"].notna().any()
    if not named:
        return [_curve(None, log, metric)] if len(log) else []
    names = log["curve"].astype(object).where(log["curve"].notna(), "")
    return [_curve(str(name), rows, metric) for name, rows in log.groupby(names, sort=True)]


def _curve(name: str | None, rows: pd.DataFrame, metric: Metric) -> Seen:
    """One curve: repeated positions become their mean, whose standard error counts their spread."""
    score = metric.falling(rows["score"].to_numpy(dtype=np.float64))
    order = np.lexsort((score, rows["x"].to_numpy(dtype=np.float64)))  # sums in a fixed order give the same bytes
    at, score = rows["x"].to_numpy(dtype=np.float64)[order], score[order]
    x, first, count = np.unique(at, return_index=True, return_counts=True)
    y = np.add.reduceat(score, first) / count
    horizon = _only(rows, "horizon")
    rate_x, rate = _rates(rows)
    return _seen(name, x, y, _errors(rows, order, score, y, first, count), horizon, rate_x, rate)


def _seen(name: str | None, x: Array, y: Array, se: Array | None, horizon: float | None, rate_x: Array, rate: Array) -> Seen:
    few_x, few_y, _ = thinned(x, y)
    latest = max(1, round(LATEST * len(x)))
    known = se is not None and float(np.median(se)) > 0.0
    noise = float(np.median(se)) if se is not None and known else float(noise_level(y[None])[0])
    whole = se if len(few_x) == len(x) else None
    current, error = float(y[-latest:].mean()), noise / latest**0.5
    return Seen(name, few_x, few_y, whole, len(x), current, error, noise, horizon, rate_x, rate, x, y)


def _errors(rows: pd.DataFrame, order: Places, score: Array, y: Array, first: Places, count: Places) -> Array | None:
    """Standard errors (n,): of the log where it has them everywhere, else of repeated positions, else none."""
    if "std" in rows.columns and rows["std"].notna().all():
        squared = np.square(rows["std"].to_numpy(dtype=np.float64)[order])
        return np.asarray(np.sqrt(np.add.reduceat(squared, first)) / count)
    if (count > 1).all():
        off = np.square(score - np.repeat(y, count))
        return np.asarray(np.sqrt(np.add.reduceat(off, first) / (count - 1) / count))
    return None


def _only(rows: pd.DataFrame, column: str) -> float | None:
    """The largest value of a column, None where it has none."""
    if column not in rows.columns or not rows[column].notna().any():
        return None
    return float(rows[column].max())


def _rates(rows: pd.DataFrame) -> tuple[Array, Array]:
    """Positions and mean learning rates, where the log has them."""
    if "learning_rate" not in rows.columns:
        return np.empty(0), np.empty(0)
    known = rows[["x", "learning_rate"]].dropna().groupby("x", sort=True)["learning_rate"].mean()
    return known.index.to_numpy(dtype=np.float64), known.to_numpy(dtype=np.float64)
