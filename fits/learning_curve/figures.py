"""What a fit shows: the curves with their forecasts and the target, and the trace of asymptotes."""

from __future__ import annotations

from fits.figure import Axis, Band, Figure, Layer, Line, Points, Rule
from fits.learning_curve.schema import Curve, Fit

MOST = 6  # curves in one figure
WIDE = 4.0  # the largest score over the least, for a logarithmic axis


def draw(fit: Fit) -> list[Figure]:
    """See `fits.learning_curve.solver.figures`."""
    sign = 1.0 if fit.goal == "min" else -1.0
    shown = sorted(fit.curves, key=lambda curve: sign * _end(curve))[:MOST]
    figures = [_curves(fit, shown)]
    traced = [curve for curve in shown if curve.trace is not None and any(one.asymptote is not None for one in curve.trace.levels)]
    return figures + [_trace(fit, curve, i) for i, curve in enumerate(traced)]


def _end(curve: Curve) -> float:
    """The score where the forecast ends, or now."""
    return curve.ahead.quantiles[-1][2] if curve.ahead.x else curve.current


def _label(fit: Fit, curve: Curve) -> str:
    return fit.metric if curve.name is None else curve.name


def _curves(fit: Fit, shown: list[Curve]) -> Figure:
    going_on = any(not curve.finished for curve in fit.curves)  # then there is no need to see beyond the end of the others
    bands: list[Layer] = []
    lines: list[Layer] = []
    for curve in shown:
        label = _label(fit, curve)
        kept = [i for i, x in enumerate(curve.observed.x) if x > 0.0]
        end = 0.0 if curve.finished and going_on else max(curve.horizon, 2.0 * curve.last_x)
        ahead = [(x, q) for x, q in zip(curve.ahead.x, curve.ahead.quantiles, strict=True) if x <= end * (1.0 + 1e-9)]
        if ahead:
            x = [curve.last_x, *(x for x, _ in ahead)]
            q = [[curve.current] * 5, *(q for _, q in ahead)]
            bands += [Band(label=label, x=x, low=[row[k] for row in q], high=[row[4 - k] for row in q]) for k in (0, 1)]
            lines.append(Line(label=label, x=x, y=[row[2] for row in q], dashed=True))
        lines.append(Points(label=label, x=[curve.observed.x[i] for i in kept], y=[curve.observed.score[i] for i in kept]))
    if fit.target is not None:
        lines.append(Rule(label="target", axis="y", at=fit.target))
    more = f" The {len(shown)} best of {len(fit.curves)} curves." if len(shown) < len(fit.curves) else ""
    return Figure(
        name="curves",
        title="Where the curves are heading" if len(shown) > 1 else "Where the curve is heading",
        caption=f"Points: observed. Dashed: forecast. Bands: half and nine tenths of what is likely.{more}",
        x=Axis(label=fit.axis, scale="log"),
        y=Axis(label=fit.metric, scale="log" if _wide(fit, shown) else "linear"),
        layers=[*bands, *lines],
    )


def _wide(fit: Fit, shown: list[Curve]) -> bool:
    """Whether scores span so much that their end would be flat: a loss that fell a lot, above zero."""
    scores = [score for curve in shown for score in curve.observed.score]
    scores += [value for curve in shown for q in curve.ahead.quantiles for value in q]
    scores += [] if fit.target is None else [fit.target]
    return fit.goal == "min" and min(scores) > 0.0 and max(scores) > WIDE * min(scores)


def _trace(fit: Fit, curve: Curve, number: int) -> Figure:
    assert curve.trace is not None
    levels = curve.trace.levels
    free = [(one.x, one.asymptote) for one in levels if one.asymptote is not None]
    anchored = [(one.x, one.anchored) for one in levels if one.anchored is not None]
    layers: list[Layer] = [Line(label="asymptote", x=[x for x, _ in free], y=[a for _, a in free])]
    if anchored:
        layers.append(Line(label="anchored", x=[x for x, _ in anchored], y=[a for _, a in anchored]))
    layers += [Rule(label=one.mark, axis="x", at=one.x) for one in levels if one.mark is not None]
    return Figure(
        name="trace" if number == 0 else f"trace-{number + 1}",
        title=f"Trace of asymptotes: {_label(fit, curve)}",
        caption="The limit of the fit to the first observations, up to each x.",
        x=Axis(label=fit.axis),
        y=Axis(label="limit of accuracy", unit="%"),
        layers=layers,
    )
