"""Recommend: what a curve will come to, what a target needs, whether to stop, and which of several curves is best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fits.learning_curve.deciding import needed, savings, stop_or_go
from fits.learning_curve.places import (
    MIDDLE,
    Place,
    best_first,
    chances,
    end_of,
    forecast_at,
    interval,
    place_at,
    position,
    seen_at,
)
from fits.learning_curve.quantiles import chance_less
from fits.learning_curve.schema import LEVEL, Advice, Audit, Curve, Fit, Query, Reach, Stop, TraceReport
from fits.solver import BadQuery, Caution, Interval, Scalar

SHOWN = 8  # positions of a forecast
MOST_PAIRS = 20  # curves of which every pair is told


def advise(fit: Fit, query: Query, count: int) -> list[Advice]:
    """See `fits.learning_curve.solver.recommend`."""
    chosen = _chosen(fit, query)
    places = [place_at(fit, curve, end_of(curve) if query.at is None else query.at) for curve in chosen]
    told = best_first(fit, [place for place in places if place.quantiles is not None])
    silent = [place for place in places if place.quantiles is None]
    best = chances(fit, told)
    stops = {place.curve.name: stop_or_go(fit, query, place, best.get(place.curve.name)) for place in told}
    order = [*told, *silent]
    shared = _comparison(fit, told, silent, best, stops) if len(order) > 1 else {}
    advice = [_advice(fit, query, place, stops.get(place.curve.name), best.get(place.curve.name)) for place in order[:count]]
    first = advice[0]
    summary = savings(told, stops) if len(order) > 1 else ""
    return [first.model_copy(update={"tables": {**shared, **first.tables}, "why": first.why + summary}), *advice[1:]]


def _chosen(fit: Fit, query: Query) -> list[Curve]:
    if query.curve is None:
        return fit.curves
    found = [curve for curve in fit.curves if curve.name == query.curve]
    if not found:
        names = ", ".join(str(curve.name) for curve in fit.curves[:MOST_PAIRS] if curve.name is not None)
        raise BadQuery("curve", f"there is no curve {query.curve!r}; there are: {names or 'none with a name'}")
    return found


def _advice(fit: Fit, query: Query, place: Place, stop: Stop | None, best: float | None) -> Advice:
    curve = place.curve
    target = fit.target if query.target is None else query.target
    needs = None if target is None else needed(fit, curve, target)
    x, quantiles = place.x, place.quantiles
    intervals = {}
    expected = {}
    if stop is not None and stop.action == "stop" and (query.at is None or query.stop_if is not None):
        if quantiles is not None:
            expected = {"score_if_continued": interval(quantiles)}
        x, quantiles = curve.last_x, seen_at(fit, curve, curve.last_x).quantiles
    elif needs is not None and needs.x is not None and query.at is None and needs.x > curve.last_x:
        x, quantiles = needs.x, forecast_at(fit, curve, needs.x)
        if needs.low is not None and needs.high is not None:
            intervals = {"x": Interval(mean=x, low=needs.low, high=needs.high, level=LEVEL)}
    return Advice(
        config={**({} if curve.name is None else {"curve": curve.name}), "x": x},
        intervals=intervals,
        expected={**({} if quantiles is None else {"score": interval(quantiles)}), **expected},
        why=_why(fit, query, place, stop, needs, best),
        warnings=_cautions(place, needs, target),
        tables={"forecast": _forecast(fit, curve, max(place.x, x)), **_of_method(curve)},
        stopping=stop,
        needs=needs,
        behaviour=curve.behaviour,
        audit=None if curve.trace is None else _audit(curve.trace),
    )


def _audit(report: TraceReport) -> Audit:
    """The levels as positions."""
    at = {row.level: row.x for row in report.levels}
    working, prediction, convergence = (
        None if level is None else at[level] for level in (report.working, report.prediction, report.convergence)
    )
    return Audit(
        working=working,
        prediction=prediction,
        convergence=convergence,
        layer=report.levels[-1].layer,
        robustness=report.robustness,
        hypothesis_failed=report.hypothesis_failed,
    )


def _why(fit: Fit, query: Query, place: Place, stop: Stop | None, needs: Reach | None, best: float | None) -> str:
    curve = place.curve
    parts = []
    if place.quantiles is None:
        parts.append(f"cannot tell the score at {fit.axis} = {position(place.x)}: {place.cannot_tell}")
    elif place.x > curve.last_x * (1.0 + 1e-9):
        parts.append(f"{fit.metric} at {fit.axis} = {position(place.x)} by {curve.method}, from {curve.points} observations")
    else:
        parts.append(f"{fit.metric} as it was seen at {fit.axis} = {position(place.x)}")
    if best is not None:
        parts.append(f"ends best with {best:.1%}")
    if stop is not None and query.stop_if is not None:
        sure = f"{stop.harmless:.1%} sure that stopping does no harm ({stop.rule})"
        parts.append(f"{stop.action}: {sure}")
    elif stop is not None and stop.action == "stop":
        parts.append("stop: it will hardly end best")
    if needs is not None:
        parts.append(_needed(needs, fit.axis))
    return "; ".join(parts)


def _needed(needs: Reach, axis: str) -> str:
    """The answer in words: when, or not before when, or that it cannot be told."""
    target, end = f"{needs.target:g}", f"{axis} = {position(needs.farthest)}"
    if needs.low is None or needs.x is None:
        return f"cannot tell when {target} is reached: by {end} with {needs.chance:.0%}, later or never"
    at, low = f"{axis} = {position(needs.x)}", position(needs.low)
    if needs.reached:
        return f"{target} was reached at {at}"
    if needs.high is None:
        return f"{target} is reached by {end} with {needs.chance:.0%}, then at {at}, not before {low}; cannot tell whether later"
    return f"{target} is reached at {at} ({low} to {position(needs.high)})"


def _cautions(place: Place, needs: Reach | None, target: float | None) -> list[Caution]:
    found = []
    if place.quantiles is None:
        found.append(Caution(code="cannot-tell", message=f"no score at x = {position(place.x)}: {place.cannot_tell}"))
    if target is not None and (needs is None or needs.x is None):
        why = place.curve.cannot_tell if needs is None else f"the forecast ends at x = {position(needs.farthest)}"
        found.append(Caution(code="cannot-tell", message=f"no x at which {target:g} is reached: {why}"))
    return found


def _forecast(fit: Fit, curve: Curve, upto: float) -> list[dict[str, Scalar]]:
    """The forecast at a few positions up to the one asked for: a fit holds all of them."""
    if not curve.ahead.x:
        return []
    end = min(max(upto, curve.ahead.x[0]), curve.ahead.x[-1])
    at = curve.last_x * np.power(end / curve.last_x, np.arange(1, SHOWN + 1) / SHOWN)
    names = ("low", "quarter", "median", "three_quarters", "high")
    return [{"x": x, **dict(zip(names, forecast_at(fit, curve, x).tolist(), strict=True))} for x in at.tolist()]


def _of_method(curve: Curve) -> dict[str, list[dict[str, Scalar]]]:
    """The audit trail of trace, or the mixture's families."""
    if curve.trace is not None:
        return {"trace": [level.model_dump() for level in curve.trace.levels]}
    return {"families": [member.model_dump() for member in curve.members]} if curve.members else {}


def _comparison(
    fit: Fit,
    told: Sequence[Place],
    silent: Sequence[Place],
    best: dict[str | None, float],
    stops: dict[str | None, Stop | None],
) -> dict[str, list[dict[str, Scalar]]]:
    """All curves, best first; and for the first of them, with which probability each is better than each after it."""
    ranking = [_ranked(place, best.get(place.curve.name), stops.get(place.curve.name)) for place in [*told, *silent]]
    leading = told[:MOST_PAIRS]
    pairs: list[dict[str, Scalar]] = [
        {"better": a.curve.name, "than": b.curve.name, "probability": float(chance_less(a.better(fit), b.better(fit)))}
        for i, a in enumerate(leading)
        for b in leading[i + 1 :]
    ]
    return {"ranking": ranking, "pairs": pairs}


def _ranked(place: Place, best: float | None, stop: Stop | None) -> dict[str, Scalar]:
    q = place.quantiles
    return {
        "curve": place.curve.name,
        "last_x": place.curve.last_x,
        "score": None if q is None else float(q[MIDDLE]),
        "low": None if q is None else float(q[0]),
        "high": None if q is None else float(q[-1]),
        "ends_best": best,
        "action": None if stop is None else stop.action,
    }
