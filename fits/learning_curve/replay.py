"""Backtest: forecast the end of the log's own finished curves from their first 10, 20 and 50 %."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fits.learning_curve.between import NORMAL, between
from fits.learning_curve.curves import Seen, curves_of, finite
from fits.learning_curve.families.family import Array
from fits.learning_curve.metric import Metric, metric_of
from fits.learning_curve.outlook import FEWEST, Outlook, by_learning_rate, look_ahead, unknown
from fits.learning_curve.plans import plan_of, tells
from fits.learning_curve.quantiles import chance_below
from fits.learning_curve.schema import BacktestOptions, Method
from fits.learning_curve.trace import decision_rate
from fits.solver import Backtest, Caution, Fold, NotEnoughData, Scalar

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.1, 0.2, 0.5)
TAIL = 3  # observations whose mean is the end of a curve
LAST = "last value"
GAIN = 0.01  # of the range of the scores: less is no gain


class Case(NamedTuple):
    """A beginning, its whole curve, and the end: where it lies and the value there, in falling form."""

    share: float
    seen: Seen
    whole: Seen
    x: float
    truth: float

    @property
    def label(self) -> str:
        return f"{'curve' if self.whole.name is None else self.whole.name} from {self.share:.0%}"


def replay(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Error, coverage and stopping decisions of forecasts from the beginnings of finished curves.

    Raises
    ------
    NotEnoughData
        No finished curve is long enough to have a beginning of `FEWEST` observations.
    """
    log = finite(log)
    metric = metric_of(log, options)
    curves = curves_of(log, metric)
    whole = [curve for curve in curves if curve.horizon is None or curve.ends_by(curve.horizon)]
    cases = [case for share in SHARES for curve in whole if (case := _case(curve, share)) is not None]
    if not cases:
        raise NotEnoughData(
            f"a finished curve with {FEWEST} observations in its first half", found=f"{len(curves)} curves, none so"
        )
    methods = list(dict.fromkeys(options.methods)) or _usual(whole, metric)
    outlooks = {method: _forecasts(cases, whole, method, metric) for method in methods}
    ends = {method: [_end(case, one) for case, one in zip(cases, found, strict=True)] for method, found in outlooks.items()}
    span = float(np.ptp(log["score"].to_numpy(dtype=np.float64)))
    least = GAIN * span if options.least_gain is None else options.least_gain
    first = methods[0]
    folds = [_fold(case, {method: ends[method][i] for method in methods}) for i, case in enumerate(cases)]
    left_out = len(curves) - len({case.whole.name for case in cases})
    warnings = []
    if left_out:
        message = f"{left_out} of {len(curves)} curves are not finished or too short to be replayed"
        warnings.append(Caution(code="left-out", message=message))
    return Backtest.from_folds(
        protocol=f"the end of {len({c.whole.name for c in cases})} finished curves (mean of the last {TAIL} observations) "
        "forecast from their first 10, 20 and 50 %",
        metric=f"absolute error of {metric.name}",
        folds=folds,
        tables={"error": _errors(cases, ends), "pairs": _pairs(cases, ends), "stopping": _stopping(cases, ends[first], least)},
        warnings=warnings,
    )


def _usual(whole: Sequence[Seen], metric: Metric) -> list[Method]:
    """What a fit would forecast by, first, and what else it could."""
    plans = (plan_of(curve, curve.last_x, {}, []) for curve in whole)
    aware: list[Method] = ["lr-aware"] if any(plan is not None and tells(plan, metric) for plan in plans) else []
    return [*aware, "meta", "families"]


def _case(curve: Seen, share: float) -> Case | None:
    seen = curve.until(share * curve.last_x)
    if seen is None or (seen.x > 0.0).sum() < FEWEST or len(curve.x) < FEWEST + TAIL:
        return None
    end = float(np.exp(np.log(curve.x[-TAIL:]).mean()))
    return None if end <= seen.last_x else Case(share, seen, curve, end, float(curve.y[-TAIL:].mean()))


