"""The fast way through a plain block of a table: no quotes, nothing but ASCII, every row as wide as the header.

Any block that is not so, or in which a number does not parse, is left to the strict reader, which finds the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any, NamedTuple


class Wanted(NamedTuple):
    """A column to take: its position in the row, and whether it holds numbers."""

    position: int
    number: bool


def parse_plain(block: str, delimiter: str, width: int, wanted: Sequence[Wanted]) -> list[Any] | None:
    """The wanted columns, float64 or lists of text; None where the block is not plain."""
    import numpy as np
    import pandas as pd

    if '"' in block or "\r" in block or not block.isascii() or not block.endswith("\n"):
        return None
    data = np.frombuffer(block.encode("ascii"), dtype=np.uint8)
    ends = np.flatnonzero(data == 10)
    delimiters = np.searchsorted(np.flatnonzero(data == ord(delimiter)), ends)
    if width < 2 or not np.array_equal(delimiters, (width - 1) * np.arange(1, len(ends) + 1)):
        return None
    try:
        table = pd.read_csv(
            StringIO(block),
            sep=delimiter,
            header=None,
            usecols=sorted(column.position for column in wanted),
            dtype={column.position: np.float64 if column.number else object for column in wanted},
            quoting=3,  # csv.QUOTE_NONE
            na_filter=False,
            skip_blank_lines=False,
        )
    except ValueError:
        return None
    columns = [table[c.position].to_numpy() if c.number else table[c.position].tolist() for c in wanted]
    if len(table) != len(ends) or not all(np.isfinite(c).all() for c, w in zip(columns, wanted, strict=True) if w.number):
        return None
    return columns
