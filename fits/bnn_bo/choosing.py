"""Which surrogates: the average of several, without those that rows held out say are surely worse than the best.

Each fold is predicted by models that were fitted without it, hyperparameters included: a model that has seen a row before it is
left out flatters the worst surrogates. Densities are compared on the objective's own scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fits import surrogates
from fits.bnn_bo.modelling import DEFAULT, data, tensor
from fits.bnn_bo.schema import Choice, Objective, Score
from fits.bnn_bo.study import Lesson, Study
from fits.surrogates.base import log_density
from fits.surrogates.outcome import Outcome

Array = NDArray[np.float64]

FOLDS = 5
FEWEST = 10  # done trials; with fewer, densities of rows held out say nothing
MOST = 100  # rows that are compared on: more say the same, and take long
ERRORS = 2.0  # standard errors by which a surrogate must be worse than the best to be left out
MANY_DIMENSIONS = 50  # from which it is likely that most do not matter


def choose(study: Study, wanted: str) -> Choice:
    """The surrogate that was asked for or, for "auto", the average of those that the trials do not rule out."""
    if wanted != "auto":
        return Choice(surrogate=wanted, why="asked for")
    names = [*surrogates.AVERAGED, *(["saas"] if study.encoding.d >= MANY_DIMENSIONS else [])]
    n = int(study.done.sum())
    if n < FEWEST:
        return Choice(surrogate="+".join(names), why=f"{n} trials are too few to tell surrogates apart")
    found = held_out(study, names)
    best = max(names, key=lambda name: float(found[name].mean()))
    scores = [_score(name, found[name], found[best]) for name in names]
    worse = [score for score in scores if score.gain < -ERRORS * score.standard_error]
    average = logsumexp(np.stack(list(found.values())), axis=0) - math.log(len(names))
    return Choice(
        surrogate="+".join(score.surrogate for score in scores if score not in worse),
        why="; ".join(_ruled_out(score, best) for score in worse) or "rows held out rule none of them out",
        scores=[*scores, _score("average", average, found[best])],
    )


def _score(name: str, each: Array, best: Array) -> Score:
    gains = each - best
    return Score(
        surrogate=name,
        log_density=float(each.mean()),
        gain=float(gains.mean()),
        standard_error=float(gains.std(ddof=1) / len(gains) ** 0.5),
    )


def _ruled_out(score: Score, best: str) -> str:
    return (
        f"without {score.surrogate}, under which rows held out are {-score.gain:.2f} nats less likely than under {best} "
        f"(standard error {score.standard_error:.2f})"
    )


def behind_default(study: Study, surrogate: str) -> float:
    """By how much less likely rows held out are under `surrogate` than under the default, in nats a row."""
    found = held_out(study, [DEFAULT, surrogate])
    return float((found[DEFAULT] - found[surrogate]).mean())


def held_out(study: Study, names: Sequence[str]) -> dict[str, Array]:
    """Log density of done trials, ``n``, under each surrogate's models of the others, in nats, all objectives together."""
    each = np.sum([_held_out(study, names, objective) for objective in study.goal.objectives], axis=0)
    return dict(zip(names, each, strict=True))


def _held_out(study: Study, names: Sequence[str], objective: Objective) -> Array:
    """``names x n``, of one objective."""
    lesson = study.lesson(objective.name)
    rows = np.random.default_rng(study.seed).permutation(len(lesson.y))[:MOST]
    lesson, fold = lesson.part(rows), np.arange(len(rows)) % FOLDS
    found = np.empty((len(names), len(rows)))
    for k in range(min(FOLDS, len(rows))):
        found[:, fold == k] = ahead(study, names, lesson.part(fold != k), lesson.part(fold == k), maximize=objective.maximize)
    return found


def ahead(study: Study, names: Sequence[str], known: Lesson, asked: Lesson, *, maximize: bool) -> Array:
    """``names x asked``: log density of each outcome, on the objective's own scale, given the rows `known`."""
    scale = Outcome.of(known.y, maximize=maximize)
    lesson, X, y = data(study, known, scale), tensor(asked.X), tensor(scale.forward(asked.y))
    found = []
    for name in names:
        kind = surrogates.load(name)
        state = kind.fit(lesson, study.seed)
        found.append(log_density(kind.model(lesson, state), float(state["noise"]), X, y).numpy())
    return np.stack(found) + np.log(scale.slope(asked.y))
