"""Fit: forecast every curve of a log as far as forecasts reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fits.learning_curve import cautions
from fits.learning_curve.behaviour import behaviour
from fits.learning_curve.choosing import Horizon, forecasts, horizons_of
from fits.learning_curve.curves import Seen, curves_of, finite
from fits.learning_curve.metric import Metric, metric_of
from fits.learning_curve.outlook import FEWEST, Outlook
from fits.learning_curve.plans import planned
from fits.learning_curve.schema import Ahead, Curve, Fit, Member, Observed, Options, TraceLevel, TraceReport
from fits.solver import DegenerateData, NotEnoughData

if TYPE_CHECKING:
    import pandas as pd

    from fits.learning_curve.trace import Trace

TOP = 100.0  # per cent


def learn(log: pd.DataFrame, options: Options) -> Fit:
    """See `fits.learning_curve.solver.fit`."""
    usable = finite(log)
    metric = metric_of(usable, options)
    curves = curves_of(usable, metric)
    if not curves:
        raise NotEnoughData("observations of a learning curve", found="none")
    horizons = horizons_of(curves, options.horizon)
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
        warnings=[
            *cautions.of_log(log, usable, curves),
            *(cautions.of_plans(curves, outlooks, learned, metric) if options.method is None else []),
            *cautions.of_curves(learned),
        ],
    )


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
