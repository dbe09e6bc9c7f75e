"""What the models say about what was tried: the incumbents, which parameters matter, and where their good values lie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fits.acquisition.search import around
from fits.bnn_bo.modelling import efficient, restored
from fits.bnn_bo.predicting import intervals, moments
from fits.bnn_bo.schema import Importance, Incumbent, OutcomeModel, Range
from fits.bnn_bo.study import Study
from fits.solver import Scalar
from fits.space import Float, Integer

Array = NDArray[np.float64]

BASE = 512  # points of each of the two samples whose columns are exchanged
SCAN = 2048  # points among which good ones are sought
GOOD = 0.25  # standard deviations of the outcomes below the best mean, up to which a point counts as good, where noise is smaller
TAILS = (0.05, 0.95)


def incumbents(study: Study, models: Mapping[str, OutcomeModel]) -> list[Incumbent]:
    """The row within all limits with the best mean, not the luckiest one; of several objectives the Pareto front of means.

    Only rows at the target fidelity can be one.
    """
    rows = np.flatnonzero(study.kept)
    if not len(rows):
        return []
    names = [item.name for item in study.goal.objectives]
    means = np.column_stack([moments(restored(study, models, name), study.X[rows])[0] for name in names])
    best = np.flatnonzero(efficient(means)) if len(names) > 1 else np.array([int(np.argmax(means[:, 0]))])
    trials = study.ordered
    expected = {name: intervals(study, models, name, study.X[rows[best]], noisy=False) for name in names}
    front = [
        Incumbent(
            row=trials[rows[i]].row,
            config=trials[rows[i]].config,
            measured=trials[rows[i]].outcomes,
            expected={name: expected[name][k] for name in names},
        )
        for k, i in enumerate(best)
    ]
    return sorted(front, key=lambda item: item.row)


def importance(study: Study, models: Mapping[str, OutcomeModel]) -> list[Importance]:
    """Sobol's first-order and total indices of each modelled objective's mean over the space at the target fidelity.

    Constraints are left aside.

    Estimators of Saltelli et al. 2010 (table 2, b) and Jansen 1999 from two samples A, B and A with column i of B.
    """
    encoding = study.searched
    random = np.random.default_rng(study.seed)
    low, high = encoding.bounds
    A, B = (encoding.round(low + (high - low) * random.random((BASE, encoding.d))) for _ in range(2))
    for i, count in encoding.levels.items():
        A[:, i], B[:, i] = random.integers(count, size=BASE), random.integers(count, size=BASE)
    found = []
    for objective in study.modelled:
        model = restored(study, models, objective.name)
        a, b = moments(model, A)[0], moments(model, B)[0]
        variance = float(np.concatenate([a, b]).var())
        for i, parameter in enumerate(encoding.names):
            if i in study.target:
                continue
            mixed = A.copy()
            mixed[:, i] = B[:, i]
            c = moments(model, mixed)[0]
            main = float((b * (c - a)).mean() / variance) if variance > 0.0 else 0.0
            total = float(((a - c) ** 2).mean() / 2.0 / variance) if variance > 0.0 else 0.0
            clipped = min(1.0, max(0.0, total))
            found.append(
                Importance(objective=objective.name, parameter=parameter, main=min(clipped, max(0.0, main)), total=clipped)
            )
    return sorted(found, key=lambda item: (item.objective, -item.total, item.parameter))


def ranges(study: Study, models: Mapping[str, OutcomeModel]) -> list[Range]:
    """Where the parameters of good configurations lie: those whose mean is within noise of the best; of several objectives none."""
    if len(study.goal.objectives) > 1 or not study.modelled or not study.kept.any():
        return []
    name = study.goal.objectives[0].name
    encoding, model = study.searched, restored(study, models, name)
    rows = study.X[study.kept]
    top = rows[np.argsort(-moments(model, rows)[0], kind="stable")[:5]]
    points = np.vstack([encoding.sample(SCAN, study.seed), around(encoding, top, SCAN, study.seed), top])
    mean = moments(model, points)[0]
    reach = max(GOOD, float(models[name].state["noise"]) ** 0.5)
    good = encoding.decode(points[mean >= mean.max() - reach])
    free = [parameter for i, parameter in enumerate(encoding.names) if i not in study.target]
    return [_range(study, parameter, [config[parameter] for config in good if parameter in config]) for parameter in free]


def _range(study: Study, parameter: str, values: list[Scalar]) -> Range:
    its = study.space.parameters[parameter]
    if isinstance(its, Float | Integer):
        if not values:
            return Range(parameter=parameter)
        low, high = np.quantile(np.array(values, dtype=float), TAILS, method="nearest")
        return Range(parameter=parameter, low=float(low), high=float(high))
    return Range(parameter=parameter, choices=[choice for choice in its.choices if choice in values])
