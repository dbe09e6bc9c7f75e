"""Train the model that ships:

    python -m fits.learning_curve.meta.training lcdb11_error_dev.csv.gz [-o fits/learning_curve/meta/lcdb.npz]

The table is LCDB 1.1 (Yan, Mohr, Viering 2025, CC BY 4.0): error rates by anchor, means and standard errors over 25 splits.
Offsets of the quantiles come from forecasts of data sets that the trees had not seen. The file is the same whatever the number of
processes: each set of trees is grown by one thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families.family import Array
from fits.learning_curve.meta.curves import PROCESSES, Examples, examples, read
from fits.learning_curve.meta.file import FILE, save
from fits.learning_curve.meta.model import MIDDLE, Model, quantiles_of
from fits.learning_curve.meta.trees import Trees
from fits.learning_curve.quantiles import LEVELS

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

Rows = npt.NDArray[np.bool_]

FOLDS = 4
SEED = 0
OF_MIDDLE = {"max_iter": 250, "learning_rate": 0.06, "max_leaf_nodes": 20, "min_samples_leaf": 60, "max_features": 0.3}
OF_OUTER = {"max_iter": 150, "learning_rate": 0.06, "max_leaf_nodes": 16, "min_samples_leaf": 150, "max_features": 0.3}
HORIZONS = np.log([1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 14.0])
NEAR = 0.35  # half width in ln(x* / x_n) of the window from which an offset is read


class Grown(NamedTuple):
    """Trees of each level, and what they say of the examples that they did not see: (n, levels), NaN for the others."""

    trees: dict[float, Trees]
    unseen: Array


def train(data: Examples, folds: int = FOLDS, processes: int = PROCESSES) -> Model:
    """Trees on all examples; offsets from forecasts of data sets that were held out."""
    fold = folds_of(data, folds)
    *parts, whole = grow(data, [*(fold != k for k in range(folds)), np.ones(len(fold), dtype=np.bool_)], processes)
    return _model(whole, data, offsets_of(_unseen(parts, data), data))


def fold_models(data: Examples, folds: int = FOLDS, processes: int = PROCESSES) -> list[tuple[Model, set[int]]]:
    """For each fold, a model whose trees and offsets saw none of its data sets, and those data sets."""
    fold = folds_of(data, folds)
    others = [fold != k for k in range(folds)]
    parts = grow(data, others, processes)
    q = _unseen(parts, data)
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


def grow(data: Examples, taught: Sequence[Rows], processes: int = PROCESSES) -> list[Grown]:
    """Trees for each choice of the examples to learn from."""
    from joblib import Parallel, delayed  # type: ignore[import-untyped]

    target = (data.truth - data.seen.base) / data.seen.unit
    jobs = (delayed(_grow)(data.seen.features, target, rows, level) for rows in taught for level in LEVELS)
    done = Parallel(n_jobs=processes, verbose=10)(jobs)
    return [
        Grown(
            {level: trees for level, (trees, _) in zip(LEVELS, its, strict=True)}, np.stack([unseen for _, unseen in its], axis=-1)
        )
        for its in (done[k : k + len(LEVELS)] for k in range(0, len(done), len(LEVELS)))
    ]


def _grow(features: npt.NDArray[np.float32], target: Array, rows: Rows, level: float) -> tuple[Trees, Array]:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    form = OF_MIDDLE if level == 0.5 else OF_OUTER
    model = HistGradientBoostingRegressor(
        loss="quantile", quantile=level, l2_regularization=1.0, early_stopping=False, random_state=SEED, **form
    )
    unseen = np.full(len(target), np.nan)
    with threadpool_limits(1):
        model.fit(features[rows], target[rows])
        if not rows.all():
            unseen[~rows] = model.predict(features[~rows])
    return flat(model), unseen


def flat(model: HistGradientBoostingRegressor) -> Trees:
    """The nodes of a fitted model. They have no public form."""
    nodes = [one[0].nodes for one in model._predictors]
    together = np.concatenate(nodes)
    leaf = together["is_leaf"].astype(np.bool_)
    return Trees(
        roots=np.cumsum([0, *(len(tree) for tree in nodes[:-1])]).astype(np.int32),
        feature=np.where(leaf, -1, together["feature_idx"]).astype(np.int8),
        number=np.where(leaf, together["value"].astype(np.float32), _rounded_down(together["num_threshold"])),
        missing_left=together["missing_go_to_left"].astype(np.bool_),
        left=together["left"].astype(np.uint8),
        right=together["right"].astype(np.uint8),
        start=float(np.ravel(model._baseline_prediction)[0]),
    )


def _rounded_down(threshold: Array) -> npt.NDArray[np.float32]:
    """The largest float32 at most the threshold: a float32 is at most the one where it is at most the other."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _unseen(parts: Sequence[Grown], data: Examples) -> Array:
    """Quantiles before they are moved (n, levels), from the part that did not see the example."""
    answers = np.nanmax([part.unseen for part in parts], axis=0)  # all but one are NaN
    return quantiles_of(data.seen.base, data.seen.unit, answers)


def _model(grown: Grown, data: Examples, offsets: Array) -> Model:
    return Model(grown.trees, HORIZONS, offsets, len(np.unique(data.data_set)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the model of learning-curve's method meta.")
    parser.add_argument("table", type=Path, help="LCDB 1.1 as CSV: openmlid, learner, anchor, val_mean, val_se")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name(FILE))
    arguments = parser.parse_args()
    save(train(examples(read(arguments.table))), arguments.output)


if __name__ == "__main__":
    main()
