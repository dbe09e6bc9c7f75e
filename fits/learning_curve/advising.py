"""Recommend: what a curve will come to, what a target needs, whether to stop, and which of several curves is best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fits.learning_curve.between import NORMAL, between
from fits.learning_curve.families.family import Array
from fits.learning_curve.quantiles import LEVELS, chance_below, chance_less, chances_of_best, reach, standing
from fits.learning_curve.rules import threshold
from fits.learning_curve.schema import LEVEL, Advice, Audit, Curve, Fit, Query, Reach, Stop, TraceReport
from fits.solver import BadQuery, Caution, Interval, Scalar

LEAST_CHANCE = 0.05  # of ending best: a run below it may be stopped
SURE = 0.5  # that the rest gains nothing: then stopping is right more often than not
ALIKE = 1.1  # last x of the longest curve over that of the shortest: they were seen equally far
SHOWN = 8  # positions of a forecast
MOST_PAIRS = 20  # curves of which every pair is told
MIDDLE = len(LEVELS) // 2


class Place(NamedTuple):
    """A curve at the position asked for: quantiles of the score (5,), ascending, or why there are none."""

    curve: Curve
    x: float
    quantiles: Array | None
    cannot_tell: str | None = None

    def better(self, fit: Fit) -> Array:
        """The quantiles with small as good."""
        assert self.quantiles is not None
        return self.quantiles if fit.goal == "min" else -self.quantiles[::-1]


def advise(fit: Fit, query: Query, count: int) -> list[Advice]:
    """See `fits.learning_curve.solver.recommend`."""
    chosen = _chosen(fit, query)
    places = [_place(fit, curve, _end(curve) if query.at is None else query.at) for curve in chosen]
    told = _ordered(fit, [place for place in places if place.quantiles is not None])
    silent = [place for place in places if place.quantiles is None]
    best = _chances(fit, told)
    stops = {_key(place): _stop(fit, query, place, best.get(_key(place))) for place in told}
    order = [*told, *silent]
    shared = _comparison(fit, told, silent, best, stops) if len(order) > 1 else {}
    advice = [_advice(fit, query, place, stops.get(_key(place)), best.get(_key(place))) for place in order[:count]]
    first = advice[0]
    summary = _savings(told, stops) if len(order) > 1 else ""
    return [first.model_copy(update={"tables": {**shared, **first.tables}, "why": first.why + summary}), *advice[1:]]


def _key(place: Place) -> str | None:
    return place.curve.name


def _chosen(fit: Fit, query: Query) -> list[Curve]:
    if query.curve is None:
        return fit.curves
    found = [curve for curve in fit.curves if curve.name == query.curve]
    if not found:
        names = ", ".join(str(curve.name) for curve in fit.curves[:MOST_PAIRS] if curve.name is not None)
        raise BadQuery("curve", f"there is no curve {query.curve!r}; there are: {names or 'none with a name'}")
    return found


def _end(curve: Curve) -> float:
    """Where the score is asked for by default: where training ends, or where it has ended."""
    return curve.last_x if curve.finished else curve.horizon


def _place(fit: Fit, curve: Curve, x: float) -> Place:
    """What is known of a curve at x: from what was seen, from the forecast, or nothing."""
    if x <= curve.last_x * (1.0 + 1e-9):
        return _seen(fit, curve, x)
    if curve.cannot_tell is not None:
        return Place(curve, x, None, curve.cannot_tell)
    if x > curve.ahead.x[-1] * (1.0 + 1e-9):
        reach = f"forecasts reach to {_at(curve.ahead.x[-1])}, {curve.ahead.x[-1] / curve.last_x:.3g} times what was seen"
        return Place(curve, x, None, reach)
    return Place(curve, x, _interpolated(fit, curve, x))


def _seen(fit: Fit, curve: Curve, x: float) -> Place:
    if x < curve.observed.x[0]:
        return Place(curve, x, None, f"the curve begins at {_at(curve.observed.x[0])}")
    latest = x >= curve.last_x * (1.0 - 1e-9)
    middle = curve.current if latest else float(np.interp(x, curve.observed.x, curve.observed.score))
    return Place(curve, x, _about(fit, middle, curve.error if latest else curve.noise))


def _about(fit: Fit, middle: float, noise: float) -> Array:
    """Quantiles (5,) of a value that was seen, within the metric's range."""
    return np.asarray(np.clip(middle + noise * NORMAL, fit.low, fit.high)) if noise > 0.0 else np.full(len(LEVELS), middle)


