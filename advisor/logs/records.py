"""Records: the table that every reader but those of CSV and Parquet makes of its file, before any column has a role."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from advisor.errors import LogError

Wanted = Callable[[str], bool]
Record = tuple[int, dict[str, object]]  # its line, and its values by column


@dataclass
class Records:
    """Records by column: only the columns that were wanted have cells. Values are text, as they stood in the file."""

    source: str
    places: list[int] = field(default_factory=list)  # line of each record
    names: dict[str, int] = field(default_factory=dict)  # every column, and the line where it was met first
    cells: dict[str, list[str]] = field(default_factory=dict)
    nested: dict[str, int] = field(default_factory=dict)  # first line where a column holds an array or object

    def column(self, name: str) -> list[str]:
        """The cells of a column; a record without it has an empty cell."""
        if name in self.nested:
            raise LogError(
                "holds an array or object",
                source=self.source,
                line=self.nested[name],
                column=name,
                advice="write the number itself under a key of its own",
            )
        cells = self.cells[name]
        return cells + [""] * (len(self.places) - len(cells))

    def add(self, line: int, pairs: Mapping[str, object], wanted: Wanted) -> None:
        """Take in one record."""
        for name, value in pairs.items():
            if name not in self.names:
                self.names[name] = line
                if wanted(name):
                    self.cells[name] = []
            if name in self.cells:
                if isinstance(value, dict | list):
                    self.nested.setdefault(name, line)
                cells = self.cells[name]
                cells.extend([""] * (len(self.places) - len(cells)))
                cells.append(_text(value))
        self.places.append(line)


def sparse_records(records: Iterable[Record], source: str, wanted: Wanted) -> Records:
    """Records of a trainer, where an empty value means that the record is about something else: it is left out."""
    table = Records(source)
    for line, pairs in records:
        table.add(line, {name: value for name, value in pairs.items() if value not in (None, "")}, wanted)
    return table


def merged(records: Iterable[Record], *, differing: Container[str] = ()) -> Iterator[Record]:
    """Join neighbouring records of the same "step" that do not contradict each other: one moment, logged in parts.

    So a learning rate logged with the training loss stands beside the evaluation of that step. Columns of `differing` may differ:
    the first record's value stays.
    """
    held: Record | None = None
    for line, pairs in records:
        if held is not None and _fit(held[1], pairs, differing):
            held = held[0], {**pairs, **held[1]}
            continue
        if held is not None:
            yield held
        held = line, pairs
    if held is not None:
        yield held


def _fit(first: Mapping[str, object], second: Mapping[str, object], differing: Container[str]) -> bool:
    if "step" not in first or "step" not in second:
        return False
    return all(first[name] == value for name, value in second.items() if name in first and name not in differing)


def _text(value: object) -> str:
    """A value as the text of a cell. Numbers are text already; null is an empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else "(nested)"
