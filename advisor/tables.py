"""Draws tables for people: within the width of the terminal, without colour, and never reading a cell as markup."""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from advisor.text import printable
from fits.solver import Interval, Scalar

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Rows = Sequence[Mapping[str, Scalar]]


def cell(value: object) -> str:
    """A value as people read it: four significant digits, yes and no, a dash for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Interval):
        return f"{number(value.mean)}  ({interval(value)})"
    return printable(str(value))


def number(value: float) -> str:
    """Four significant digits: 3.43e6, 24,580, 0.001953; a whole number below ten million in full."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if float(value).is_integer() and abs(value) < 1e7:
        return f"{int(value):,}"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent < 7:
        mantissa, _, power = f"{value:.3e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    text = f"{round(value, 3 - exponent):,.{max(0, 3 - exponent)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval(value: Interval) -> str:
    return f"{number(value.low)} to {number(value.high)}"


def width() -> int:
    """The terminal's width, or COLUMNS, or 80 where neither is known."""
    return max(20, shutil.get_terminal_size((80, 24)).columns)


def unicode_output() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")


def vertical(pairs: Sequence[tuple[str, str]]) -> str:
    """Two columns without rules: a name and its value; long values wrap."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold", max_width=max(12, width() // 2))
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(_text(name), _text(value))
    return _draw(table)


def grid(rows: Rows, columns: Sequence[str] | None = None, *, title: str = "") -> str:
    """One line a row; where that is wider than the terminal, one block a row."""
    names = list(columns) if columns is not None else list(dict.fromkeys(key for row in rows for key in row))
    lines = [[cell(row.get(name)) for name in names] for row in rows]
    heading = [printable(title)] if title else []
    needed = sum(max(len(printable(name)), *(len(line[i]) for line in lines), 0) + 3 for i, name in enumerate(names))
    if needed > width() and _only_numbers_or_many(rows, names):
        blocks = [vertical(list(zip(names, line, strict=True))) for line in lines]
        return "\n".join([*heading, "\n\n".join(blocks)])
    return "\n".join([*heading, _grid(names, lines, _numeric(rows, names))])


def _grid(names: Sequence[str], lines: Sequence[Sequence[str]], numeric: Sequence[bool]) -> str:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if unicode_output() else box.ASCII2, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name, right in zip(names, numeric, strict=True):
        table.add_column(_text(name), justify="right" if right else "left", overflow="fold")
    for line in lines:
        table.add_row(*(_text(value) for value in line))
    return _draw(table)


def _numeric(rows: Rows, names: Sequence[str]) -> list[bool]:
    def is_number(value: Scalar) -> bool:
        return value is None or (isinstance(value, int | float) and not isinstance(value, bool))

    return [all(is_number(row.get(name)) for row in rows) for name in names]


def _only_numbers_or_many(rows: Rows, names: Sequence[str]) -> bool:
    """Prose can wrap inside its column; numbers cannot, and more columns than this leave nothing to wrap in."""
    return sum(_numeric(rows, names)) > 2 or len(names) * 12 > width()


def wrapped(text: str) -> str:
    """Prose, wrapped at the width of the terminal."""
    return _draw(_text(text))


def _text(text: str) -> RenderableType:
    from rich.text import Text

    return Text(printable(text))


def _draw(what: RenderableType) -> str:
    out = io.StringIO()
    _console(out).print(what)
    return "\n".join(line.rstrip() for line in out.getvalue().strip("\n").split("\n"))


def _console(out: io.StringIO) -> Console:
    from rich.console import Console

    return Console(file=out, width=width(), color_system=None, force_terminal=False, markup=False, emoji=False, highlight=False)
