"""What lies ahead of a curve, by each method: quantiles of its true value at positions that were not seen yet.

A curve without a forecast gets a reason instead: what it would need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fits.learning_curve.between import NORMAL
from fits.learning_curve.curves import Seen
from fits.learning_curve.families import Mixture, combine
from fits.learning_curve.families.family import Array
from fits.learning_curve.lr_aware import Run, fit_lr_aware, predict
from fits.learning_curve.meta import LONGEST, SHORTEST, forecast
from fits.learning_curve.plans import Plan
from fits.learning_curve.quantiles import LEVELS
from fits.learning_curve.trace import TAU, Trace, trace
from fits.solver import SolverError

if TYPE_CHECKING:
    from fits.learning_curve.schema import Method

FEWEST = 4  # points of a forecast: three are as many as a power law has parameters
POSITIONS = 32
# The mixture's errors were measured on curves of some dozens of points; its intervals of shorter ones are wider by a factor, which
# makes them hold 90 % of the values 1.3 to 4 times as far on LCDB 1.1 (once; without it 75 to 86 %).
SHORT_CURVES, WIDENING = (4, 6, 10, 16, 24, 48), (1.5, 2.0, 1.8, 1.3, 1.2, 1.0)


@dataclass(frozen=True)
class Outlook:
    """Quantiles (m, 5) in falling form at positions x (m,) beyond the last one, by `method`; or why there are none.

    `members` are the families of a mixture: name, weight, and asymptote in falling form where the family has one. `planned`: the
    learning rate is known up to the end, whether or not the forecast goes by it.
    """

    method: Method | None
    x: Array
    quantiles: Array
    cannot_tell: str | None = None
    members: tuple[tuple[str, float, float | None], ...] = ()
    trace: Trace | None = None
    planned: bool = False


def unknown(reason: str, found: Trace | None = None) -> Outlook:
    """No forecast."""
    return Outlook(None, np.empty(0), np.empty((0, len(LEVELS))), reason, trace=found)


def positions(last_x: float, thinned_to: float) -> Array:
    """Where forecasts are made: evenly in ln x beyond the last x, up to `LONGEST` times where the thinned curve ends."""
    return np.asarray(np.geomspace(last_x, LONGEST * thinned_to, POSITIONS + 1)[1:])


def look_ahead(curves: Sequence[Seen], method: Method, low: float, high: float, tau: float = TAU) -> list[Outlook]:
    """Forecasts by meta, families or trace. Curves with the same x are forecast together.

    `low` and `high` bound the falling form.
    """
    found: dict[int, Outlook] = {}
    groups: dict[tuple[bytes, float, bool], list[int]] = {}
    for i, curve in enumerate(curves):
        positive = curve.x > 0.0
        if positive.sum() < FEWEST:
            found[i] = unknown(f"a forecast needs {FEWEST} observations at different x > 0; there are {int(positive.sum())}")
        else:
            groups.setdefault((curve.x.tobytes(), curve.last_x, curve.se is None), []).append(i)
    for members in groups.values():
        for i, outlook in zip(members, _group([curves[i] for i in members], method, low, high, tau), strict=True):
            found[i] = outlook
    return [found[i] for i in range(len(curves))]


def _group(curves: Sequence[Seen], method: Method, low: float, high: float, tau: float) -> list[Outlook]:
    kept = curves[0].x > 0.0
    x, ys = curves[0].x[kept], np.stack([curve.y[kept] for curve in curves])
    at = positions(curves[0].last_x, x[-1])
    if method == "trace":
        return [_by_trace(x, y, at, low, high, tau) for y in ys]
    if method == "meta" and len(x) >= SHORTEST and np.isfinite(low):
        errors = [curve.se[kept] for curve in curves if curve.se is not None]
        q = forecast(x, ys, at, low=low, high=high, se=np.stack(errors) if errors else None).quantiles
        return [Outlook("meta", at, one) for one in q]
    mixture = combine(x, ys, low, high)
    return [Outlook("families", at, q, members=_members(mixture, i)) for i, q in enumerate(_quantiles(mixture, at, len(x)))]


def _quantiles(mixture: Mixture, at: Array, points: int) -> Array:
    """Quantiles (S, m, 5) of a mixture that has seen so many points."""
    q = mixture.quantiles(at, LEVELS)
    middle = q[..., len(LEVELS) // 2, None]
    wide = middle + float(np.interp(points, SHORT_CURVES, WIDENING)) * (q - middle)
    return np.asarray(np.clip(wide, mixture.low, mixture.high))


def _members(mixture: Mixture, curve: int) -> tuple[tuple[str, float, float | None], ...]:
    limits = {name: fit.asymptote for name, fit in mixture.fits.items()}
    weights = zip(limits, mixture.weights[:, curve].tolist(), strict=True)
    return tuple((name, w, None if (limit := limits[name]) is None else float(limit[curve])) for name, w in weights)


def _by_trace(x: Array, y: Array, at: Array, low: float, high: float, tau: float) -> Outlook:
    """The last anchored trend; its error is that of the mixture of families, and how far the two lie apart."""
    if not np.isfinite(high - low):
        return unknown("trace needs a score with a least and a largest value, such as an accuracy: set low and high")
    accuracy = 100.0 * (high - y) / (high - low)
    found = trace(x, accuracy, tau=tau)
    if found.trend is None:
        return unknown("no prediction level: the asymptotes of the curve do not settle yet", found)
    middle = np.clip(high - found.trend.at(at) / 100.0 * (high - low), low, high)
    q = _quantiles(combine(x, y, low, high), at, len(x))[0]
    centre = q[:, 2]
    spread = np.hypot(q - centre[:, None], (middle - centre)[:, None]) * np.sign(np.array(LEVELS) - 0.5)
    return Outlook("trace", at, np.clip(middle[:, None] + spread, low, high), trace=found)


def by_learning_rate(curve: Seen, plan: Plan, siblings: Sequence[Seen], low: float, high: float) -> Outlook:
    """The loss under the plan; siblings are other runs whose learning rate is known."""
    run = Run(curve.raw_x, curve.raw_y, plan.x, plan.rate)
    others = [Run(other.raw_x, other.raw_y, other.rate_x, other.rate) for other in siblings if len(other.rate_x) >= 2]
    at = np.linspace(curve.last_x, plan.x[-1], POSITIONS + 1)[1:]
    try:
        mean, sd = predict(fit_lr_aware(run, others), run, at)
    except SolverError as error:
        return unknown(str(error))
    return Outlook("lr-aware", at, np.clip(mean[:, None] + sd[:, None] * NORMAL, low, high), planned=True)
