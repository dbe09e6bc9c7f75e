"""CSV, TSV and their like: find the delimiter, read strictly, in chunks of records with their line numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import Any, NamedTuple

from advisor.errors import LogError, NoRows
from advisor.logs.decode import lines
from advisor.logs.plain import Wanted, parse_plain

CHUNK = 20_000
PLAIN = 1 << 20  # characters taken at once while the table is plain
DELIMITERS = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a pipe"}  # a tie goes to the first


class Chunk(NamedTuple):
    """Records of the width of the header, and the line on which each starts."""

    records: list[list[str]]
    lines: Sequence[int]


class Delimited:
    """A delimited text: `names` is its header; `plain()` gives the rest as far as it is plain, `chunks()` what is left."""

    def __init__(self, first: str, rest: Iterator[str], source: str, *, growing: bool = False) -> None:
        self.source, self._growing = source, growing
        self.delimiter = sniff(first)

        # The header is a block of its own, so that the reader takes nothing beyond it.
        cut = 0 if '"' in first else first.find("\n") + 1
        self._blocks = chain([first[:cut], first[cut:]], rest)
        self._reader = csv.reader(lines(self._feed()), delimiter=self.delimiter, strict=True)
        self._plain_lines = 0  # lines that the reader has not seen
        self._end = 0  # the line on which the last record ended
        self.names = self._header()

    def _feed(self) -> Iterator[str]:
        while (block := next(self._blocks, None)) is not None:
            yield block

    def plain(self, wanted: Sequence[Wanted]) -> Iterator[tuple[list[Any], Sequence[int]]]:
        """The wanted columns and their lines, block by block, up to the first block that is not plain."""
        while block := self._gather():
            columns = parse_plain(block, self.delimiter, len(self.names), wanted)
            if columns is None:
                self._blocks = chain([block], self._blocks)
                return
            start, count = self._end + 1, len(columns[0])
            self._end += count
            self._plain_lines += count
            yield columns, range(start, start + count)

    def _gather(self) -> str:
        parts: list[str] = []
        size = 0
        while size < PLAIN and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            size += len(block)
        return "".join(parts)

    def chunks(self) -> Iterator[Chunk]:
        """The records, without the empty lines."""
        while True:
            records, start, error = self._take(CHUNK)
            if records:
                chunk = self._placed(records, start)
                self._check_widths(chunk)
                if chunk.records:
                    yield chunk
            if error is not None:
                raise error
            if not records:
                return

    def _take(self, count: int) -> tuple[list[list[str]], int, LogError | None]:
        """The next records, the line on which they start, and the error that ended them: earlier records go first."""
        records: list[list[str]] = []
        start = self._end + 1
        try:
            records.extend(islice(self._reader, count))  # what was read before an error stays in the list
        except csv.Error as error:
            self._end = start - 1 + sum(map(_height, records))
            if self._growing and "unexpected end of data" in str(error):
                return records, start, None  # a quote that the trainer has still to close
            return records, start, self._explain(str(error))
        self._end = self._reader.line_num + self._plain_lines
        return records, start, None

    def _placed(self, records: list[list[str]], start: int) -> Chunk:
        if self._end - start + 1 == len(records) and [] not in records:
            return Chunk(records, range(start, start + len(records)))
        kept, places, line = [], [], start
        for record in records:
            if record:  # an empty line is an empty record
                kept.append(record)
                places.append(line)
            line += _height(record)
        return Chunk(kept, places)

    def _header(self) -> list[str]:
        while True:
            records, line, error = self._take(1)
            if error is not None:
                raise error
            if not records:
                raise NoRows("the file is empty", source=self.source, advice="the first line names the columns")
            if records[0]:
                return self._checked_header(records[0], line)

    def _checked_header(self, names: list[str], line: int) -> list[str]:
        for position, name in enumerate(names, start=1):
            if not name.strip():
                advice = "name it, or delete it (a delimiter at the end of the line makes one)"
                if position == 1:
                    advice = "name it, or write the file without the index: pandas' to_csv(index=False)"
                raise LogError(f"column {position} has no name", source=self.source, line=line, advice=advice)
            if name in names[: position - 1]:
                raise LogError("two columns have this name", source=self.source, line=line, column=name, advice="rename one")
        return names

    def _check_widths(self, chunk: Chunk) -> None:
        width = len(self.names)
        if set(map(len, chunk.records)) <= {width}:
            return
        for record, line in zip(chunk.records, chunk.lines, strict=True):
            if len(record) != width:
                raise LogError(
                    f"has {len(record)} cells, where the header has {width} columns (split at {DELIMITERS[self.delimiter]})",
                    source=self.source,
                    line=line,
                    advice="complete the row; put quotes around a cell that holds the delimiter",
                )

    def _explain(self, error: str) -> LogError:
        line, last = self._end + 1, self._reader.line_num + self._plain_lines
        unclosed = f'close the quote that opens in the record on line {line}; inside quotes, write " as ""'
        if "unexpected end of data" in error:
            return LogError("a quote is never closed", source=self.source, line=line, advice=unclosed)
        if "field larger than" in error:
            problem = f"a cell is longer than {csv.field_size_limit()} characters"
            return LogError(problem, source=self.source, line=line, advice=unclosed)
        if "expected after" in error:
            return LogError("text follows a closing quote", source=self.source, line=last, advice=unclosed)
        return LogError(f"is not valid CSV: {error}", source=self.source, line=last, advice="write it with a CSV library")


def _height(record: list[str]) -> int:
    """How many lines a record takes: one, and one for every line that ends inside quotes."""
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in record)


def sniff(text: str) -> str:
    """The delimiter with which the header has most columns, preferring one with which the first rows are as wide."""
    sample = list(islice(StringIO(text[:65536], newline=""), 20))

    def rank(delimiter: str) -> tuple[bool, int]:
        try:
            widths = [len(record) for record in csv.reader(sample, delimiter=delimiter) if record]
        except csv.Error:
            return False, 0
        # The sample may end within a record.
        whole = widths[:-1] if len(widths) > 2 else widths
        width = widths[0] if widths else 0
        return width > 1 and set(whole) == {width}, width

    return max(DELIMITERS, key=rank)
