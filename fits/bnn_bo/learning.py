"""`fit`: from a log to a space, trials, a chosen surrogate, models, and what they say about the parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fits.bnn_bo.choosing import choose
from fits.bnn_bo.explaining import importance, incumbents, ranges
from fits.bnn_bo.known import check_pool
from fits.bnn_bo.modelling import DEFAULT, learned
from fits.bnn_bo.problem import Goal, goal, known_names
from fits.bnn_bo.rows import number, trials, value
from fits.bnn_bo.schema import Choice, Fit, Row, Trial
from fits.bnn_bo.study import Study
from fits.solver import BadQuery, BadRow, Caution, DegenerateData, NotEnoughData, family_columns
from fits.space import Encoding, Space

if TYPE_CHECKING:
    import pandas as pd

    from fits.bnn_bo.schema import _Problem

FEWEST_TO_GUESS = 3  # different rows from which a space can be guessed
LISTED = 5


def learn(log: pd.DataFrame, options: _Problem) -> Fit:
    """All that a log with the columns of `Log` teaches."""
    study, guesses, warnings = study_of(log, options)
    return fitted(study, options.surrogate, guesses=guesses, warnings=warnings)


def study_of(log: pd.DataFrame, options: _Problem) -> tuple[Study, list[str], list[Caution]]:
    """The study that a log is of, what was guessed of its space, and what to know about its rows.

    Raises
    ------
    BadQuery
        The options name no objective, or columns that the log has not.
    BadRow
        A cell is not what its column holds.
    NotEnoughData
        Too few rows to guess a space from, or none in the space.
    """
    sought = goal(options)
    measured = set(family_columns(log, "outcomes").columns)
    for name in sought.measured:
        if name not in measured and len(log):
            raise BadQuery("outcomes", f"the log has no column {name!r}")
    guesses: list[str] = []
    space = options.space
    if space is None:
        space, guesses = _guessed(log, sought, options.pool or [])
    pool = pool_of(options.pool, space)
    found, warnings = _inside(trials(log, space, sought.measured), Encoding(space))
    _check(found, sought)
    study, more = _told(Study(space, sought, found, pool, options.seed))
    warnings += more + _failures(study.trials)
    if guesses:
        warnings.append(Caution(code="guessed-space", message="the space is guessed: " + "; ".join(guesses)))
    if space.fidelity is not None and study.done.any() and not study.counting.any():
        message = f"no row that is done has {space.fidelity.parameter} = {space.fidelity.target:g}, so there is no incumbent"
        warnings.append(Caution(code="no-target-fidelity", message=message))
    return study, guesses, warnings


def fitted(
    study: Study, surrogate: str, *, guesses: list[str] | None = None, warnings: list[Caution] | None = None, explained: bool = True
) -> Fit:
    """The fit of a study: without `explained`, only what proposals need."""
    if not study.done.any():
        choice, models = None, {}
    else:
        choice = chosen(study, surrogate)
        models = learned(study, choice)
    return Fit(
        seed=study.seed,
        surrogate=surrogate,
        space=study.space,
        guesses=guesses or [],
        objectives=study.goal.objectives,
        limits=study.goal.limits,
        cost=study.goal.cost,
        trials=list(study.trials),
        pool=None if study.pool is None else list(study.pool),
        choice=choice,
        models=models,
        incumbents=incumbents(study, models) if models else [],
        importance=importance(study, models) if models and explained else [],
        ranges=ranges(study, models) if models and explained else [],
        warnings=warnings or [],
    )


def chosen(study: Study, surrogate: str) -> Choice:
    """Of the objectives that are not known; where all are, there are only limits to learn."""
    if not study.modelled:
        return Choice(surrogate=DEFAULT, why="the objectives are known, the limits are learned")
    return choose(study.learnable, surrogate)


def study_from(fit: Fit) -> Study:
    """The study that a fit was made of."""
    return Study(fit.space, goal_of(fit), fit.trials, fit.pool, fit.seed)


def goal_of(fit: Fit) -> Goal:
    """The goal that a fit was made for."""
    return Goal(fit.objectives, fit.limits, fit.cost, known_names(fit.space))


def pool_of(rows: list[Row] | None, space: Space) -> list[Row] | None:
    """The pool in the space's own values, with what it says of known outcomes.

    Raises
    ------
    BadQuery
        A row is not in the space, or lacks what is known.
    """
    if rows is None:
        return None
    check_pool(space, rows)
    told = [name for name, its in space.objectives.items() if its.known is True]
    found: list[Row] = []
    for i, row in enumerate(rows, start=1):
        try:
            found.append(
                {
                    **{
                        name: value(its, str(row[name]), i, name)
                        for name, its in space.parameters.items()
                        if row.get(name) is not None
                    },
                    **{name: row[name] for name in told},
                }
            )
        except BadRow as error:
            name = error.column.partition(".")[2]
            raise BadQuery("pool", f"row {i}: {name} is {error.value} (expected {error.expected})") from error
    wrong = next(iter(Encoding(space).outside(found)), None)
    if wrong is not None:
        at, name, cell, expected = wrong
        raise BadQuery("pool", f"row {at + 1}: {name} is {cell} (expected {expected})")
    return found


def _guessed(log: pd.DataFrame, sought: Goal, pool: list[Row]) -> tuple[Space, list[str]]:
    """The space that the log's parameters span."""
    import pandas as pd

    from fits.space.inference import infer

    texts = family_columns(log, "parameters")
    texts = texts[[name for name in texts.columns if name not in sought.outcomes]]
    if texts.drop_duplicates().shape[0] < FEWEST_TO_GUESS:
        raise NotEnoughData(f"at least {FEWEST_TO_GUESS} different rows, or a --space", found=texts.drop_duplicates().shape[0])
    more = pd.DataFrame([{name: None if row.get(name) is None else str(row[name]) for name in texts.columns} for row in pool])
    texts = pd.concat([texts, more], ignore_index=True)
    frame = pd.DataFrame({name: _typed(texts[name]) for name in texts.columns})
    space, guesses = infer(frame)
    if not space.parameters:
        raise DegenerateData("no column of the log varies that could be a parameter", remedy="name the parameters with --space")
    return space, guesses


