"""From checked cells to the frame: drop the rows without an outcome, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.logs.columns import Chosen
from advisor.logs.values import Cells
from advisor.text import shorten

if TYPE_CHECKING:
    import pandas as pd

    from fits.solver import Caution

_LISTED = 5


def dropped_rows(cells: Sequence[Cells], rows: int) -> tuple[set[int], list[Caution]]:
    """The positions of the rows that must go, and the warning that tells of them."""
    from fits.solver import Caution

    dropped = {position for cell in cells for position in cell.dropped}
    if not dropped:
        return dropped, []
    reasons = "; ".join(f"{shorten(cell.column)} is {_reasons(cell.dropped)}" for cell in cells if cell.dropped)
    verb = "row" if rows == 1 else "rows"
    return dropped, [Caution(code="dropped-rows", message=f"{len(dropped)} of {rows} {verb} dropped: {reasons}")]


def _reasons(dropped: dict[int, tuple[int, str]]) -> str:
    parts = []
    for reason in dict.fromkeys(why for _, why in dropped.values()):
        lines = [line for line, why in dropped.values() if why == reason]
        listed = ", ".join(map(str, lines[:_LISTED]))
        more = f" and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
        parts.append(f"{reason} ({'line' if len(lines) == 1 else 'lines'} {listed}{more})")
    return ", ".join(parts)


def other_records(count: int, chosen: Sequence[Chosen]) -> list[Caution]:
    """The notice of records that say nothing about what is measured, such as a training loss beside the evaluations."""
    from fits.solver import Caution

    if not count:
        return []
    measured = " and ".join(shorten(item.column) for item in chosen if item.rule.measured)
    records = "1 record holds" if count == 1 else f"{count} records hold"
    return [Caution(code="other-records", message=f"{records} other values and no {measured}: passed over")]


def to_frame(chosen: Sequence[Chosen], cells: Sequence[Cells], lines: Sequence[int], dropped: set[int]) -> pd.DataFrame:
    """The rows that stay, under the names of their roles.

    The index "line" is the line; where lines do not tell the rows apart, the index "row" counts them from 1.
    """
    import numpy as np
    import pandas as pd

    places = np.asarray(lines, dtype=np.int64)
    name = "line"
    if not (np.diff(places) > 0).all():
        name, places = "row", np.arange(1, len(places) + 1)
    keep = None
    if dropped:
        keep = np.ones(len(places), dtype=bool)
        keep[list(dropped)] = False
    index = pd.Index(places if keep is None else places[keep], name=name)
    series = {}
    for item, cell in zip(chosen, cells, strict=True):
        values = cell.result()
        cell.parts.clear()  # a million rows should not be held twice
        values = values if keep is None else values[keep]
        if item.rule.kind is int and not np.isnan(values).any():
            values = values.astype(np.int64)
        # Without a dtype pandas would turn text into its own string type, and None into NaN.
        series[item.role] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    frame = pd.DataFrame(series, index=index)
    frame.attrs["columns"] = {item.role: item.column for item in chosen}
    return frame
