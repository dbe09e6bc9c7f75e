"""Which surrogates: the average of several, without those that rows held out say are surely worse than the best.

Each fold is predicted by models that were fitted without it, hyperparameters included: a model that has seen a row before it is
left out flatters the worst surrogates. Densities are compared on the objective's own scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri

from fits import surrogates
from fits.bnn_bo.modelling import DEFAULT, data, tensor
from fits.bnn_bo.predicting import SCORE
from fits.bnn_bo.schema import Choice, Objective, Score
from fits.bnn_bo.study import Lesson, Study
from fits.surrogates.base import forecast, mixture_log_density
from fits.surrogates.outcome import Outcome

Array = NDArray[np.float64]

FOLDS = 5
FEWEST = 10  # done trials; with fewer, densities of rows held out say nothing
MOST = 100  # rows that are compared on: more say the same, and take long
ERRORS = 2.0  # standard errors by which a surrogate must be worse than the best to be left out
MANY_DIMENSIONS = 50  # from which it is likely that most do not matter
LEVEL = 0.9  # of the intervals
BELIEVED = 4  # rows that would bear out the model's own intervals, beside those held out


class HeldOut(NamedTuple):
    """Of one objective, under each surrogate's models of the other rows: each ``names x n``.

    Attributes
    ----------
    density : log density of the row's outcome, in nats, on the objective's own scale.
    error, variance : of the forecast of the outcome, on the standard scale.
    """

    density: Array
    error: Array
    variance: Array


def choose(study: Study, wanted: str) -> Choice:
    """The surrogate that was asked for or, for "auto", the average of those that the trials do not rule out."""
    if wanted != "auto":
        return Choice(surrogate=wanted, why="asked for")
    names = [*surrogates.AVERAGED, *(["saas"] if study.encoding.d >= MANY_DIMENSIONS else [])]
    n = int(study.done.sum())
    if n < FEWEST:
        return Choice(surrogate="+".join(names), why=f"{n} trials are too few to tell surrogates apart")
    found = [_held_out(study, names, objective) for objective in study.goal.objectives]
    density = dict(zip(names, np.sum([its.density for its in found], axis=0), strict=True))
    best = max(names, key=lambda name: float(density[name].mean()))
    scores = [_score(name, density[name], density[best]) for name in names]
    worse = [score for score in scores if score.gain < -ERRORS * score.standard_error]
    average = logsumexp(np.stack(list(density.values())), axis=0) - math.log(len(names))
    kept = [score not in worse for score in scores]
    return Choice(
        surrogate="+".join(score.surrogate for score in scores if score not in worse),
        why="; ".join(_ruled_out(score, best) for score in worse) or "rows held out rule none of them out",
        scores=[*scores, _score("average", average, density[best])],
        inflations={
            objective.name: inflation(its.error[kept], its.variance[kept])
            for objective, its in zip(study.goal.objectives, found, strict=True)
        },
    )


def inflation(error: Array, variance: Array) -> float:
    """What the variance of the surrogates' average is multiplied by, so that its intervals hold as many rows held out as they say.

    Never less than 1. A few rows count little: `BELIEVED` others, spread as the model says, are added to them.

    Parameters
    ----------
    error, variance : of the forecasts by each surrogate, ``k x n``.
    """
    sizes = np.abs(error.mean(axis=0)) / np.sqrt(variance.mean(axis=0) + error.var(axis=0))
    believed = ndtri(0.5 + (np.arange(BELIEVED) + 0.5) / BELIEVED / 2.0)
    reached = float(np.quantile(np.concatenate([sizes, believed]), LEVEL))
    return max(1.0, reached / SCORE) ** 2


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
    each = [_held_out(study, [DEFAULT, surrogate], objective).density for objective in study.goal.objectives]
    default, other = np.sum(each, axis=0).mean(axis=1)
    return float(default - other)


def _held_out(study: Study, names: Sequence[str], objective: Objective) -> HeldOut:
    lesson = study.lesson(objective.name)
    rows = np.random.default_rng(study.seed).permutation(len(lesson.y))[:MOST]
    lesson, fold = lesson.part(rows), np.arange(len(rows)) % FOLDS
    found = HeldOut(*(np.empty((len(names), len(rows))) for _ in HeldOut._fields))
    for k in range(min(FOLDS, len(rows))):
        ahead = _ahead(study, names, lesson.part(fold != k), lesson.part(fold == k), maximize=objective.maximize)
        for whole, part in zip(found, ahead, strict=True):
            whole[:, fold == k] = part
    return found


def _ahead(study: Study, names: Sequence[str], known: Lesson, asked: Lesson, *, maximize: bool) -> HeldOut:
    """Of the rows `asked`, given the rows `known`."""
    scale = Outcome.of(known.y, maximize=maximize)
    lesson, X, y = data(study, known, scale), tensor(asked.X), tensor(scale.forward(asked.y))
    found = []
    for name in names:
        kind = surrogates.load(name)
        state = kind.fit(lesson, study.seed)
        mean, variance = forecast(kind.model(lesson, state), float(state["noise"]), X)
        density = mixture_log_density(mean, variance, y).numpy() + np.log(scale.slope(asked.y))
        doubt = variance.mean(-1) + mean.var(-1, correction=0)
        found.append((density, (y - mean.mean(-1)).numpy(), doubt.numpy()))
    return HeldOut(*(np.stack(each) for each in zip(*found, strict=True)))
