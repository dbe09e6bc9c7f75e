"""What a reader is given, and what it hands on: the chosen columns of a log as checked cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.logs.columns import Chosen, Columns
from advisor.logs.records import Records
from advisor.logs.values import Cells


@dataclass(frozen=True)
class Reading:
    """A log that is being read, and how it is to be read."""

    columns: Columns
    source: str
    encoding: str
    strict: bool
    growing: bool

    def cells(self, chosen: Sequence[Chosen]) -> list[Cells]:
        """A collector of checked cells for each column."""
        return [Cells(item.rule, self.source, item.column, self.strict) for item in chosen]


@dataclass(frozen=True)
class Rows:
    """The chosen columns, their cells, the line of each row, and how many records were about something else."""

    chosen: list[Chosen]
    cells: list[Cells]
    lines: Sequence[int]
    others: int = 0


def rows_of(records: Records, reading: Reading) -> Rows:
    """Records of a trainer: those without a measured value are about something else."""
    if not records.places:
        return Rows([], [], [])
    chosen = reading.columns.choose(list(records.names))
    columns = [records.column(item.column) for item in chosen]
    measured = [texts for item, texts in zip(chosen, columns, strict=True) if item.rule.measured]
    kept = [i for i in range(len(records.places)) if all(texts[i] for texts in measured)]
    lines = [records.places[i] for i in kept]
    cells = reading.cells(chosen)
    for cell, texts in zip(cells, columns, strict=True):
        cell.add_text([texts[i] for i in kept], lines)
    return Rows(chosen, cells, lines, len(records.places) - len(kept))