def _interpolated(fit: Fit, curve: Curve, x: float) -> Array:
    now = _about(fit, curve.current, curve.error)
    return between(np.array(curve.ahead.x), np.array(curve.ahead.quantiles), curve.last_x, now, x)


def _ordered(fit: Fit, told: Sequence[Place]) -> list[Place]:
    """By the middle of the forecast. Of curves that were seen equally far the first is the one to pick: see `standing`."""
    order = sorted(told, key=lambda place: float(place.better(fit)[MIDDLE]))
    seen = [place.curve.last_x for place in order]
    if len(order) < 2 or max(seen) > ALIKE * min(seen):
        return order
    sign = 1.0 if fit.goal == "min" else -1.0
    first = min(order, key=lambda place: float(standing(place.better(fit), np.array(sign * place.curve.current))))
    return [first, *(place for place in order if place is not first)]


def _chances(fit: Fit, told: Sequence[Place]) -> dict[str | None, float]:
    """The probability that each curve ends best; of a single one there is none."""
    if len(told) < 2:
        return {}
    chances = chances_of_best(np.stack([place.better(fit) for place in told]))
    return {_key(place): float(chance) for place, chance in zip(told, chances, strict=True)}


# --- stopping


def _stop(fit: Fit, query: Query, place: Place, best: float | None) -> Stop | None:
    """Whether to stop: by the rule, or where there are several, because the curve will hardly end best."""
    curve = place.curve
    if place.x <= curve.last_x * (1.0 + 1e-9):
        return None
    ahead = place.x - curve.last_x
    if query.stop_if is not None:
        least = threshold(query.stop_if).of(curve.current)
        # the gain is the present score minus the last, both with small as good
        now = curve.current if fit.goal == "min" else -curve.current
        harmless = 1.0 - float(chance_below(place.better(fit), np.array(now - least)))
        stop = harmless > SURE
        return Stop(
            action="stop" if stop else "continue",
            harmless=harmless,
            gain=_gain(fit, place),
            rule=f"{query.stop_if.strip()} up to {_at(place.x)}",
            saves=ahead if stop else 0.0,
        )
    if best is None:
        return None
    stop = best < LEAST_CHANCE
    return Stop(
        action="stop" if stop else "continue",
        harmless=1.0 - best,
        gain=_gain(fit, place),
        rule=f"P(ends best) < {LEAST_CHANCE:g}",
        saves=ahead if stop else 0.0,
    )


def _gain(fit: Fit, place: Place) -> Interval:
    """What the rest of training gains; below zero it loses."""
    q = place.better(fit)
    now = place.curve.current if fit.goal == "min" else -place.curve.current
    return Interval(mean=now - float(q[MIDDLE]), low=now - float(q[-1]), high=now - float(q[0]), level=LEVEL)


def _savings(told: Sequence[Place], stops: dict[str | None, Stop | None]) -> str:
    """What stopping saves over all curves."""
    decided = [(place, stop) for place in told if (stop := stops[_key(place)]) is not None]
    ahead = sum(place.x - place.curve.last_x for place, _ in decided)
    stopped = [stop for _, stop in decided if stop.action == "stop"]
    if not stopped:
        return ""
    return f"; stopping {len(stopped)} of {len(decided)} unfinished curves now saves {sum(s.saves for s in stopped) / ahead:.0%}"


# --- targets


def _needs(fit: Fit, curve: Curve, target: float) -> Reach | None:
    """How much x the target needs, by the quantiles of the forecast; None where there is no forecast."""
    sign = 1.0 if fit.goal == "min" else -1.0
    reached = np.flatnonzero(sign * np.array(curve.observed.score) <= sign * target)
    if sign * curve.current <= sign * target and reached.size:
        first = curve.observed.x[int(reached[0])]
        return Reach(target=target, reached=True, x=first, low=first, high=first, chance=1.0, farthest=curve.last_x)
    if not curve.ahead.x:
        return None
    q = np.array(curve.ahead.quantiles)
    now = np.full(len(LEVELS), curve.current)
    both = np.vstack([now, q])
    falling = both if sign > 0.0 else -both[:, ::-1]
    found = reach(np.array([curve.last_x, *curve.ahead.x]), falling, sign * target)
    farthest = curve.ahead.x[-1]
    return Reach(
        target=target, reached=False, x=found.typical, low=found.low, high=found.high, chance=found.chance, farthest=farthest
    )


