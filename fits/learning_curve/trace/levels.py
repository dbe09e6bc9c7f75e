"""The sequence of trends: asymptotes, working, prediction and convergence level.

Level l is the fit to the first l observations. What the summaries of the papers leave open is chosen here:

* Every observation counts the same, as in the paper. The x need not be equally spaced: the working level divides the change of the
  asymptote by the step of x, and nothing else looks at steps.
* nu is a slope in per cent per word of a corpus whose steps are 5,000 words. For other units `words` says how many words one unit
  of x is worth; without it the median step of x counts as 5,000 words, so that the unit of x does not matter.
* Anchoring starts one level past the prediction level, whose own asymptote is the first anchor. Anchored asymptotes are kept
  <= 100 %.
* Layers are those of anchored trends, so the convergence level lies past the prediction level. A crossing left of the first
  observation is none: neither trend knows anything of it.
* The robustness rate is the share of falling steps of the unanchored asymptotes from the working level on: the hypothesis of the
  method is that they come down to the limit. Below one half the hypothesis has failed.
* The forecast is the last anchored trend, which has seen all observations; without a prediction level there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fits.learning_curve.trace.trend import HIGHEST, Array, Trend, fit_trend, layer

FIRST = 3  # observations of the first level: as many as a trend has parameters
NU, SIGMA, LAMBDA = 4e-5, 1.0, 5  # verticality threshold, slowdown, verification window (arXiv 2402.02515)
TAU = 2.0  # per cent; the paper leaves it to its user
STEP = 5_000.0  # words between the paper's observations
ROBUST = 0.5


@dataclass(frozen=True)
class Level:
    """One row of the audit trail; asymptotes and layer in per cent, None where they do not apply."""

    level: int
    x: float
    asymptote: float
    anchored: float | None = None
    layer: float | None = None
    working: bool = False
    prediction: bool = False
    convergence: bool = False


@dataclass(frozen=True)
class Trace:
    """The audit trail and what follows from it.

    Attributes
    ----------
    levels : one row a level, in order.
    working, prediction, convergence : the level (number of observations), or None where it was not reached.
    robustness : share of falling steps of the asymptotes from the working level on; None for fewer than two.
    trend : the forecast, or None before the prediction level.
    """

    levels: list[Level]
    working: int | None
    prediction: int | None
    convergence: int | None
    robustness: float | None
    trend: Trend | None

    @property
    def hypothesis_failed(self) -> bool:
        """The asymptotes do not come down to a limit, so the convergence of the sequence says nothing."""
        return self.robustness is not None and self.robustness < ROBUST

    def x_of(self, level: int | None) -> float | None:
        """The x of a level: PLevel and CLevel of the paper are ``x_of(prediction)`` and ``x_of(convergence)``."""
        return None if level is None else self.levels[level - FIRST].x


def trace(x: npt.ArrayLike, accuracy: npt.ArrayLike, tau: float = TAU, words: float | None = None, nu: float = NU) -> Trace:
    """Trace the convergence of a learning curve.

    Parameters
    ----------
    x : (m,) ascending, distinct, > 0, m >= 3: sizes of nested samples.
    accuracy : (m,) in per cent; for an error curve 100 (1 - error).
    tau : convergence threshold, in per cent.
    words : what a unit of x is worth in words of the paper's corpora; None: the median step is worth 5,000.
    nu : verticality threshold, per cent per word.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    words = STEP / float(np.median(np.diff(x))) if words is None else words
    trends = _trends(x, y)
    alphas = np.array([trend.c for trend in trends])
    working = _working_level(x[FIRST - 1 :] * words, alphas, nu)
    prediction = next((k for k in range(working, len(alphas)) if alphas[k] <= HIGHEST), None) if working is not None else None
    anchored = _anchored(x, y, trends, prediction)
    layers = [None if k - 1 not in anchored else layer(anchored[k], anchored[k - 1], x[k + FIRST - 1]) for k in anchored]
    distances = dict(zip(anchored, layers, strict=True))
    convergence = next((k for k, distance in distances.items() if distance is not None and distance <= tau), None)
    levels = [
        Level(
            level=k + FIRST,
            x=float(x[k + FIRST - 1]),
            asymptote=trend.c,
            anchored=anchored[k].c if k in anchored else None,
            layer=distances.get(k),
            working=k == working,
            prediction=k == prediction,
            convergence=k == convergence,
        )
        for k, trend in enumerate(trends)
    ]
    falling = np.diff(alphas[working:]) <= 0.0 if working is not None else np.empty(0)
    return Trace(
        levels=levels,
        working=None if working is None else working + FIRST,
        prediction=None if prediction is None else prediction + FIRST,
        convergence=None if convergence is None else convergence + FIRST,
        robustness=float(falling.mean()) if falling.size else None,
        trend=anchored[len(trends) - 1] if anchored else None,
    )


def decision_rate(forecasts: Sequence[float], truths: Sequence[float]) -> float | None:
    """DMR, the decision-making reliability: the share of pairs of curves that the forecasts order as the truths do.

    Pairs whose truths are equal do not count; None where none is left.
    """
    predicted, true = np.subtract.outer(forecasts, forecasts), np.subtract.outer(truths, truths)
    upper = np.triu(true != 0.0, 1)
    return float(np.mean(np.sign(predicted[upper]) == np.sign(true[upper]))) if upper.any() else None


def _trends(x: Array, y: Array) -> list[Trend]:
    """The unanchored trend of every level, (m - 2). Each starts from the best power law, found by variable projection."""
    from fits.learning_curve.families import fit_many

    prefixes = np.tri(len(x), dtype=np.float64)[FIRST - 1 :]
    starts = fit_many(x, np.tile(-y, (len(prefixes), 1)), prefixes, -np.inf, 0.0, ["pow3"])["pow3"]
    out = []
    for k in range(len(prefixes)):
        p = starts[k].params
        start = Trend(p["b"] * float(x[0]) ** -p["c"], p["c"], -p["a"], float(x[0]))
        out.append(fit_trend(x[: k + FIRST], y[: k + FIRST], start))
    return out


def _working_level(x: Array, alphas: Array, nu: float) -> int | None:
    """The first i such that |alpha_{j+1} - alpha_j| / (x_{j+1} - x_j) <= nu^(1/sigma) / (1 - nu) for j = i ... i + lambda."""
    calm = np.abs(np.diff(alphas)) / np.diff(x) <= nu ** (1.0 / SIGMA) / (1.0 - nu)
    return next((i for i in range(len(calm) - LAMBDA) if calm[i : i + LAMBDA + 1].all()), None)


def _anchored(x: Array, y: Array, trends: Sequence[Trend], prediction: int | None) -> dict[int, Trend]:
    """The anchored trend of every level from the prediction level on; that level's own trend is the first."""
    if prediction is None:
        return {}
    out = {prediction: trends[prediction]}
    for k in range(prediction + 1, len(trends)):
        out[k] = fit_trend(x[: k + FIRST], y[: k + FIRST], out[k - 1], anchor=out[k - 1].c)
    return out
