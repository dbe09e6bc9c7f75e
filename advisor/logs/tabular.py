"""Rows of a delimited table: fast while it is plain, then strictly; a trainer's wide or sparse table is known by its header."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

from advisor.errors import LogError
from advisor.logs.columns import Chosen
from advisor.logs.delimited import Chunk, Delimited
from advisor.logs.plain import Wanted
from advisor.logs.reading import Reading, Rows, rows_of

_BLANK = {"", "NA"}  # Keras writes NA for an epoch without validation


def read_delimited(table: Delimited, reading: Reading) -> Rows:
    from advisor.logs.wide import read_wide

    long = read_wide(table, reading.columns.wants)
    if long is not None:
        return rows_of(long, reading)
    sparse = is_sparse(table.names)
    chunks: Iterable[Chunk] | None = None
    try:
        chosen = reading.columns.choose(table.names)
    except LogError:
        if not sparse:
            raise
        chunks = list(table.chunks())  # a column without a value is no candidate, and only the whole log tells which those are
        chosen = reading.columns.choose(_filled(table.names, chunks))
    cells = reading.cells(chosen)
    at = [table.names.index(item.column) for item in chosen]
    lines, others = array("q"), 0
    if chunks is None:
        for values, places in table.plain([Wanted(i, item.rule.kind is not str) for i, item in zip(at, chosen, strict=True)]):
            lines.extend(places)
            for cell, column in zip(cells, values, strict=True):
                if cell.rule.kind is str:
                    cell.add_text(column, places)
                else:
                    cell.add_numbers(column, places, set())
        chunks = table.chunks()
    for chunk in chunks:
        records, places = _about(chunk, chosen, at) if sparse else chunk
        others += len(chunk.records) - len(records)
        lines.extend(places)
        for cell, i in zip(cells, at, strict=True):
            cell.add_text(list(map(itemgetter(i), records)), places)
    return Rows(chosen, cells, lines, others)


def is_sparse(names: Collection[str]) -> bool:
    """Whether a header is one of a trainer that leaves cells empty: of Lightning, of Keras, or of W&B's history."""
    names = set(names)
    return {"epoch", "step"} <= names or "_step" in names or any(f"val_{name}" in names for name in names)


def _filled(names: Sequence[str], chunks: Iterable[Chunk]) -> list[str]:
    filled = {i for chunk in chunks for record in chunk.records for i, text in enumerate(record) if text not in _BLANK}
    return [name for i, name in enumerate(names) if i in filled]


def _about(chunk: Chunk, chosen: Sequence[Chosen], at: Sequence[int]) -> Chunk:
    """The records that have the measured values, and those that have nothing else either: their emptiness is no design."""
    measured = [i for i, item in zip(at, chosen, strict=True) if item.rule.measured]
    required = {i for i, item in zip(at, chosen, strict=True) if not item.rule.optional}

    def is_about(record: list[str]) -> bool:
        if all(record[i] not in _BLANK for i in measured):
            return True
        return all(text in _BLANK for i, text in enumerate(record) if i not in required)

    kept = [(record, line) for record, line in zip(*chunk, strict=True) if is_about(record)]
    return Chunk([record for record, _ in kept], [line for _, line in kept])
