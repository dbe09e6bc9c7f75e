"""Several logs as one: their rows one below the other, each file told apart by a short name."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from advisor.errors import LogError, UsageError
from advisor.logs.columns import normal
from fits.solver import Caution, LogRow

if TYPE_CHECKING:
    import pandas as pd

    from advisor.logs import LogTable


def joined(sources: Sequence[str], row_model: type[LogRow], read: Callable[[str], LogTable]) -> LogTable:
    """Read each of `sources` with `read`, and put their rows together; `read_logs` tells what the table holds."""
    import pandas as pd

    from advisor.logs import LogTable

    doubled = next((source for source, times in Counter(sources).items() if times > 1), None)
    if doubled is not None:
        raise UsageError(f"the log {doubled} is given twice", advice="name each log once")
    tables = [read(source) for source in sources]
    columns = _columns(tables, row_model)
    source_role = next((name for name, field in row_model.model_fields.items() if _marked(field, "source")), None)
    frames, start = [], 0
    for name, table in zip(short_names([table.places[0][0] for table in tables]), tables, strict=True):
        frames.append(_numbered(table, start))
        if source_role is not None and source_role not in table.columns:
            frames[-1][source_role] = pd.Series(name, index=frames[-1].index, dtype=object)
        start += table.rows
    order = {name: i for i, name in enumerate(row_model.model_fields)}
    frame = pd.concat([_without_attrs(frame) for frame in frames])
    frame = frame[sorted(frame.columns, key=lambda column: order[str(column).partition(".")[0]])]
    frame.attrs["columns"] = columns
    return LogTable(
        frame,
        hashlib.sha256("".join(table.sha256 for table in tables).encode()).hexdigest(),
        start,
        sum(table.dropped for table in tables),
        columns,
        [
            Caution(code=warning.code, message=f"{table.places[0][0]}: {warning.message}")
            for table in tables
            for warning in table.warnings
        ],
        [place for table in tables for place in table.places],
    )


def short_names(sources: Sequence[str]) -> list[str]:
    """The fewest parts at the end of each path that tell it from the others, without those parts that all have in common.

    Three runs of ``runs/*/metrics.csv`` are named by their folders.
    """
    paths = [PurePath(source).parts for source in sources]
    longest = max(map(len, paths))
    tails = paths
    for length in range(1, longest + 1):
        tails = [parts[-length:] for parts in paths]
        if len(set(tails)) == len(tails):
            break
    while min(map(len, tails)) > 1 and len({tail[-1] for tail in tails}) == 1:
        tails = [tail[:-1] for tail in tails]
    return ["/".join(tail) for tail in tails]


def _numbered(table: LogTable, start: int) -> pd.DataFrame:
    """The frame of one log with the numbers of its rows, counted from `start` + 1, as its index "row"."""
    import numpy as np
    import pandas as pd

    labels = table.frame.index.to_numpy()
    positions = np.searchsorted(np.asarray(table.places[0][1]), labels) + 1 if table.frame.index.name == "line" else labels
    return table.frame.set_axis(pd.Index(start + positions, name="row"))


def _without_attrs(frame: pd.DataFrame) -> pd.DataFrame:
    """`pandas.concat` compares the attrs of frames, which are of no use any more."""
    frame.attrs = {}
    return frame


def _columns(tables: Sequence[LogTable], row_model: type[LogRow]) -> dict[str, str]:
    """The column of each role, of the first log that has it. What is measured must be the same thing in all of them."""
    columns: dict[str, str] = {}
    for table in tables:
        source = table.places[0][0]
        for role, column in table.columns.items():
            first = columns.setdefault(role, column)
            if (
                normal(first) != normal(column)
                and role in row_model.model_fields
                and _marked(row_model.model_fields[role], "measured")
            ):
                problem = f"{role} is this column here, but {first} in {tables[0].places[0][0]}"
                advice = f'say which column all of them have: --map {role}="COLUMN"'
                raise LogError(problem, source=source, column=column, advice=advice)
    return columns


def _marked(field: Any, mark: str) -> bool:
    extra: Mapping[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return bool(extra.get(mark))
