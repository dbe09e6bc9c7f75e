"""Bayesian optimization with the surrogate that suits the log.

Outcomes that the space file calls known follow from the configuration: they are stated exactly, and kept exactly where limited.
With a fidelity in the space the models learn from rows of all fidelities; what is sought, proposed and shown is at the target. A
cheaper evaluation is proposed only where a query holds one: what it teaches for its cost is left for the user to weigh.

Sources: Li, Rudner & Wilson, "A study of Bayesian neural network surrogates for Bayesian optimization", ICLR 2024 (surrogates);
Hvarfner et al. 2024 (priors of the default); Ament et al. 2023 (expected improvement in logarithms).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fits.bnn_bo.schema import BacktestOptions, Fit, Options, PolicyOptions, Proposal, Query
from fits.solver import Backtest
from fits.surrogates.numerics import numerics

if TYPE_CHECKING:
    import pandas as pd

    from fits.bnn_bo.serving import Policy
    from fits.figure import Figure


def fit(log: pd.DataFrame, options: Options) -> Fit:
    """Learn what a log with the columns of `Log` says about the objectives: see `fits.bnn_bo.learning`.

    Raises
    ------
    BadQuery
        The options name no objective, or columns that the log has not.
    BadRow
        A cell is not what its column holds.
    NotEnoughData
        There are too few rows to guess a space from.
    """
    from fits.bnn_bo.learning import learn

    with numerics():
        return learn(log, options)


def recommend(fit: Fit, query: Query, count: int = 1) -> list[Proposal]:
    """The next configurations to evaluate together, the first being worth most: see `fits.bnn_bo.advising`.

    Raises
    ------
    BadQuery
        A parameter that is to be held does not exist or cannot have the value.
    DegenerateData
        Every configuration was evaluated.
    """
    from fits.bnn_bo.advising import advise

    with numerics():
        return advise(fit, query, count)


def backtest(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Foretell the log's own trials, each from those before it: see `fits.bnn_bo.replay`."""
    from fits.bnn_bo.replay import replay

    with numerics():
        return replay(log, options)


def policy(options: PolicyOptions, fit: Fit | None = None, state: dict[str, Any] | None = None) -> Policy:
    """A study that lives in a loop: see `fits.bnn_bo.serving`."""
    from fits.bnn_bo.serving import start

    return start(options, fit, state)


def figures(fit: Fit, log: pd.DataFrame | None = None) -> list[Figure]:  # noqa: ARG001  (the fit holds the trials)
    """Progress, what was foretold, and how the objective varies with each parameter: see `fits.bnn_bo.figures`."""
    from fits.bnn_bo.figures import draw

    with numerics():
        return draw(fit)
