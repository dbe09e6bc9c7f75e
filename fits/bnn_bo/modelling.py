"""Models of the outcomes of a study: learned, kept as data, and put together into what a proposal rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fits import surrogates
from fits.acquisition.beliefs import Beliefs, Limit
from fits.bnn_bo.deterministic import KnownOutcome
from fits.bnn_bo.schema import Choice, OutcomeModel
from fits.bnn_bo.schema import Limit as OutcomeLimit
from fits.bnn_bo.study import Lesson, Study
from fits.surrogates.base import Data, moments
from fits.surrogates.outcome import Outcome

if TYPE_CHECKING:
    from botorch.models.model import Model

Array = NDArray[np.float64]

DEFAULT = "gp"
USUAL = Choice(surrogate=DEFAULT, why="the default")
WORST = 1e3  # standard error of a row on the standard scale, from which it tells nothing
KNOWN = "known"  # what an outcome that needs no model has for a surrogate


def learned(study: Study, choice: Choice) -> dict[str, OutcomeModel]:
    """A model of each outcome: the objectives by the chosen surrogate, limits and the logarithm of the cost by the default.

    What is known is only scaled.
    """
    objectives = {item.name: item.maximize for item in study.goal.objectives}
    found = {
        name: _known_outcome(study, name, maximize=up) if name in study.known else _outcome_model(study, name, choice, maximize=up)
        for name, up in objectives.items()
    }
    for limit in study.goal.limits:
        if limit.name not in objectives and limit.name not in study.known:
            found[limit.name] = _outcome_model(study, limit.name, USUAL, maximize=True)
    if study.goal.cost is not None and study.goal.cost not in study.known:
        found[cost_key(study.goal.cost)] = _learn(study, log_costs(study), USUAL.surrogate, maximize=True, warp=False)
    return found


def cost_key(column: str) -> str:
    """The key of the model of the logarithm of the cost."""
    return f"log({column})"


def _outcome_model(study: Study, name: str, choice: Choice, *, maximize: bool) -> OutcomeModel:
    its = _learn(study, study.lesson(name), choice.surrogate, maximize=maximize)
    return its.model_copy(update={"inflation": choice.inflations.get(name, 1.0)})


def _known_outcome(study: Study, name: str, *, maximize: bool) -> OutcomeModel:
    scale = Outcome.of(study.values(name)[study.done], maximize=maximize, warp=False)
    return OutcomeModel(form=2, surrogate=KNOWN, scale=scale, state={"noise": 0.0})


def _learn(study: Study, lesson: Lesson, surrogate: str, *, maximize: bool, warp: bool = True) -> OutcomeModel:
    scale = Outcome.of(lesson.y, maximize=maximize, warp=warp)
    state = surrogates.load(surrogate).fit(data(study, lesson, scale), study.seed)
    return OutcomeModel(form=2, surrogate=surrogate, scale=scale, state=state)


def log_costs(study: Study) -> Lesson:
    """The logarithms of what the trials cost."""
    assert study.goal.cost is not None
    lesson = study.lesson(study.goal.cost)
    return Lesson(lesson.X, np.log(lesson.y))


def data(study: Study, lesson: Lesson, scale: Outcome) -> Data:
    """Rows as a surrogate wants them."""
    noise = None
    if lesson.errors is not None:
        noise = tensor(np.minimum(lesson.errors * scale.slope(lesson.y), WORST) ** 2).unsqueeze(-1)
    return Data(tensor(lesson.X), tensor(scale.forward(lesson.y)).unsqueeze(-1), noise, levels=study.encoding.levels)


def tensor(values: Array) -> Tensor:
    """A copy of an array, which torch may write to."""
    return torch.from_numpy(np.array(values, dtype=float))


def restored(study: Study, models: Mapping[str, OutcomeModel], name: str) -> Model:
    """The model of an outcome, on its standard scale."""
    its = models[name]
    if its.surrogate == KNOWN:
        return KnownOutcome(study.known[name], its.scale)
    return surrogates.load(its.surrogate).model(data(study, study.lesson(name), its.scale), its.state)


def beliefs(study: Study, models: Mapping[str, OutcomeModel]) -> Beliefs:
    """What is believed of the objectives, limits and cost; the rows that count are at the target fidelity, or are moved there."""
    objectives = [item.name for item in study.goal.objectives]
    rows = np.flatnonzero(study.baseline if study.baseline.any() else study.done)
    X = study.X[rows]
    if study.target:
        X, first = np.unique(study.searched.round(X), axis=0, return_index=True)
        rows = rows[first]
    Y = np.column_stack([models[name].scale.forward(study.values(name)[rows]) for name in objectives])
    return Beliefs(
        objectives=[restored(study, models, name) for name in objectives],
        X=tensor(X),
        Y=tensor(Y),
        noise=[float(models[name].state["noise"]) for name in objectives],
        limits=[_limit(study, models, limit) for limit in study.goal.limits if limit.name not in study.known],
        kept=bool(study.baseline.any()),
        reference=_reference(study, models, Y) if len(objectives) > 1 else None,
        log_cost=_log_cost(study, models),
    )


def _limit(study: Study, models: Mapping[str, OutcomeModel], limit: OutcomeLimit) -> Limit:
    """On the outcome's standard scale, which grows or falls with the outcome."""
    scale = models[limit.name].scale
    upwards = (scale.sign > 0.0) == (limit.sense == "<=")
    return Limit(restored(study, models, limit.name), float(scale.forward(np.array(limit.bound))), at_most=upwards)


def _reference(study: Study, models: Mapping[str, OutcomeModel], Y: Array) -> Tensor:
    """The given reference point; where there is none, a tenth of the Pareto front's extent below its worst values."""
    from botorch.utils.multi_objective.hypervolume import infer_reference_point

    guess = infer_reference_point(torch.from_numpy(pareto(Y)))
    given = [
        guess[i] if item.reference is None else torch.as_tensor(models[item.name].scale.forward(np.array(item.reference)))
        for i, item in enumerate(study.goal.objectives)
    ]
    return torch.stack([torch.as_tensor(value, dtype=torch.float64) for value in given])


def pareto(Y: Array) -> Array:
    """The rows of ``n x m`` that no other row beats in one objective without being beaten in another."""
    return Y[efficient(Y)]


def efficient(Y: Array) -> NDArray[np.bool_]:
    """``n``: which rows of ``n x m``, all to be maximised, are on the Pareto front."""
    return np.array([not ((row <= Y).all(axis=1) & (row < Y).any(axis=1)).any() for row in Y], dtype=bool)


def _log_cost(study: Study, models: Mapping[str, OutcomeModel]) -> Callable[[Tensor], Tensor] | None:
    if study.goal.cost is None:
        return None
    if study.goal.cost in study.known:
        price = KnownOutcome(study.known[study.goal.cost], Outcome(sign=1.0))
        return lambda points: price.values(points.squeeze(-2)).log()
    key = cost_key(study.goal.cost)
    scale = models[key].scale
    model = surrogates.load(DEFAULT).model(data(study, log_costs(study), scale), models[key].state)

    def log_cost(points: Tensor) -> Tensor:
        mean, _ = moments(model, points.squeeze(-2))
        return (mean * scale.deviation + scale.mean) * scale.size + scale.shift

    return log_cost
