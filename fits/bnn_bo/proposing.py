"""A proposal without a log or a fit: for loops in Python and for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fits.bnn_bo.advising import advise
from fits.bnn_bo.learning import fitted
from fits.bnn_bo.problem import Goal, known_names
from fits.bnn_bo.schema import Objective, Proposal, Query, Row, Trial
from fits.bnn_bo.study import Study
from fits.solver import Scalar
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
    space : with its objectives.
    history : configurations and what was measured of them.
    surrogate : a name of `fits.surrogates`, or "auto".
    pool : the only configurations that can be evaluated.
    """
    objectives = [
        Objective(name=name, maximize=its.direction == "maximize", reference=its.reference, noise=its.noise)
        for name, its in space.objectives.items()
    ]
    trials = [
        Trial(row=i, config={name: plain(value) for name, value in config.items()}, status="done", outcomes=dict(outcomes))
        for i, (config, outcomes) in enumerate(history, start=1)
    ]
    study = Study(space, Goal(objectives, [], None, known_names(space)), trials, pool, seed)
    with numerics():
        return advise(fitted(study, surrogate, guesses=[], explained=False), Query(), count)
