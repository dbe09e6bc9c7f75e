"""A proposal without a log or a fit: for loops in Python and for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fits.bnn_bo.advising import advise
from fits.bnn_bo.learning import fitted
from fits.bnn_bo.problem import of_space
from fits.bnn_bo.schema import Proposal, Query, Row, Trial
from fits.bnn_bo.study import Study
from fits.solver import BadQuery, Scalar
from fits.space import Space
from fits.space.parameters import plain
from fits.surrogates.numerics import numerics


def propose(
    space: Space,
    history: Sequence[tuple[Mapping[str, Scalar], Mapping[str, float]]],
    *,
    count: int = 1,
    surrogate: str = "auto",
    pool: Sequence[Row] | None = None,
    seed: int = 0,
) -> list[Proposal]:
    """`count` configurations to evaluate next.

    Parameters
    ----------
    space : with its objectives, limits and cost.
    history : configurations and what was measured of them: all that the space's goal names.
    surrogate : a name of `fits.surrogates`, or "auto".
    pool : the only configurations that can be evaluated.

    Raises
    ------
    BadQuery
        A row of `history` lacks an outcome.
    """
    goal = of_space(space)
    trials = [
        Trial(row=i, config={name: plain(value) for name, value in config.items()}, status="done", outcomes=dict(outcomes))
        for i, (config, outcomes) in enumerate(history, start=1)
    ]
    for trial in trials:
        missing = next((name for name in goal.measured if name not in trial.outcomes), None)
        if missing is not None:
            raise BadQuery("history", f"row {trial.row} lacks {missing!r}")
    study = Study(space, goal, trials, pool, seed)
    with numerics():
        return advise(fitted(study, surrogate, guesses=[], explained=False), Query(), count)
