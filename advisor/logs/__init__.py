"""Reading a log: any table a trainer writes, to checked columns named after their roles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from advisor.errors import LogError
from advisor.logs.columns import Chosen, Columns
from advisor.logs.decode import text_blocks
from advisor.logs.delimited import Delimited
from advisor.logs.jsonlines import read_objects
from advisor.logs.parquet import read_parquet
from advisor.logs.plain import Wanted
from advisor.logs.source import content, open_source
from advisor.logs.table import dropped_rows, to_frame
from advisor.logs.values import Cells

if TYPE_CHECKING:
    import pandas as pd

    from fits.solver import Caution, LogRow

__all__ = ["LogTable", "read_log"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_FAMILIES: Mapping[str, Sequence[str]] = MappingProxyType({})
_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}

_Read = tuple[list[Chosen], list[Cells], Sequence[int]]


@dataclass(frozen=True)
class LogTable:
    """A log that was read.

    Attributes
    ----------
    frame : columns under the names of their roles, families as "<field>.<column>"; the index "line" is the line in the file
        (of Parquet: the row, from 1).
    sha256 : of the bytes as they are stored.
    rows : rows in the log, with those dropped.
    dropped : rows dropped, because a measured value was empty or not finite.
    columns : column in the file, by role.
    warnings : what to know about the rows dropped.
    """

    frame: pd.DataFrame
    sha256: str
    rows: int
    dropped: int
    columns: dict[str, str]
    warnings: list[Caution]


def read_log(
    source: str,
    row_model: type[LogRow],
    *,
    mapping: Mapping[str, str] = _NOTHING,
    families: Mapping[str, Sequence[str]] = _NO_FAMILIES,
    encoding: str = "utf-8-sig",
    strict: bool = False,
) -> LogTable:
    """Read CSV, TSV, JSON lines or Parquet, plain or compressed, from a path or from stdin ("-").

    Raises `LogError` for whatever is wrong with the log, `UsageError` for a `mapping` or `families` that no log could satisfy.
    With `strict`, a measured value that is empty or not finite is an error too.
    """
    name = "stdin" if source == "-" else source
    columns = Columns(row_model, mapping, families, name)
    digest = hashlib.sha256()
    with open_source(source) as stream:
        blocks = content(stream, digest, name)
        head = b""
        for block in blocks:
            head += block
            if len(head) >= 4:
                break
        blocks = chain([head], blocks)
        if head.startswith(b"PAR1"):
            chosen, cells, count = read_parquet(b"".join(blocks), columns, name, strict)
            lines: Sequence[int] = range(1, count + 1)
        else:
            chosen, cells, lines = _read_text(blocks, columns, encoding, name, strict)
    if not len(lines):
        raise LogError("no data rows", source=name, advice="log at least one run")
    dropped, warnings = dropped_rows(cells, len(lines))
    frame = to_frame(chosen, cells, lines, dropped)
    return LogTable(frame, digest.hexdigest(), len(lines), len(dropped), {c.role: c.column for c in chosen}, warnings)


def _read_text(blocks: Iterator[bytes], columns: Columns, encoding: str, source: str, strict: bool) -> _Read:
    texts = text_blocks(blocks, encoding, source)
    first = ""
    for text in texts:  # skip what shows no format yet
        first += text
        if first.strip():
            break
    path = PurePath(source)
    suffix = PurePath(path.stem).suffix if path.suffix.lower() in _COMPRESSED else path.suffix
    start = first.lstrip()
    if start.startswith("{") or (start.startswith("[") and start[1:].lstrip().startswith("{")):
        return _read_json(chain([first], texts), columns, source, strict)
    if suffix.lower() in {".jsonl", ".ndjson"} and start:
        return _read_json(chain([first], texts), columns, source, strict)
    return _read_delimited(Delimited(first, texts, source), columns, strict)


def _read_json(texts: Iterator[str], columns: Columns, source: str, strict: bool) -> _Read:
    objects = read_objects(texts, source, columns.wants)
    chosen = columns.choose(list(objects.names))
    cells = [Cells(item.rule, source, item.column, strict) for item in chosen]
    for cell in cells:
        cell.add_text(objects.column(cell.column), objects.places)
    return chosen, cells, objects.places


def _read_delimited(table: Delimited, columns: Columns, strict: bool) -> _Read:
    from array import array

    chosen = columns.choose(table.names)
    cells = [Cells(item.rule, table.source, item.column, strict) for item in chosen]
    at = [itemgetter(table.names.index(item.column)) for item in chosen]
    lines = array("q")
    for values, places in table.plain([Wanted(table.names.index(item.column), item.rule.kind is not str) for item in chosen]):
        lines.extend(places)
        for cell, column in zip(cells, values, strict=True):
            if cell.rule.kind is str:
                cell.add_text(column, places)
            else:
                cell.add_numbers(column, places, set())
    for records, places in table.chunks():
        lines.extend(places)
        for cell, take in zip(cells, at, strict=True):
            cell.add_text(list(map(take, records)), places)
    return chosen, cells, lines
