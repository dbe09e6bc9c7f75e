"""Train the model that ships:

    python -m fits.learning_curve.meta.training lcdb11_error_dev.csv.gz [-o fits/learning_curve/meta/lcdb.npz]

The table is LCDB 1.1 (Yan, Mohr, Viering 2025, CC BY 4.0): error rates by anchor, means and standard errors over 25 splits.
Offsets of the quantiles come from forecasts of data sets that the networks had not seen. The file is the same whatever the number
of processes: each network learns on one thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array
from fits.learning_curve.meta.curves import PROCESSES, Examples, examples, read
from fits.learning_curve.meta.descent import learned
from fits.learning_curve.meta.file import FILE, save
from fits.learning_curve.meta.model import MIDDLE, Model, answered, quantiles_of
from fits.learning_curve.meta.network import Network, Scaling, scaling_of
from fits.learning_curve.quantiles import LEVELS

Rows = npt.NDArray[np.bool_]

FOLDS = 4
SEED = 0
NETWORKS = 3
# An example counts by its unit, so that what is learned is to be little off in error rates, not in units: up to a limit, so that
# wild curves do not teach alone, and at least a little.
LARGE, MOST, LEAST = 0.02, 4.0, 0.2
HORIZONS = np.log([1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 14.0])
NEAR = 0.35  # half width in ln(x* / x_n) of the window from which an offset is read


class Taught(NamedTuple):
    """Networks and the scaling of their inputs."""

    scaling: Scaling
    networks: tuple[Network, ...]


def train(data: Examples, folds: int = FOLDS, processes: int = PROCESSES) -> Model:
    """Networks taught by all examples; offsets from forecasts of data sets that were held out."""
    fold = folds_of(data, folds)
    others = [fold != k for k in range(folds)]
    *parts, whole = teach(data, [*others, np.ones(len(fold), dtype=np.bool_)], processes)
    return _model(whole, data, offsets_of(_unseen(parts, others, data), data))


def fold_models(data: Examples, folds: int = FOLDS, processes: int = PROCESSES) -> list[tuple[Model, set[int]]]:
    """For each fold, a model whose networks and offsets saw none of its data sets, and those data sets."""
    fold = folds_of(data, folds)
    others = [fold != k for k in range(folds)]
    parts = teach(data, others, processes)
    q = _unseen(parts, others, data)
    return [
        (_model(part, data.take(rows), offsets_of(q[rows], data.take(rows))), set(data.data_set[~rows].tolist()))
        for part, rows in zip(parts, others, strict=True)
    ]


def folds_of(data: Examples, folds: int) -> npt.NDArray[np.int64]:
    """The fold of each example (n,): a data set is in one of them."""
    names, which = np.unique(data.data_set, return_inverse=True)
    return np.asarray((np.random.default_rng(SEED).permutation(len(names)) % folds)[which], dtype=np.int64)


def offsets_of(q: Array, data: Examples) -> Array:
    """How far each pair of quantiles must move, in units of its width, to hold as many of the unseen truths as it claims to."""
    q, data = q[~data.calmed], data.take(~data.calmed)
    offsets = np.zeros((len(HORIZONS), MIDDLE))
    for pair in range(MIDDLE):
        low, high = q[:, MIDDLE - 1 - pair], q[:, MIDDLE + 1 + pair]
        miss = np.maximum(low - data.truth, data.truth - high) / np.maximum(high - low, 1e-6)
        claimed = LEVELS[MIDDLE + 1 + pair] - LEVELS[MIDDLE - 1 - pair]
        for row, horizon in enumerate(HORIZONS):
            near = np.abs(data.horizon - horizon) <= NEAR
            offsets[row, pair] = np.quantile(miss[near], claimed) if near.any() else 0.0
    return offsets


def teach(data: Examples, taught: Sequence[Rows], processes: int = PROCESSES) -> list[Taught]:
    """Networks for each choice of the examples to learn from."""
    from joblib import Parallel, delayed  # type: ignore[import-untyped]

    scalings = [scaling_of(data.seen.features[rows]) for rows in taught]
    jobs = (
        delayed(_teach)(data, rows, scaling, SEED + k)
        for rows, scaling in zip(taught, scalings, strict=True)
        for k in range(NETWORKS)
    )
    done: list[Network] = Parallel(n_jobs=processes, verbose=10)(jobs)
    return [Taught(scaling, tuple(done[k * NETWORKS : (k + 1) * NETWORKS])) for k, scaling in enumerate(scalings)]


def _teach(data: Examples, rows: Rows, scaling: Scaling, seed: int) -> Network:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    some = data.take(rows)
    target = (some.truth - some.seen.base) / some.seen.unit
    weight = np.minimum(some.seen.unit / LARGE, MOST) + LEAST
    with threadpool_limits(1):
        return learned(scaling(some.seen.features), target.astype(np.float32), weight.astype(np.float32), seed)


def _unseen(parts: Sequence[Taught], taught: Sequence[Rows], data: Examples) -> Array:
    """Quantiles before they are moved (n, levels), from the part that did not learn from the example."""
    answer = np.empty((len(data.truth), len(LEVELS)))
    for part, rows in zip(parts, taught, strict=True):
        answer[~rows] = answered(*part, data.seen.features[~rows])
    return quantiles_of(data.seen.base, data.seen.unit, answer)


def _model(taught: Taught, data: Examples, offsets: Array) -> Model:
    return Model(*taught, HORIZONS, offsets, len(np.unique(data.data_set)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the model of learning-curve's method meta.")
    parser.add_argument("table", type=Path, help="LCDB 1.1 as CSV: openmlid, learner, anchor, val_mean, val_se")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name(FILE))
    arguments = parser.parse_args()
    save(train(examples(read(arguments.table))), arguments.output)


if __name__ == "__main__":
    main()
