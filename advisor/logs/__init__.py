"""Reading a log: any table a trainer writes, to checked columns named after their roles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from advisor.errors import NoRows
from advisor.logs.columns import Columns
from advisor.logs.formats import read_binary, read_folder, read_text
from advisor.logs.reading import Reading, Rows
from advisor.logs.source import content, open_source
from advisor.logs.table import dropped_rows, other_records, to_frame

if TYPE_CHECKING:
    import pandas as pd

    from fits.solver import Caution, LogRow

__all__ = ["LogTable", "read_log", "read_logs"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_FAMILIES: Mapping[str, Sequence[str]] = MappingProxyType({})
_HEAD = 16  # bytes that tell a binary format


@dataclass(frozen=True)
class LogTable:
    """A log that was read.

    Attributes
    ----------
    frame : columns under the names of their roles, families as "<field>.<column>"; the index "line" is the line in the file
        (of a file without lines: the row, from 1). Where lines do not tell the rows apart, the index is "row", which counts them.
    sha256 : of the bytes as they are stored.
    rows : rows in the log, with those dropped.
    dropped : rows dropped, because a measured value was empty or not finite.
    columns : column in the file, by role.
    warnings : what to know about the rows dropped.
    places : for each file its name and the line of each of its rows, dropped or not, in order.
    """

    frame: pd.DataFrame
    sha256: str
    rows: int
    dropped: int
    columns: dict[str, str]
    warnings: list[Caution]
    places: Sequence[tuple[str, Sequence[int]]]

    def place(self, label: int) -> tuple[str, int]:
        """File and line of the row that has this label in the index of `frame`."""
        source, position = self.places[0][0], label - 1
        if self.frame.index.name == "line":
            return source, label
        for name, its in self.places:
            if position < len(its):
                return name, its[position]
            position -= len(its)
        return source, label


def read_log(
    source: str,
    row_model: type[LogRow],
    *,
    mapping: Mapping[str, str] = _NOTHING,
    families: Mapping[str, Sequence[str]] = _NO_FAMILIES,
    encoding: str = "utf-8-sig",
    strict: bool = False,
    growing: bool = False,
    empty: bool = False,
) -> LogTable:
    """Read a log of any known format, plain or compressed, from a path or from stdin ("-").

    Raises `LogError` for whatever is wrong with the log, `UsageError` for a `mapping` or `families` that no log could satisfy.
    With `strict`, a measured value that is empty or not finite is an error too. With `growing`, the log is still being written:
    a last record that is not complete is passed over. With `empty`, a log without rows is none the worse for it.
    """
    name = "stdin" if source == "-" else source
    reading = Reading(Columns(row_model, mapping, families, name), name, encoding, strict, growing)
    digest = hashlib.sha256()
    rows = read_folder(reading, digest) if source != "-" else None
    if rows is None:
        with open_source(source) as stream:
            rows = _read(content(stream, digest, name, growing=growing), reading)
    if not len(rows.lines):
        if rows.others:
            column = next(item.column for item in rows.chosen if item.rule.measured)
            raise NoRows("no record has a value here", source=name, column=column, advice="name another column with --map")
        if not empty:
            raise NoRows("no data rows", source=name, advice="log at least one run")
    dropped, warnings = dropped_rows(rows.cells, len(rows.lines))
    warnings += other_records(rows.others, rows.chosen)
    frame = to_frame(rows.chosen, rows.cells, rows.lines, dropped)
    columns = {item.role: item.column for item in rows.chosen}
    return LogTable(frame, digest.hexdigest(), len(rows.lines), len(dropped), columns, warnings, [(name, rows.lines)])


def _read(blocks: Iterator[bytes], reading: Reading) -> Rows:
    head = b""
    for block in blocks:
        head += block
        if len(head) >= _HEAD:
            break
    blocks = chain([head], blocks)
    return read_binary(head, blocks, reading) or read_text(blocks, reading)


def read_logs(
    sources: Sequence[str],
    row_model: type[LogRow],
    *,
    mapping: Mapping[str, str] = _NOTHING,
    families: Mapping[str, Sequence[str]] = _NO_FAMILIES,
    encoding: str = "utf-8-sig",
    strict: bool = False,
    growing: bool = False,
    empty: bool = False,
) -> LogTable:
    """Read one log or several, one below the other; `read_log` tells the rest.

    Of several, the index "row" counts the rows, dropped or not, through all files, and a role that is marked as the source and
    that no column of a file fills is filled with the shortest name that tells the file from the others. The digest is that of
    the files' digests.
    """
    from advisor.logs.several import joined

    def one(source: str) -> LogTable:
        return read_log(
            source, row_model, mapping=mapping, families=families, encoding=encoding, strict=strict, growing=growing, empty=empty
        )

    return one(sources[0]) if len(sources) == 1 else joined(sources, row_model, one)
