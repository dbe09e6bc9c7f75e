"""From a log to arrays, in an order that does not depend on the order of its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fits.bandits.rule import Context
from fits.solver import BadQuery, BadRow, DegenerateData, NotEnoughData, family_columns

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
FEWEST = 8  # solves: before that a policy does not trust its best fixed omega either
_OMEGA = re.compile(r"(\d+(?:\.\d+)?|\.\d+)$")


@dataclass(frozen=True)
class Rows:
    """n solves or systems in canonical order.

    Attributes
    ----------
    names : of the contexts.
    contexts : (n, len(names))
    arms : (k,) omegas in the log, ascending; of a full table those of its columns.
    omega, cost, censored : (n,) of an ordinary log; of a full table empty.
    table : (n, k) the cost of every arm; of an ordinary log None.
    ordered : the log says in which order the solves came.
    """

    names: tuple[str, ...]
    contexts: Array
    arms: Array
    omega: Array
    cost: Array
    censored: NDArray[np.bool_]
    table: Array | None
    ordered: bool

    def __len__(self) -> int:
        return len(self.contexts)

    def take(self, at: NDArray[np.int64] | slice) -> Rows:
        """The rows at these positions."""
        if self.table is not None:
            return replace(self, contexts=self.contexts[at], table=self.table[at])
        return replace(self, contexts=self.contexts[at], omega=self.omega[at], cost=self.cost[at], censored=self.censored[at])

    def places(self) -> list[Context]:
        """The contexts as the cost model takes them."""
        return [tuple(row) for row in self.contexts.tolist()]


def prepare(log: pd.DataFrame, low: float | None, high: float | None) -> tuple[Rows, int]:
    """The rows with an omega in [`low`, `high`], and how many solves (of a table: columns) lie outside.

    Raises
    ------
    NotEnoughData
        Fewer than `FEWEST` rows.
    DegenerateData
        No omega or no cost, or only one value of omega.
    BadRow
        A cost in the table that is not positive.
    BadQuery
        A column of the table does not end in an omega, or the range is empty.
    """
    if low is not None and high is not None and not low < high:
        raise BadQuery("high", f"must be above --low (got {low:g} and {high:g})")
    grid = family_columns(log, "grid")
    wide = bool(len(grid.columns))
    arms = np.array([_omega_of(str(column)) for column in grid.columns])
    if not wide:
        _require_columns(log)
    contexts = family_columns(log, "contexts")
    parts = [contexts, grid] if wide else [contexts, log[["omega", "cost"]]]
    values = np.column_stack([part.to_numpy(dtype=np.float64) for part in parts])
    _refuse_missing(values, log, contexts, grid)
    converged = np.ones(len(log)) if wide or "converged" not in log else log["converged"].fillna(1).to_numpy(dtype=np.float64)
    ordered = "step" in log and bool(log["step"].notna().all())
    keys = [converged, *values.T[::-1]] + ([log["step"].to_numpy(dtype=np.float64)] if ordered else [])
    order = np.lexsort(keys)
    values, converged = values[order], converged[order]
    m = contexts.shape[1]
    names, places = tuple(map(str, contexts.columns)), values[:, :m]
    if wide:
        by_size = np.argsort(arms)
        arms, table = arms[by_size], values[:, m:][:, by_size]
        if (np.diff(arms) == 0).any():
            raise BadQuery("grid", f"two columns are of omega {arms[1:][np.diff(arms) == 0][0]:g}")
        inside = _inside(arms, low, high)
        empty = np.empty(0)
        rows = Rows(names, places, arms[inside], empty, empty, empty.astype(bool), table[:, inside], ordered)
    else:
        inside = _inside(values[:, m], low, high)
        omega, cost = values[inside, m], values[inside, m + 1]
        rows = Rows(names, places[inside], np.unique(omega), omega, cost, converged[inside] == 0, None, ordered)
    if len(rows) < FEWEST:
        raise NotEnoughData(f"at least {FEWEST} solves with an omega in the range", found=len(rows) or "none")
    if len(rows.arms) < 2:
        raise DegenerateData("omega is the same in every solve", remedy="log solves with other values of omega, chosen at random")
    return rows, int((~inside).sum())


def sample(rows: Rows, most: int) -> Rows:
    """At most `most` of the rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, most).round().astype(np.int64))


def _require_columns(log: pd.DataFrame) -> None:
    if "cost" not in log:
        raise DegenerateData("no column is cost", remedy="name it: --cost COLUMN; or of a table of all omegas: --grid 'PREFIX*'")
    if "omega" not in log:
        remedy = "name it: --map omega=COLUMN; or of a table of all omegas: --grid 'PREFIX*'"
        raise DegenerateData("no column is omega", remedy=remedy)


def _refuse_missing(values: Array, log: pd.DataFrame, contexts: pd.DataFrame, grid: pd.DataFrame) -> None:
    columns = [f"contexts.{c}" for c in contexts] + ([f"grid.{c}" for c in grid] or ["omega", "cost"])
    m = contexts.shape[1]
    wrong = ~np.isfinite(values)
    wrong[:, m:] |= ~(values[:, m:] > 0)
    if wrong.any():
        i, j = (int(x) for x in np.argwhere(wrong)[0])
        expected = "a finite number" if j < m else "a finite number above 0"
        raise BadRow(row=int(log.index[i]), column=columns[j], value=float(values[i, j]), expected=expected)


def _omega_of(column: str) -> float:
    found = _OMEGA.search(column)
    if found is None or not 0 < float(found[1]) < 2:
        raise BadQuery("grid", f"the column {column!r} does not end in an omega between 0 and 2, as it_w1.05 does")
    return float(found[1])


def _inside(omega: Array, low: float | None, high: float | None) -> NDArray[np.bool_]:
    margin = 1e-9
    above = omega >= (-np.inf if low is None else low - margin)
    return np.asarray(above & (omega <= (np.inf if high is None else high + margin)))
