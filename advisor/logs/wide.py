"""Tables with a column a run or a column a step, made long: the W&B export and Optuna's data frame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisor.logs.delimited import Delimited
from advisor.logs.records import Record, Records, Wanted, sparse_records

_STEP = re.compile(r"intermediate_values_(-?\d+)")


def read_wide(table: Delimited, wanted: Wanted) -> Records | None:
    """The long form of a table that is known to be wide by its header, else None."""
    runs = _runs(table.names)
    if runs:
        return sparse_records(_wandb(table, runs), table.source, wanted)
    if {"number", "state"} <= set(table.names) and any(map(_STEP.fullmatch, table.names)):
        return sparse_records(_optuna(table), table.source, wanted)
    return None


def _runs(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Position of each metric's column by run, in W&B's "run - metric" with "run - metric__MIN" and "run - metric__MAX"."""
    runs: dict[str, dict[str, int]] = {}
    known = set(names)
    for position, name in enumerate(names):
        run, dash, metric = name.rpartition(" - ")
        if dash and {f"{name}__MIN", f"{name}__MAX"} <= known:
            runs.setdefault(run, {})[metric] = position
    return runs


def _wandb(table: Delimited, runs: dict[str, dict[str, int]]) -> Iterator[Record]:
    """One record a run and line; the first column is the axis of the chart. A run without a value at a line has no record."""
    axis = table.names[0]
    for record, line in _rows(table):
        for run, metrics in runs.items():
            values = {metric: record[position] for metric, position in metrics.items() if record[position]}
            if values:
                yield line, {"run": run, axis: record[0], **values}


def _optuna(table: Delimited) -> Iterator[Record]:
    """One record a trial and step, with the trial's state and parameters. An empty cell is a step that was not reported."""
    steps = {position: match[1] for position, name in enumerate(table.names) if (match := _STEP.fullmatch(name))}
    kept = {p: name for p, name in enumerate(table.names) if name == "state" or name.startswith(("params_", "user_attrs_"))}
    number = table.names.index("number")
    for record, line in _rows(table):
        trial = {"trial": record[number], **{name: record[position] for position, name in kept.items()}}
        for position, step in steps.items():
            if record[position]:
                yield line, {**trial, "step": step, "intermediate_value": record[position]}


def _rows(table: Delimited) -> Iterator[tuple[list[str], int]]:
    for records, lines in table.chunks():
        yield from zip(records, lines, strict=True)