def _typed(column: pd.Series[str]) -> pd.Series[float] | pd.Series[str]:
    """A column of numbers where all its cells are numbers."""
    try:
        return column.map(lambda cell: math.nan if cell is None else _strict(cell)).astype(float)
    except ValueError:
        return column


def _strict(cell: str) -> float:
    """The number in a cell; the text "None" is a category."""
    found = number(cell)
    if found is None:
        raise ValueError(cell)
    return found


def _inside(found: list[Trial], encoding: Encoding) -> tuple[list[Trial], list[Caution]]:
    """The trials in the space, and what was wrong with the others."""
    wrong: dict[int, str] = {}
    for i, name, cell, expected in encoding.outside([trial.config for trial in found]):
        wrong.setdefault(i, f"row {found[i].row}: {name} is {cell} (expected {expected})")
    if not wrong:
        return found, []
    shown = "; ".join(list(wrong.values())[:LISTED]) + (f"; and {len(wrong) - LISTED} more" if len(wrong) > LISTED else "")
    kept = [trial for i, trial in enumerate(found) if i not in wrong]
    return kept, [
        Caution(code="outside-space", message=f"{len(wrong)} of {len(found)} rows lie outside the space and are left out: {shown}")
    ]


def _told(study: Study) -> tuple[Study, list[Caution]]:
    """The study without the trials that the pool does not hold, where it says what is known, and a caution that names them."""
    X = study.encoding.encode([trial.config for trial in study.trials])
    untold = {name: np.isnan(quantity.at(X)) for name, quantity in study.known.items()}
    missing = [name for name, its in untold.items() if its.any()]
    if not missing:
        return study, []
    out = np.logical_or.reduce([untold[name] for name in missing])
    rows = [trial.row for trial, its in zip(study.trials, out, strict=True) if its]
    listed = ", ".join(map(str, rows[:LISTED])) + (" …" if len(rows) > LISTED else "")
    message = f"{len(rows)} rows are not in the pool, which says what {', '.join(missing)} is, and are left out (rows {listed})"
    kept = [trial for trial, its in zip(study.trials, out, strict=True) if not its]
    return study.but(trials=kept), [Caution(code="outside-pool", message=message)]


def _failures(found: Sequence[Trial]) -> list[Caution]:
    failed = [trial.row for trial in found if trial.status == "failed"]
    if not failed:
        return []
    rows = ", ".join(map(str, failed[:LISTED])) + (" …" if len(failed) > LISTED else "")
    fate = "count as bad as the worst that was done" if any(trial.status == "done" for trial in found) else "are not tried again"
    return [Caution(code="failed-rows", message=f"{len(failed)} failed rows {fate} (rows {rows})")]


def _check(found: list[Trial], sought: Goal) -> None:
    """Refuse outcomes that cannot be."""
    for trial in found:
        for name, cell in trial.outcomes.items() if trial.status == "done" else ():
            expected = sought.wrong(name, cell)
            if expected is not None:
                raise BadRow(row=trial.row, column=f"outcomes.{name}", value=f"{cell:g}", expected=expected)
