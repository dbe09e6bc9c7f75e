"""When a column of a log is filled: the one other column, if any, whose values say it exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fits.space.parameters import Value


class Column:
    """The cells of a log's column; its name and number of rows.

    Attributes
    ----------
    cells : a value a row, None where empty or not a finite number; true and false as booleans where there is nothing else.
    filled : the cells that hold something.
    numbers : they as numbers, None where one of them is none.
    different : the values that occur.
    """

    def __init__(self, name: str, cells: Sequence[object]) -> None:
        self.name, self.rows = name, len(cells)
        self.cells = _typed([_plain(cell) for cell in cells])
        self.filled = [cell for cell in self.cells if cell is not None]
        self.numbers: list[float] | None = None
        if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in self.filled):
            self.numbers = [float(cell) for cell in self.filled]
        self.different = set(self.filled)


def explained(column: Column, parents: Sequence[Column]) -> dict[str, list[Value]]:
    """A parent and its values where `column` is filled, being empty where the parent is empty or has any other value.

    Nothing where it is never empty, or no parent says when. Of several parents the one with fewest values is taken.
    """
    if len(column.filled) == column.rows:
        return {}
    found: list[tuple[int, str, list[Value]]] = []
    for parent in parents:
        filled = {at for at, cell in zip(parent.cells, column.cells, strict=True) if cell is not None}
        empty = {at for at, cell in zip(parent.cells, column.cells, strict=True) if cell is None and at is not None}
        if empty and None not in filled and not filled & empty:  # some row has the parent alone: it is no sibling
            values: list[Value] = sorted((at for at in filled if at is not None), key=lambda at: (str(type(at)), at))
            whole = parent.numbers is not None
            found.append((len(parent.different), parent.name, [int(at) for at in values] if whole else values))
    return {parent: values for _, parent, values in sorted(found, key=lambda item: item[:2])[:1]}


def _plain(cell: object) -> Value | None:
    """A cell as a plain value: pandas has several kinds of empty cells, and NumPy its own numbers."""
    if cell is None or cell != cell or str(cell) in ("<NA>", "NaT"):
        return None
    if isinstance(cell, bool | str):
        return cell
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return str(cell)
    return number if math.isfinite(number) else None


def _typed(cells: list[Value | None]) -> list[Value | None]:
    """Cells of one kind: numbers, booleans, or text."""
    filled = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, bool) for cell in filled) or all(isinstance(cell, float) for cell in filled):
        return cells
    texts = [None if cell is None else str(cell) for cell in cells]
    words = [None if text is None or not text.strip() else text for text in texts]
    if all(word is None or word.strip().casefold() in ("true", "false") for word in words):
        return [None if word is None else word.strip().casefold() == "true" for word in words]
    return list(words)
