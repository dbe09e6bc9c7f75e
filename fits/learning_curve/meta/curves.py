"""The curves of LCDB 1.1, and the examples that their beginnings make."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families import combine
from fits.learning_curve.families.family import Array
from fits.learning_curve.meta.blocks import blocks
from fits.learning_curve.meta.features import Seen, seen
from fits.learning_curve.meta.forecasting import SHORTEST

SHARES = (0.05, 0.07, 0.1, 0.14, 0.2, 0.3, 0.4, 0.5, 0.65)  # of the last x: where the beginnings end
TAIL = 3  # the value at the end is the mean over the last anchors
LEAST_X, LEAST_POINTS = 300.0, 12  # of a curve that teaches
CALMED, CALM = 4, (0.0, 0.1, 0.3)  # of one curve in so many there is a copy that keeps this share of its noise
HIDDEN = 4  # of one beginning in so many the standard errors are not told: most logs have none
PROCESSES = min(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Group:
    """Curves of one data set with the same x: x (n,), ys and se (S, n), and the learners' names."""

    data_set: int
    x: Array
    ys: Array
    se: Array
    learners: list[str]

    @property
    def end(self) -> tuple[float, Array]:
        """Where the curves end, and their values there (S,): the mean over the last anchors."""
        return float(np.exp(np.log(self.x[-TAIL:]).mean())), self.ys[:, -TAIL:].mean(axis=1)


@dataclass(frozen=True)
class Examples:
    """n pairs of a beginning and a later value, with ln of how many times as far it lies. Those of `calmed` curves only teach."""

    seen: Seen
    horizon: Array
    truth: Array
    data_set: npt.NDArray[np.int64]
    calmed: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[np.bool_]) -> Examples:
        """Some of them."""
        known = Seen(self.seen.base[rows], self.seen.unit[rows], self.seen.features[rows])
        return Examples(known, *(getattr(self, field.name)[rows] for field in fields(self)[1:]))


def read(path: Path) -> list[Group]:
    """The groups of a table with the columns openmlid, learner, anchor, val_mean, val_se."""
    import pandas as pd

    table = pd.read_csv(path).sort_values(["openmlid", "learner", "anchor"])
    groups: dict[tuple[int, tuple[float, ...]], list[tuple[str, Array, Array]]] = {}
    for (data_set, learner), rows in table.groupby(["openmlid", "learner"]):
        key = int(str(data_set)), tuple(rows["anchor"].to_numpy(dtype=np.float64))
        one = str(learner), rows["val_mean"].to_numpy(dtype=np.float64), np.nan_to_num(rows["val_se"].to_numpy(dtype=np.float64))
        groups.setdefault(key, []).append(one)
    return [
        Group(data_set, np.array(x), np.stack([c[1] for c in found]), np.stack([c[2] for c in found]), [c[0] for c in found])
        for (data_set, x), found in groups.items()
    ]


def examples(groups: Sequence[Group], processes: int = PROCESSES) -> Examples:
    """From each curve, for each beginning, the end and values on the way."""
    from joblib import Parallel, delayed  # type: ignore[import-untyped]

    found = Parallel(n_jobs=processes, verbose=1)(delayed(_of_group)(group) for group in groups)
    parts = [part for of_group in found for part in of_group]
    known = Seen(*(np.concatenate([getattr(p.seen, field) for p in parts]) for field in Seen._fields))
    return Examples(known, *(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Examples)[1:]))


def _of_group(group: Group) -> list[Examples]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if group.x[-1] < LEAST_X or len(group.x) < LEAST_POINTS:
        return []
    with threadpool_limits(1):
        return [*_of_beginnings(group, calmed=False), *_of_beginnings(calm(group), calmed=True)]


def calm(group: Group) -> Group:
    """Some curves, closer to the smooth ones that fit them: losses of a long training are smoother than errors of small samples."""
    rows = slice(group.data_set % CALMED, None, CALMED)
    ys, se, learners = group.ys[rows], group.se[rows], group.learners[rows]
    if not learners:
        return Group(group.data_set, group.x, ys, se, learners)
    smooth = combine(group.x, ys, 0.0, 1.0).predict(group.x)
    kept = np.resize(CALM, (len(ys), 1))
    return Group(group.data_set, group.x, smooth + kept * (ys - smooth), kept * se, learners)


def _of_beginnings(group: Group, calmed: bool) -> Iterator[Examples]:
    for share in SHARES if group.learners else ():
        n = int((group.x <= share * group.x[-1]).sum())
        if SHORTEST <= n <= len(group.x) - TAIL:
            yield _of_beginning(group, n, share, calmed)


def _of_beginning(group: Group, n: int, share: float, calmed: bool) -> Examples:
    x, ys = group.x, group.ys
    end_at, final = group.end
    way = list(_on_the_way(n, len(x) - TAIL))
    at = np.array([*x[way], end_at])
    truth = np.stack([*(ys[:, max(i - 1, n) : i + 2].mean(axis=1) for i in way), final], axis=1)
    hidden = (np.arange(len(ys)) + SHARES.index(share)) % HIDDEN == 0
    known = seen(*blocks(x[:n], ys[:, :n], np.where(hidden[:, None], np.nan, group.se[:, :n])), at)
    return Examples(
        Seen(known.base.ravel(), known.unit.ravel(), known.features.reshape(-1, known.features.shape[-1])),
        horizon=np.tile(np.log(at / x[n - 1]), len(ys)),
        truth=truth.ravel(),
        data_set=np.full(truth.size, group.data_set),
        calmed=np.full(truth.size, calmed),
    )


def _on_the_way(n: int, end: int) -> Iterator[int]:
    """Three anchors between a beginning of n and the end: the next one or one a sixth of the way, at a third and at two thirds."""
    rest = range(n, end)
    if len(rest) >= 3:
        yield from sorted({rest[0] if n % 2 else rest[len(rest) // 6], rest[len(rest) // 3], rest[2 * len(rest) // 3]})
