"""What to know before trusting a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fits.learning_curve.curves import Seen
from fits.learning_curve.metric import Metric
from fits.learning_curve.outlook import Outlook
from fits.learning_curve.schema import Curve
from fits.solver import Caution

if TYPE_CHECKING:
    import pandas as pd

REPEATED = 1.5  # rows a position: more are hardly chance
LISTED = 5  # names in a warning


def of_log(log: pd.DataFrame, usable: pd.DataFrame, curves: Sequence[Seen]) -> list[Caution]:
    found = []
    if len(log) > len(usable):
        found.append(Caution(code="dropped-rows", message=f"{len(log) - len(usable)} rows dropped: x or score is not finite"))
    points = sum(curve.points for curve in curves)
    if curves[0].name is None and len(usable) >= REPEATED * points:
        told = f"{len(usable)} rows at {points} positions were averaged"
        message = f"{told}; if they are several curves, map curve to the column that tells them apart"
        found.append(Caution(code="repeated", message=message))
    return found


def of_plans(seen: Sequence[Seen], outlooks: Sequence[Outlook], curves: Sequence[Curve], metric: Metric) -> list[Caution]:
    """Losses whose learning rate is logged but not known up to the end of training: they may fall with it, and nothing tells."""
    told = zip(seen, outlooks, curves, strict=True)
    blind = [curve for one, outlook, curve in told if len(one.rate_x) > 1 and not curve.finished and not outlook.planned]
    if not blind or not metric.is_loss:
        return []
    problem = "the learning rate ahead is not known, so that a coming decay is not foreseen: give a plan"
    return [Caution(code="no-plan", message=_named(blind, len(curves), problem))]


def of_curves(curves: Sequence[Curve]) -> list[Caution]:
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
