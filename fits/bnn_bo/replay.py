"""`backtest`: each of the log's own trials foretold from those before it, and which trial they would have chosen next.

"mean" is the yardstick: a normal distribution with the mean and deviation of the trials before. A model that does not beat it has
learned nothing about the parameters. Where the space has a fidelity, trials at the target are foretold, from all before them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fits.acquisition.search import values
from fits.acquisition.worth import worth
from fits.bnn_bo.calibration import Foretold, calibration, histogram, pit
from fits.bnn_bo.learning import chosen, study_of
from fits.bnn_bo.modelling import beliefs, learned, restored, tensor
from fits.bnn_bo.predicting import intervals
from fits.bnn_bo.schema import BacktestOptions, Objective, OutcomeModel, Trial
from fits.bnn_bo.study import Study
from fits.solver import Backtest, BadQuery, Fold, NotEnoughData, Scalar
from fits.surrogates.base import log_density

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

FEWEST = 6
FARTHEST = 1e150  # standard deviations: their square is still a number


def replay(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """One step ahead through the log, in its order.

    Raises
    ------
    BadQuery
        Every objective is known.
    NotEnoughData
        No trial is left to be foretold.
    """
    study, _, warnings = study_of(log, options)
    if not study.modelled:
        raise BadQuery("minimize", "every objective is known: there is nothing to foretell")
    done = sorted((trial for trial, its in zip(study.ordered, study.done, strict=True) if its), key=lambda trial: trial.row)
    counting = {trial.row for trial, its in zip(study.ordered, study.counting, strict=True) if its}
    first = options.first or max(FEWEST, min(2 * study.encoding.d + 2, len(done) // 2))
    ahead = [k for k in range(first, len(done)) if done[k].row in counting]
    if not ahead:
        where = " at the target fidelity" if study.target else ""
        raise NotEnoughData(f"a trial that is done{where} after the first {first}", found=f"{len(done)} that are done")
    at = np.unique(np.linspace(0, len(ahead) - 1, min(options.most, len(ahead))).round().astype(int))
    folds, picks, found = [], [], []
    for k in (ahead[i] for i in at):
        before = study.but(trials=done[:k])
        scores: dict[str, float | None] = {"mean": -_by_mean(study, done[:k], done[k])}
        covered: dict[str, bool] = {}
        for wanted in options.surrogates or [options.surrogate]:
            models = learned(before, chosen(before, wanted))
            told = [_foretold(before, models, wanted, item, done[k]) for item in study.modelled]
            scores[wanted] = -sum(item.log_density for item in told)
            x = study.encoding.encode([done[k].config])
            for objective in study.modelled:
                its = intervals(before, models, objective.name, x, noisy=True)[0]
                covered[f"{wanted}: {objective.name}"] = bool(its.low <= done[k].outcomes[objective.name] <= its.high)
            left = [trial for trial in done[k:] if trial.row in counting]
            picks.append(_pick(study, before, left, models, wanted))
            found += told
        folds.append(Fold(held_out=f"row {done[k].row}", rows=k, scores=scores, covered=covered))
    return Backtest.from_folds(
        protocol="each trial foretold from those before it",
        metric="negative log density of the objectives, in nats",
        folds=folds,
        tables={"calibration": calibration(found), "PIT": histogram(found), "choices": picks},
        warnings=warnings,
    )


def _foretold(before: Study, models: Mapping[str, OutcomeModel], wanted: str, objective: Objective, trial: Trial) -> Foretold:
    x, y = tensor(before.encoding.encode([trial.config])), np.array([trial.outcomes[objective.name]])
    its, model = models[objective.name], restored(before, models, objective.name)
    noise, z = float(its.state["noise"]), tensor(its.scale.forward(y))
    density = float(log_density(model, noise, x, z, its.inflation)[0]) + math.log(float(its.scale.slope(y)[0]))
    below = float(pit(model, noise, x, z, its.inflation)[0])
    return Foretold(wanted, objective.name, density, below if its.scale.sign > 0.0 else 1.0 - below)


def _by_mean(study: Study, before: list[Trial], trial: Trial) -> float:
    """Log density under the mean and deviation of the trials before."""
    total = 0.0
    for objective in study.modelled:
        y = np.array([item.outcomes[objective.name] for item in before])
        size = float(np.abs(y).max()) or 1.0  # squares of large values would overflow
        mean, deviation = float((y / size).mean()), float((y / size).std(ddof=1)) or 1.0
        z = min(abs(trial.outcomes[objective.name] / size - mean) / deviation, FARTHEST)
        total -= 0.5 * z**2 + math.log(deviation * math.sqrt(2.0 * math.pi)) + math.log(size)
    return total


def _pick(study: Study, before: Study, left: list[Trial], models: Mapping[str, OutcomeModel], wanted: str) -> dict[str, Scalar]:
    """Which of the trials that are left would have been next, beside the one that was and the best there is."""
    points = study.encoding.encode([trial.config for trial in left])
    score = values(worth(beliefs(before, models), None, study.seed), points)
    best = left[int(np.argmax(score))]
    objective = study.modelled[0]
    y = [trial.outcomes[objective.name] for trial in left]
    sign = 1.0 if objective.maximize else -1.0
    return {
        "trials": len(before.trials),
        "surrogate": wanted,
        "row": best.row,
        f"{objective.name} chosen": best.outcomes[objective.name],
        f"{objective.name} logged": left[0].outcomes[objective.name],
        f"{objective.name} best": sign * max(sign * value for value in y),
        "share of the rest it beats": float(np.mean(sign * np.array(y) < sign * best.outcomes[objective.name])),
    }
