"""`backtest`: each of the log's own trials foretold from those before it, and which trial they would have chosen next.

"mean" is the yardstick: a normal distribution with the mean and deviation of the trials before. A model that does not beat it has
learned nothing about the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fits.acquisition.search import values
from fits.acquisition.worth import worth
from fits.bnn_bo.choosing import choose
from fits.bnn_bo.learning import study_of
from fits.bnn_bo.modelling import beliefs, learned, restored, tensor
from fits.bnn_bo.predicting import interval, moments
from fits.bnn_bo.schema import BacktestOptions, OutcomeModel, Trial
from fits.bnn_bo.study import Study
from fits.solver import Backtest, Fold, NotEnoughData, Scalar
from fits.surrogates.base import log_density

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

FEWEST = 6


def replay(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """One step ahead through the log, in its order.

    Raises
    ------
    NotEnoughData
        No trial is left to be foretold.
    """
    study, _, warnings = study_of(log, options)
    done = sorted((trial for trial in study.trials if trial.status == "done"), key=lambda trial: trial.row)
    first = options.first or max(FEWEST, min(2 * study.encoding.d + 2, len(done) // 2))
    if len(done) <= first:
        raise NotEnoughData(f"more than {first} trials that are done", found=len(done))
    steps = np.unique(np.linspace(first, len(done) - 1, min(options.most, len(done) - first)).round().astype(int)).tolist()
    folds, picks = [], []
    for k in steps:
        before = replace(study, trials=done[:k])
        scores: dict[str, float | None] = {"mean": -_by_mean(study, done[:k], done[k])}
        covered: dict[str, bool] = {}
        for wanted in options.surrogates or [options.surrogate]:
            models = learned(before, choose(before, wanted).surrogate)  # type: ignore[arg-type]
            scores[wanted] = -_log_density(before, models, done[k])
            x = study.encoding.encode([done[k].config])
            for objective in study.goal.objectives:
                mean, variance = moments(restored(before, models, objective.name), x)
                its = interval(models[objective.name], float(mean[0]), float(variance[0]), noisy=True)
                covered[f"{wanted}: {objective.name}"] = bool(its.low <= done[k].outcomes[objective.name] <= its.high)
            picks.append(_pick(study, before, done[k:], models, wanted))
        folds.append(Fold(held_out=f"row {done[k].row}", rows=k, scores=scores, covered=covered))
    return Backtest.from_folds(
        protocol="each trial foretold from those before it",
        metric="negative log density of the objectives, in nats",
        folds=folds,
        tables={"choices": picks},
        warnings=warnings,
    )


def _log_density(before: Study, models: Mapping[str, OutcomeModel], trial: Trial) -> float:
    """Of a trial's objectives, on their own scales."""
    x = tensor(before.encoding.encode([trial.config]))
    total = 0.0
    for objective in before.goal.objectives:
        its, y = models[objective.name], np.array([trial.outcomes[objective.name]])
        density = log_density(restored(before, models, objective.name), float(its.state["noise"]), x, tensor(its.scale.forward(y)))
        total += float(density[0]) + math.log(float(its.scale.slope(y)[0]))
    return total


def _by_mean(study: Study, before: list[Trial], trial: Trial) -> float:
    """Log density under the mean and deviation of the trials before."""
    total = 0.0
    for objective in study.goal.objectives:
        y = np.array([item.outcomes[objective.name] for item in before])
        deviation = float(y.std(ddof=1)) or 1.0
        total -= 0.5 * ((trial.outcomes[objective.name] - y.mean()) / deviation) ** 2 + math.log(
            deviation * math.sqrt(2.0 * math.pi)
        )
    return total


def _pick(study: Study, before: Study, left: list[Trial], models: Mapping[str, OutcomeModel], wanted: str) -> dict[str, Scalar]:
    """Which of the trials that are left would have been next, beside the one that was and the best there is."""
    points = study.encoding.encode([trial.config for trial in left])
    score = values(worth(beliefs(before, models), None, study.seed), points)
    chosen = left[int(np.argmax(score))]
    objective = study.goal.objectives[0]
    y = [trial.outcomes[objective.name] for trial in left]
    sign = 1.0 if objective.maximize else -1.0
    return {
        "trials": len(before.trials),
        "surrogate": wanted,
        "row": chosen.row,
        f"{objective.name} chosen": chosen.outcomes[objective.name],
        f"{objective.name} logged": left[0].outcomes[objective.name],
        "share of the rest it beats": float(np.mean(sign * np.array(y) < sign * chosen.outcomes[objective.name])),
    }
