"""From a log to the runs of a fit: batch in tokens, which (N, D) cell a run is in, how far it lies above the cell's best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fits.solver import BadRow, Caution, DegenerateData, NotEnoughData
from fits.step_law.schema import Cell, Options

if TYPE_CHECKING:
    import pandas as pd

DIVERGED = 30.0  # per cent above the cell's lowest loss; of the released runs 9 % lie there, at losses of 6 to 11


def prepare(log: pd.DataFrame, options: Options) -> pd.DataFrame:
    """One row a run, in an order that does not depend on the log's: N, D, lr, batch, loss, cell, z (per cent above the lowest).

    Raises
    ------
    NotEnoughData
        No rows.
    DegenerateData
        A batch in sequences without a sequence length, or `active` without active parameters.
    BadRow
        A batch larger than the whole training.
    """
    import pandas as pd

    if log.empty:
        raise NotEnoughData("at least 2 cells (different N, D) with runs", found="no usable row")
    size = "active_params" if options.active else "params"
    if options.active and ("active_params" not in log or log["active_params"].isna().any()):
        raise DegenerateData("some runs have no active_params", remedy="log them for every run, or scale with the total")
    runs = pd.DataFrame(
        {"N": log[size], "D": log["tokens"], "lr": log["lr"], "batch": _batch_tokens(log, options), "loss": log["loss"]}
    )
    too_large = runs["batch"] > runs["D"]
    if too_large.any():
        at = int(np.flatnonzero(too_large)[0])
        column = "batch_tokens" if "batch_tokens" in log else "batch_sequences"
        raise BadRow(
            row=int(log.index[at]),
            column=column,
            value=float(log[column].to_numpy()[at]),
            expected="a batch smaller than all training tokens",
        )
    runs = runs.astype(float).sort_values(["N", "D", "lr", "batch", "loss"], kind="stable").reset_index(drop=True)
    groups = runs.groupby(["N", "D"])
    runs["cell"] = groups.ngroup()
    runs["z"] = 100.0 * np.log(runs["loss"] / groups["loss"].transform("min"))
    return runs


def _batch_tokens(log: pd.DataFrame, options: Options) -> pd.Series[float]:
    if "batch_tokens" in log and log["batch_tokens"].notna().all():
        return log["batch_tokens"]
    if "batch_sequences" not in log or log["batch_sequences"].isna().any():
        raise DegenerateData("some runs have no batch size", remedy="log batch_tokens or batch_sequences for every run")
    if "seq_len" in log and log["seq_len"].notna().all():
        return log["batch_sequences"] * log["seq_len"]
    if options.seq_len is None:
        raise DegenerateData(
            "the batch is given in sequences, and nothing tells the sequence length",
            remedy="give --seq-len, or log a column seq_len",
        )
    return log["batch_sequences"] * options.seq_len


def require_cells(runs: pd.DataFrame, least: int) -> None:
    """Raise unless there are `least` cells and both learning rate and batch vary within them."""
    count = runs["cell"].nunique()
    if count < least:
        raise NotEnoughData(f"at least {least} cells (different N, D)", found=count)
    varied = runs.groupby("cell")[["lr", "batch"]].nunique().max()
    for column, name in (("lr", "learning rate"), ("batch", "batch size")):
        if varied[column] < 2:
            raise DegenerateData(
                f"the {name} is the same in all runs of every cell", remedy=f"log runs of one (N, D) with different {name}s"
            )
    if len(runs) < 6 + count:
        raise NotEnoughData(f"at least {6 + count} runs for {count} cells", found=len(runs))


def describe(runs: pd.DataFrame, window: float) -> list[Cell]:
    """The cells, with their best run, whether it lies at the edge of what was tried, and whether the loss is convex around it."""
    return [_cell(group, window) for _, group in runs.groupby("cell")]


def _cell(group: pd.DataFrame, window: float) -> Cell:
    near = group[group["z"] <= window]
    best = group.iloc[int(np.argmin(group["loss"].to_numpy()))]
    edge = []
    for column, name in (("lr", "learning rate"), ("batch", "batch size")):
        if group[column].nunique() > 1 and best[column] in (group[column].min(), group[column].max()):
            edge.append(f"{'lowest' if best[column] == group[column].min() else 'highest'} {name}")
    return Cell(
        params=float(best["N"]),
        tokens=float(best["D"]),
        runs=len(group),
        used=len(near),
        lowest_loss=float(best["loss"]),
        best_lr=float(best["lr"]),
        best_batch_tokens=float(best["batch"]),
        at_edge=edge,
        convex=_convex(near),
    )


def _convex(near: pd.DataFrame) -> bool | None:
    """Whether a quadratic in (ln LR, ln B) through the runs near the best has a minimum; None with too few runs to tell."""
    if len(near) < 9 or near["lr"].nunique() < 3 or near["batch"].nunique() < 3:
        return None
    u, v = (np.log(near[c].to_numpy()) for c in ("lr", "batch"))
    u, v = u - u.mean(), v - v.mean()
    design = np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    *_, uu, uv, vv = np.linalg.lstsq(design, near["z"].to_numpy(), rcond=None)[0]
    return bool(uu > 0 and 4 * uu * vv > uv * uv)


def cautions(cells: list[Cell], log: pd.DataFrame) -> list[Caution]:
    """What is doubtful about the log as a whole."""
    found = []
    edges = [cell for cell in cells if cell.at_edge]
    if edges:
        first = edges[0]
        place = f"N = {first.params:.3g}, D = {first.tokens:.3g}: {' and '.join(first.at_edge)}"
        found.append(
            Caution(
                code="edge-optimum", message=f"{len(edges)} of {len(cells)} cells are best at the edge of what was tried ({place})"
            )
        )
    bent = sum(cell.convex is False for cell in cells)
    if bent:
        found.append(
            Caution(code="non-convex", message=f"in {bent} of {len(cells)} cells the loss has no bowl around the best run")
        )
    if "schedule" in log and log["schedule"].nunique() > 1:
        names = ", ".join(sorted(str(name) for name in log["schedule"].dropna().unique())[:4])
        found.append(Caution(code="mixed-schedules", message=f"the log mixes learning-rate schedules ({names}); their laws differ"))
    return found
