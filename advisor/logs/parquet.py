"""Parquet: columns come typed, so only their values are left to check."""

from __future__ import annotations

from typing import Any

from advisor.errors import LogError
from advisor.logs.columns import Chosen, Columns
from advisor.logs.values import Cells


def read_parquet(data: bytes, columns: Columns, source: str, strict: bool) -> tuple[list[Chosen], list[Cells], int]:
    """The chosen columns of a Parquet file, their cells, and the number of rows; rows count from 1."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise LogError("reading Parquet needs pyarrow", source=source, advice="pip install 'advisor-fits[parquet]'") from None
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = file.schema_arrow.names
        doubled = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if doubled is not None:
            raise LogError("two columns have this name", source=source, column=doubled, advice="rename one")
        chosen = columns.choose(names)
        positions = {name: i for i, name in enumerate(names)}
        kinds = file.schema_arrow
        for item in chosen:
            if pa.types.is_nested(kinds.field(positions[item.column]).type):
                raise LogError("holds lists or structs", source=source, column=item.column, advice="write one number a row")
        table = file.read(columns=[item.column for item in chosen])
        cells = [_cells(item, table.column(item.column), source, strict) for item in chosen]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise LogError(f"is not a readable Parquet file: {error}", source=source, advice="write the file again") from None
    return chosen, cells, int(file.metadata.num_rows)


def _cells(item: Chosen, values: Any, source: str, strict: bool) -> Cells:
    import numpy as np
    import pyarrow as pa

    cells = Cells(item.rule, source, item.column, strict)
    lines = range(1, len(values) + 1)
    kind = values.type
    if item.rule.kind is not str and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        empty = set(np.flatnonzero(values.is_null().to_numpy()).tolist())
        cells.add_numbers(values.cast(pa.float64(), safe=False).to_numpy().astype(np.float64), lines, empty)
    else:
        cells.add_text([_text(value) for value in values.to_pylist()], lines)
    return cells


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
