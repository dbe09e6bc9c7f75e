"""Fit: forecast every curve of a log as far as forecasts reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fits.learning_curve.behaviour import behaviour
from fits.learning_curve.between import NORMAL, between
from fits.learning_curve.curves import Seen, curves_of, finite
from fits.learning_curve.metric import Metric, metric_of
from fits.learning_curve.outlook import FEWEST, Outlook, by_learning_rate, look_ahead, unknown
from fits.learning_curve.plans import Plan, plan_of, planned, tells
from fits.learning_curve.schema import Ahead, Curve, Fit, Member, Observed, Options, TraceLevel, TraceReport
from fits.solver import Caution, DegenerateData, NotEnoughData

if TYPE_CHECKING:
    import pandas as pd

    from fits.learning_curve.schema import Method
    from fits.learning_curve.trace import Trace

NO_PLAN = "lr-aware needs the learning rate up to where training ends: log it, and give what is ahead as a plan"
ENDED = "training has ended, and no learning rate is known beyond"
REPEATED = 1.5  # rows a position: more are hardly chance
BEGUN = 0.95  # of the peak: a learning rate below it has begun to fall
LISTED = 5  # names in a warning
TOP = 100.0  # per cent


class Horizon(NamedTuple):
    """Where training ends, and what says so."""

    x: float
    source: Literal["option", "log", "longest curve", "twice the last x"]


def learn(log: pd.DataFrame, options: Options) -> Fit:
    """See `fits.learning_curve.solver.fit`."""
    usable = finite(log)
    metric = metric_of(usable, options)
    curves = curves_of(usable, metric)
    if not curves:
        raise NotEnoughData("observations of a learning curve", found="none")
    horizons = [horizon_of(curve, options.horizon, curves) for curve in curves]
    outlooks = forecasts(curves, horizons, metric, options.method, planned(options.plan), options.tau)
    if all(outlook.method is None and outlook.trace is None for outlook in outlooks):
        longest = max(int((curve.x > 0.0).sum()) for curve in curves)
        if longest < FEWEST:
            raise NotEnoughData(f"{FEWEST} observations of a curve, at different x > 0", found=longest)
        reasons = [one.cannot_tell for one, curve, end in zip(outlooks, curves, horizons, strict=True) if not curve.ends_by(end.x)]
        raise DegenerateData("no curve can be forecast", remedy=str((reasons or [outlooks[0].cannot_tell])[0]))
    columns = log.attrs.get("columns", {})
    learned = [_learned(*one, metric) for one in zip(curves, horizons, outlooks, strict=True)]
    return Fit(
        metric=metric.name,
        axis=str(columns.get("x", "x")),
        goal=metric.goal,
        low=metric.low if np.isfinite(metric.low) else None,
        high=metric.high if np.isfinite(metric.high) else None,
        target=options.target,
        seed=options.seed,
        finding=_finding(learned),
        curves=learned,
        warnings=[*_of_log(log, usable, curves), *_of_plans(curves, learned, metric, options), *_of_curves(learned)],
    )


def horizon_of(curve: Seen, option: float | None, curves: Sequence[Seen]) -> Horizon:
    """Where training of this curve ends: where the longest curve does, unless all are as long."""
    if option is not None:
        return Horizon(option, "option")
    if curve.horizon is not None:
        return Horizon(curve.horizon, "log")
    longest = max(other.last_x for other in curves)
    if not all(other.ends_by(longest) for other in curves):
        return Horizon(longest, "longest curve")
    return Horizon(2.0 * curve.last_x, "twice the last x")


def forecasts(
    curves: Sequence[Seen],
    horizons: Sequence[Horizon],
    metric: Metric,
    method: Method | None,
    plan: Mapping[float, float],
    tau: float,
) -> list[Outlook]:
    """The forecast of each curve; without a method by meta, or by its learning rate where that promises more."""
    low, high = metric.falling_range
    blind = look_ahead(curves, method or "meta", low, high, tau) if method != "lr-aware" else []
    if method not in (None, "lr-aware"):
        return blind
    found = []
    for i, curve in enumerate(curves):
        others = [other for k, other in enumerate(curves) if k != i]
        known = None if curve.ends_by(horizons[i].x) else plan_of(curve, horizons[i].x, plan, others)
        if method == "lr-aware" and known is None:
            found.append(unknown(ENDED if curve.ends_by(horizons[i].x) else NO_PLAN))
        elif known is None or not (method == "lr-aware" or tells(known, metric)):
            found.append(blind[i])
        else:
            aware = by_learning_rate(curve, known, others, low, high)
            found.append(aware if method == "lr-aware" or _promises_more(aware, blind[i], curve, known) else blind[i])
    return found


def _promises_more(aware: Outlook, blind: Outlook, curve: Seen, plan: Plan) -> bool:
    """Whether to trust the learning rate: its interval at the end is the narrower one, or a decay has yet to begin.

    A forecast that is blind to the plan is surer than it should be as long as nothing has been seen of the decay.
    """
    if aware.method is None:
        return False
    if blind.method is None or aware.x[-1] > blind.x[-1]:
        return True
    peak = int(plan.rate.argmax())
    begun = float(np.interp(curve.last_x, plan.x[peak:], plan.rate[peak:])) < BEGUN * float(plan.rate[peak])
    now = curve.current + curve.error * NORMAL
    other = between(blind.x, blind.quantiles, curve.last_x, now, float(aware.x[-1]))
    return not begun or float(np.ptp(aware.quantiles[-1])) <= float(np.ptp(other))


def _learned(curve: Seen, horizon: Horizon, outlook: Outlook, metric: Metric) -> Curve:
    return Curve(
        name=curve.name,
        points=curve.points,
        last_x=curve.last_x,
        current=float(metric.score(np.array(curve.current))),
        error=curve.error,
        noise=curve.noise,
        horizon=horizon.x,
        horizon_from=horizon.source,
        finished=curve.ends_by(horizon.x),
        behaviour=behaviour(curve.x, curve.y, curve.noise, metric.high - metric.low),
        method=outlook.method,
        cannot_tell=outlook.cannot_tell,
        observed=Observed(x=curve.x.tolist(), score=metric.score(curve.y).tolist()),
        ahead=Ahead(x=outlook.x.tolist(), quantiles=metric.quantiles(outlook.quantiles).tolist()),
        members=[
            Member(family=name, weight=weight, asymptote=None if limit is None else float(metric.score(np.array(limit))))
            for name, weight, limit in outlook.members
        ],
        trace=None if outlook.trace is None else _report(outlook.trace),
    )


def _report(found: Trace) -> TraceReport:
    return TraceReport(
        working=found.working,
        prediction=found.prediction,
        convergence=found.convergence,
        robustness=found.robustness,
        hypothesis_failed=found.hypothesis_failed,
        levels=[
            TraceLevel(
                level=one.level,
                x=one.x,
                asymptote=one.asymptote if one.asymptote <= TOP else None,
                anchored=one.anchored,
                layer=one.layer,
                mark=", ".join(name for name in ("working", "prediction", "convergence") if getattr(one, name)) or None,
            )
            for one in found.levels
        ],
    )


def _finding(curves: Sequence[Curve]) -> str:
    """What was learned, in one sentence."""
    going_on = sum(not curve.finished for curve in curves)
    methods = " and ".join(dict.fromkeys(curve.method for curve in curves if curve.method is not None)) or "none"
    count = "1 curve" if len(curves) == 1 else f"{len(curves)} curves"
    return f"{count}, {going_on} not at the end of training; forecasts: {methods}"


def _of_log(log: pd.DataFrame, usable: pd.DataFrame, curves: Sequence[Seen]) -> list[Caution]:
    found = []
    if len(log) > len(usable):
        found.append(Caution(code="dropped-rows", message=f"{len(log) - len(usable)} rows dropped: x or score is not finite"))
    points = sum(curve.points for curve in curves)
    if curves[0].name is None and len(usable) >= REPEATED * points:
        message = (
            f"{len(usable)} rows at {points} positions: averaged. If they are several curves, say which column tells them apart"
        )
        found.append(Caution(code="repeated", message=message + ": map curve"))
    return found


def _of_plans(curves: Sequence[Seen], learned: Sequence[Curve], metric: Metric, options: Options) -> list[Caution]:
    """Losses whose learning rate is logged but not known up to the end of training: they may fall with it, and nothing tells."""
    if options.method is not None or not metric.is_loss:
        return []
    logged = [known for seen, known in zip(curves, learned, strict=True) if len(seen.rate_x) > 1 and not known.finished]
    blind = [known for known in logged if known.method != "lr-aware"]
    if not blind:
        return []
    problem = "the learning rate ahead is not known, so that a coming decay is not foreseen: give a plan"
    return [Caution(code="no-plan", message=_named(blind, len(curves), problem))]


def _of_curves(curves: Sequence[Curve]) -> list[Caution]:
    told = {
        "cannot-tell": ("no forecast", [one for one in curves if one.method is None and not one.finished]),
        "ill-behaved": ("not monotone or not convex, so forecasts are less sure", [one for one in curves if _ill(one)]),
        "hypothesis-failed": (
            "the asymptotes do not fall towards a limit: the convergence of the trace means nothing",
            [one for one in curves if one.trace is not None and one.trace.hypothesis_failed],
        ),
    }
    return [Caution(code=code, message=_named(which, len(curves), problem)) for code, (problem, which) in told.items() if which]


def _ill(curve: Curve) -> bool:
    return any(one != "flat" for one in curve.behaviour)


def _named(which: Sequence[Curve], of: int, problem: str) -> str:
    """The problem, the curves that have it, and the reason where they all have the same."""
    reasons = {one.cannot_tell for one in which if one.cannot_tell}
    why = f" ({reasons.pop()})" if len(reasons) == 1 else ""
    if of == 1:
        return problem + why
    names = ", ".join(str(one.name) for one in which[:LISTED]) + (" …" if len(which) > LISTED else "")
    return f"{len(which)} of {of} curves: {problem}{why}: {names}"