def _forecasts(cases: Sequence[Case], whole: Sequence[Seen], method: Method, metric: Metric) -> list[Outlook]:
    low, high = metric.falling_range
    if method != "lr-aware":
        return look_ahead([case.seen for case in cases], method, low, high)
    found = []
    for case in cases:
        others = [curve for curve in whole if curve.name != case.whole.name]
        plan = plan_of(case.seen, case.whole.last_x, {}, others)
        found.append(unknown("no learning rate") if plan is None else by_learning_rate(case.seen, plan, others, low, high))
    return found


def _end(case: Case, outlook: Outlook) -> Array | None:
    """Quantiles (5,) of the end; None where the method cannot tell."""
    if outlook.method is None or case.x > outlook.x[-1] * (1.0 + 1e-9):
        return None
    now = case.seen.current + case.seen.error * NORMAL
    return between(outlook.x, outlook.quantiles, case.seen.last_x, now, case.x)


def _fold(case: Case, ends: dict[Method, Array | None]) -> Fold:
    scores: dict[str, float | None] = {LAST: abs(case.seen.current - case.truth)}
    covered = {}
    for method, q in ends.items():
        scores[method] = None if q is None else abs(float(q[2]) - case.truth)
        if q is not None:
            covered[f"{method} from {case.share:.0%}"] = bool(q[0] <= case.truth <= q[-1])
    return Fold(held_out=case.label, rows=case.seen.points, scores=scores, covered=covered)


def _errors(cases: Sequence[Case], ends: dict[Method, list[Array | None]]) -> list[dict[str, Scalar]]:
    """Mean absolute error by share of the curve that was seen, over the curves that every method can forecast."""
    rows: list[dict[str, Scalar]] = []
    for share in SHARES:
        here = [i for i, case in enumerate(cases) if case.share == share and all(ends[m][i] is not None for m in ends)]
        if not here:
            continue
        truth = np.array([cases[i].truth for i in here])
        row: dict[str, Scalar] = {"seen": f"{share:.0%}", "curves": len(here)}
        row[LAST] = float(np.abs(np.array([cases[i].seen.current for i in here]) - truth).mean())
        for method, found in ends.items():
            middle = np.array([q[2] for i in here if (q := found[i]) is not None])
            row[method] = float(np.abs(middle - truth).mean())
        rows.append(row)
    return rows


def _pairs(cases: Sequence[Case], ends: dict[Method, list[Array | None]]) -> list[dict[str, Scalar]]:
    """Decision-making reliability: the share of pairs of curves whose ends are ordered right."""
    rows: list[dict[str, Scalar]] = []
    for share in SHARES:
        here = [i for i, case in enumerate(cases) if case.share == share and all(ends[m][i] is not None for m in ends)]
        truths = [cases[i].truth for i in here]
        row: dict[str, Scalar] = {"seen": f"{share:.0%}", LAST: decision_rate([cases[i].seen.current for i in here], truths)}
        for method, found in ends.items():
            row[method] = decision_rate([float(q[2]) for i in here if (q := found[i]) is not None], truths)
        if len(here) > 1:
            rows.append(row)
    return rows


def _stopping(cases: Sequence[Case], ends: Sequence[Array | None], least: float) -> list[dict[str, Scalar]]:
    """Had each curve been stopped where a gain of `least` was unlikely: how often rightly, what was saved, what was lost."""
    rows: list[dict[str, Scalar]] = []
    for share in SHARES:
        told = [(case, q) for case, q in zip(cases, ends, strict=True) if case.share == share and q is not None]
        if not told:
            continue
        gain = np.array([case.seen.current - case.truth for case, _ in told])
        stop = np.array([1.0 - float(chance_below(q, np.array(case.seen.current - least))) > 0.5 for case, q in told])
        ahead = np.array([case.x - case.seen.last_x for case, _ in told])
        rows.append(
            {
                "seen": f"{share:.0%}",
                "curves": len(told),
                "least_gain": least,
                "stopped": int(stop.sum()),
                "right": float((stop == (gain < least)).mean()),
                "x_saved": float(ahead[stop].sum() / np.array([case.x for case, _ in told]).sum()),
                "score_lost": float(np.maximum(gain[stop], 0.0).mean()) if stop.any() else None,
            }
        )
    return rows
