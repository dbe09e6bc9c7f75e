"""Which surrogate: rules first, then the log density of rows held out, and the default unless another is surely better.

Each fold is predicted by models that were fitted without it, hyperparameters included: a model that has seen a row before it is
left out flatters the worst surrogates. Densities are compared on the objective's own scale: a surrogate that bends the scale pays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fits import surrogates
from fits.bnn_bo.modelling import DEFAULT, data, tensor
from fits.bnn_bo.schema import Choice, Score
from fits.bnn_bo.study import Lesson, Study
from fits.surrogates.base import log_density
from fits.surrogates.outcome import Outcome

Array = NDArray[np.float64]

FOLDS = 5
FEWEST = 20  # done trials; with fewer, densities of rows held out say nothing
ERRORS = 2.0  # standard errors by which another surrogate must beat the default
COMPARED: tuple[surrogates.Name, ...] = ("gp-rbf", "ibnn")
WIDE: tuple[surrogates.Name, ...] = ("ibnn", "saas")  # of many dimensions
MANY_DIMENSIONS = 50


def choose(study: Study, wanted: str) -> Choice:
    """The surrogate that was asked for or, for "auto", the one that suits the trials."""
    if wanted != "auto":
        return Choice(surrogate=wanted, why="asked for")
    n, d = int(study.done.sum()), study.encoding.d
    if n < FEWEST:
        return Choice(surrogate=DEFAULT, why=f"{n} trials are too few to compare surrogates")
    rivals = WIDE if d >= MANY_DIMENSIONS else COMPARED
    return compared(study, rivals)


def compared(study: Study, rivals: Sequence[surrogates.Name]) -> Choice:
    """The default, or the best of `rivals` where it is better by more than `ERRORS` standard errors."""
    scores = {name: held_out(study, name) for name in (DEFAULT, *rivals)}
    base = scores[DEFAULT]
    table = [_score(name, each, each - base) for name, each in scores.items()]
    best = max(table, key=lambda score: score.gain)
    if best.surrogate != DEFAULT and best.gain > ERRORS * best.standard_error:
        why = f"rows held out are {best.gain:.2f} nats likelier than under {DEFAULT} (standard error {best.standard_error:.2f})"
        return Choice(surrogate=best.surrogate, why=why, scores=table)
    return Choice(surrogate=DEFAULT, why="no other surrogate foretells rows held out surely better", scores=table)


def _score(name: str, each: Array, gains: Array) -> Score:
    error = float(gains.std(ddof=1) / len(gains) ** 0.5) if len(gains) > 1 else 0.0
    return Score(surrogate=name, log_density=float(each.mean()), gain=float(gains.mean()), standard_error=error)


def held_out(study: Study, surrogate: surrogates.Name) -> Array:
    """``n``: log density of each done trial under models of the others, in nats, all objectives together."""
    total: Array = np.zeros(0)
    for objective in study.goal.objectives:
        lesson = study.lesson(objective.name)
        fold = np.random.default_rng(study.seed).permutation(len(lesson.y)) % FOLDS
        each = np.empty(len(lesson.y))
        for k in range(FOLDS):
            each[fold == k] = ahead(study, surrogate, lesson.part(fold != k), lesson.part(fold == k), maximize=objective.maximize)
        total = each if not len(total) else total + each
    return total


def ahead(study: Study, surrogate: surrogates.Name, known: Lesson, asked: Lesson, *, maximize: bool) -> Array:
    """Log density of each outcome of `asked`, on the objective's own scale, given the rows `known`."""
    scale = Outcome.of(known.y, maximize=maximize, warp=surrogates.warps(surrogate))
    lesson = data(study, known, scale)
    kind = surrogates.load(surrogate)
    state = kind.fit(lesson, study.seed)
    noise = float(state["noise"])
    density = log_density(kind.model(lesson, state), noise, tensor(asked.X), tensor(scale.forward(asked.y)))
    return density.numpy() + np.log(scale.slope(asked.y))
