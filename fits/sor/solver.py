"""The relaxation parameter of a sequence of linear systems: what a log teaches, what to play next, and what that would have cost.

Source: "Learning to Relax", arXiv 2310.02246.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fits.solver import Backtest
from fits.sor.schema import Advice, BacktestOptions, Fit, Options, PolicyOptions, Query

if TYPE_CHECKING:
    import pandas as pd

    from fits.figure import Figure
    from fits.sor.serving import ServedPolicy


def fit(log: pd.DataFrame, options: Options) -> Fit:
    """Learn the cost over context and omega from a log with the columns of `Log`: see `fits.sor.learning`.

    Raises
    ------
    NotEnoughData
        Fewer than eight solves.
    DegenerateData
        No omega or no cost, or the same omega in every solve.
    BadQuery
        A column of the table does not end in an omega, or the range of omega is empty.
    """
    from fits.sor.learning import learn

    return learn(log, options)


def recommend(fit: Fit, query: Query, count: int = 1) -> list[Advice]:
    """Omega for a system with these contexts: see `fits.sor.advising`.

    Raises
    ------
    BadQuery
        A context is missing or unknown.
    """
    from fits.sor.advising import advise

    return advise(fit, query, count)


def backtest(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Let the policies play through the log: see `fits.sor.replay`."""
    from fits.sor.replay import replay

    return replay(log, options)


def policy(options: PolicyOptions, fit: Fit | None = None, state: dict[str, Any] | None = None) -> ServedPolicy:
    """The online form: see `fits.sor.serving`."""
    from fits.sor.serving import start

    return start(options, fit, state)


def figures(fit: Fit, log: pd.DataFrame | None = None) -> list[Figure]:  # noqa: ARG001  (the fit remembers solves of its log)
    """Cost over omega in a few contexts, and the plays of Thompson sampling: see `fits.sor.figures`."""
    from fits.sor.figures import draw

    return draw(fit)