def _needed(needs: Reach, axis: str) -> str:
    """The answer in words: when, or not before when, or that it cannot be told."""
    target, end = f"{needs.target:g}", f"{axis} = {_at(needs.farthest)}"
    if needs.low is None or needs.x is None:
        return f"cannot tell when {target} is reached: by {end} with {needs.chance:.0%}, later or never"
    if needs.reached:
        return f"{target} was reached at {axis} = {_at(needs.x)}"
    if needs.high is None:
        return f"{target} is reached at {axis} = {_at(needs.x)}, not before {_at(needs.low)}; cannot tell the latest, past {end}"
    return f"{target} is reached at {axis} = {_at(needs.x)} ({_at(needs.low)} to {_at(needs.high)})"


# --- answers


def _advice(fit: Fit, query: Query, place: Place, stop: Stop | None, best: float | None) -> Advice:
    curve = place.curve
    target = fit.target if query.target is None else query.target
    needs = None if target is None else _needs(fit, curve, target)
    x, quantiles = place.x, place.quantiles
    intervals = {}
    expected = {}
    if stop is not None and stop.action == "stop" and (query.at is None or query.stop_if is not None):
        if quantiles is not None:
            expected = {"score_if_continued": _interval(quantiles)}
        x, quantiles = curve.last_x, _seen(fit, curve, curve.last_x).quantiles
    elif needs is not None and needs.x is not None and query.at is None and needs.x > curve.last_x:
        x, quantiles = needs.x, _interpolated(fit, curve, needs.x)
        if needs.low is not None and needs.high is not None:
            intervals = {"x": Interval(mean=x, low=needs.low, high=needs.high, level=LEVEL)}
    return Advice(
        config={**({} if curve.name is None else {"curve": curve.name}), "x": x},
        intervals=intervals,
        expected={**({} if quantiles is None else {"score": _interval(quantiles)}), **expected},
        why=_why(fit, place, stop, needs, best),
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


def _interval(q: Array) -> Interval:
    return Interval(mean=float(q[MIDDLE]), low=float(q[0]), high=float(q[-1]), level=LEVEL)


def _why(fit: Fit, place: Place, stop: Stop | None, needs: Reach | None, best: float | None) -> str:
    curve = place.curve
    parts = []
    if place.quantiles is None:
        parts.append(f"cannot tell the score at {fit.axis} = {_at(place.x)}: {place.cannot_tell}")
    elif place.x > curve.last_x * (1.0 + 1e-9):
        parts.append(f"{fit.metric} at {fit.axis} = {_at(place.x)} by {curve.method}, from {curve.points} observations")
    else:
        parts.append(f"{fit.metric} as it was seen at {fit.axis} = {_at(place.x)}")
    if best is not None:
        parts.append(f"ends best with {best:.1%}")
    if stop is not None and stop.rule.startswith("gain"):
        sure = f"{stop.harmless:.1%} sure that stopping does no harm ({stop.rule})"
        parts.append(f"{stop.action}: {sure}")
    elif stop is not None and stop.action == "stop":
        parts.append("stop: it will hardly end best")
    if needs is not None:
        parts.append(_needed(needs, fit.axis))
    return "; ".join(parts)


def _cautions(place: Place, needs: Reach | None, target: float | None) -> list[Caution]:
    found = []
    if place.quantiles is None:
        found.append(Caution(code="cannot-tell", message=f"no score at x = {_at(place.x)}: {place.cannot_tell}"))
    if target is not None and (needs is None or needs.x is None):
        why = place.curve.cannot_tell if needs is None else f"the forecast ends at x = {_at(needs.farthest)}"
        found.append(Caution(code="cannot-tell", message=f"no x at which {target:g} is reached: {why}"))
    return found


def _forecast(fit: Fit, curve: Curve, upto: float) -> list[dict[str, Scalar]]:
    """The forecast at a few positions up to the one asked for: a fit holds all of them."""
    if not curve.ahead.x:
        return []
    end = min(max(upto, curve.ahead.x[0]), curve.ahead.x[-1])
    at = curve.last_x * np.power(end / curve.last_x, np.arange(1, SHOWN + 1) / SHOWN)
    names = ("low", "quarter", "median", "three_quarters", "high")
    return [{"x": x, **dict(zip(names, _interpolated(fit, curve, x).tolist(), strict=True))} for x in at.tolist()]


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
    ranking = [_ranked(place, best.get(_key(place)), stops.get(_key(place))) for place in [*told, *silent]]
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


def _at(x: float) -> str:
    """A position in words."""
    return f"{x:,.0f}" if x >= 1000.0 else f"{x:.4g}"
