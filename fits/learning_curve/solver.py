"""Where a learning curve is heading, what a target needs, and whether to go on.

Sources: Vilares Ferro et al., arXiv 2402.02515 (method trace); Mohr et al., LCDB, ECML 2022, and Yan et al., LCDB 1.1, 2025
(families, meta); Luo et al., "A multi-power law for loss curve prediction", 2025 (lr-aware).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fits.learning_curve.schema import Advice, BacktestOptions, Fit, Options, Query
from fits.solver import Backtest

if TYPE_CHECKING:
    import pandas as pd

    from fits.figure import Figure


def fit(log: pd.DataFrame, options: Options) -> Fit:
    """Forecast every curve of a log with the columns of `Log`: see `fits.learning_curve.learning`.

    Raises
    ------
    NotEnoughData
        No curve has enough observations.
    BadQuery
        Which way is better cannot be told from the metric's name, or the range or the plan makes no sense.
    BadRow
        A score outside the metric's range.
    """
    from fits.learning_curve.learning import learn

    return learn(log, options)


def recommend(fit: Fit, query: Query, count: int = 1) -> list[Advice]:
    """What each curve comes to, best first: see `fits.learning_curve.advising`.

    Raises
    ------
    BadQuery
        There is no curve of that name.
    """
    from fits.learning_curve.advising import advise

    return advise(fit, query, count)


def backtest(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Forecast the log's own curves from their beginnings: see `fits.learning_curve.replay`."""
    from fits.learning_curve.replay import replay

    return replay(log, options)


def figures(fit: Fit, log: pd.DataFrame | None = None) -> list[Figure]:  # noqa: ARG001  (the fit holds what was seen)
    """The curves with their forecasts, and the trace of asymptotes: see `fits.learning_curve.figures`."""
    from fits.learning_curve.figures import draw

    return draw(fit)
