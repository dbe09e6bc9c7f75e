"""What there is to see: how far the search has come, the Pareto front, and the objective along each parameter that matters."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from fits.bnn_bo.learning import study_from
from fits.bnn_bo.modelling import efficient, restored
from fits.bnn_bo.predicting import SCORE, moments
from fits.bnn_bo.schema import Fit, Objective, Trial
from fits.bnn_bo.study import Study
from fits.figure import Axis, Band, Figure, Line, Points

Array = NDArray[np.float64]

SHOWN = 4  # parameters, those that matter most
PLACES = 40  # along each
OTHERS = 128  # points over which the other parameters are averaged


def draw(fit: Fit) -> list[Figure]:
    """Of a fit without a trial that was evaluated at the target fidelity there is nothing to show."""
    study = study_from(fit)
    if not study.counting.any():
        return []
    figures = [_progress(study, objective) for objective in fit.objectives]
    if len(fit.objectives) > 1:
        figures.append(_front(study))
    for objective in fit.objectives:
        matters = [item.parameter for item in fit.importance if item.objective == objective.name]
        numeric = [name for name in matters if study.space.parameters[name].type in ("float", "integer")]
        figures += [_along(study, fit, objective, name) for name in numeric[:SHOWN]]
    return figures


def _name(kind: str, subject: str, dimension: int | None = None) -> str:
    """A figure's name: a parameter's number tells it from another one that is spelt alike."""
    number = "" if dimension is None else f"-{dimension + 1}"
    return f"{kind}{number}-" + (re.sub(r"[^a-z0-9]+", "-", subject.casefold()).strip("-") or "x")


def _counting(study: Study) -> list[Trial]:
    """The trials that were evaluated at the target fidelity."""
    return [trial for trial, counts in zip(study.ordered, study.counting, strict=True) if counts]


def _progress(study: Study, objective: Objective) -> Figure:
    done = sorted(_counting(study), key=lambda trial: trial.row)
    y = [trial.outcomes[objective.name] for trial in done]
    x = [float(i) for i in range(1, len(done) + 1)]
    best = (np.maximum if objective.maximize else np.minimum).accumulate(y).tolist()
    return Figure(
        name="progress" if len(study.goal.objectives) == 1 else _name("progress", objective.name),
        title=f"{objective.name}: the trials in their order",
        x=Axis(label="trial"),
        y=Axis(label=objective.name),
        layers=[Line(label="best so far", x=x, y=best), Points(label="trials", x=x, y=y)],
    )


def _front(study: Study) -> Figure:
    """The first two objectives."""
    first, second = study.goal.objectives[:2]
    rows = study.counting
    Y = np.column_stack([study.values(item.name)[rows] for item in study.goal.objectives])
    signs = np.array([1.0 if item.maximize else -1.0 for item in study.goal.objectives])
    on = efficient(Y * signs)
    front = Y[on][np.argsort(Y[on][:, 0], kind="stable")]
    return Figure(
        name="pareto",
        title=f"{first.name} and {second.name}",
        x=Axis(label=first.name),
        y=Axis(label=second.name),
        layers=[
            Points(label="trials", x=Y[:, 0].tolist(), y=Y[:, 1].tolist()),
            Line(label="Pareto front", x=front[:, 0].tolist(), y=front[:, 1].tolist()),
        ],
    )


def _along(study: Study, fit: Fit, objective: Objective, parameter: str) -> Figure:
    """The objective's mean along one parameter, the others averaged over the space."""
    encoding, its = study.encoding, fit.models[objective.name]
    i = encoding.names.index(parameter)
    model = restored(study, fit.models, objective.name)
    others = study.searched.sample(OTHERS, study.seed)
    places = np.unique(encoding.axes[i].round(np.linspace(0.0, 1.0, PLACES)))
    x, mean, low, high = [], [], [], []
    for place in places:
        points = others.copy()
        points[:, i] = place
        m, v = moments(model, points)
        centre, spread = float(m.mean()), float(v.mean()) ** 0.5
        ends = sorted(its.scale.back(np.array([centre - SCORE * spread, centre + SCORE * spread])).tolist())
        x.append(float(encoding.axes[i].numbers(np.array([place]))[0]))
        mean.append(float(its.scale.back(np.array(centre))))
        low.append(ends[0])
        high.append(ends[1])
    done = [trial for trial in _counting(study) if parameter in trial.config]
    log = bool(getattr(study.space.parameters[parameter], "log", False))
    return Figure(
        name=_name("along", parameter, i) if len(fit.objectives) == 1 else _name(_name("along", parameter, i), objective.name),
        title=f"{objective.name} along {parameter}",
        caption="Line: the model's mean, other parameters averaged over the space; band: 90 % interval of the function.",
        x=Axis(label=parameter, scale="log" if log else "linear"),
        y=Axis(label=objective.name),
        layers=[
            Band(label="model", x=x, low=low, high=high),
            Line(label="model", x=x, y=mean),
            Points(
                label="trials",
                x=[float(trial.config[parameter] or 0) for trial in done],
                y=[trial.outcomes[objective.name] for trial in done],
            ),
        ],
    )
