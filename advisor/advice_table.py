"""Advice as people read it: what to do, what to expect, why, and whatever else a solver has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.tables import cell, grid, interval, vertical, wrapped
from fits.solver import Advice, Interval, Scalar

MOST_ROWS = 20


def advice_text(advice: Sequence[Advice]) -> str:
    """One advice in full; several as one row each."""
    if len(advice) == 1:
        return _one(advice[0])
    if not advice:
        return "no advice"
    told = [name for name in _own_fields(advice[0]) if any(getattr(item, name, None) is not None for item in advice)]
    labels = [name for name in told if all(_is_label(getattr(item, name, None)) for item in advice)]
    reasons = dict.fromkeys(item.why for item in advice)
    return "\n\n".join([grid([_row(item, labels) for item in advice]), "\n".join(wrapped(why) for why in reasons)])


def _row(item: Advice, labels: Sequence[str]) -> dict[str, Scalar]:
    notes = {name: getattr(item, name) for name in labels}
    return {**notes, **item.config, **{f"expected {name}": value.mean for name, value in item.expected.items()}}


def _is_label(value: object) -> bool:
    """A number or a name, not prose: prose would push the numbers off the row."""
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 20)


def _one(item: Advice) -> str:
    values: list[Mapping[str, Scalar]] = []
    for name, value in item.config.items():
        range_ = item.intervals.get(name)
        values.append({"try": name, "value": cell(value), **_interval(range_)})
    for name, range_ in item.expected.items():
        values.append({"try": f"expected {name}", "value": cell(range_.mean), **_interval(range_)})
    columns = ["try", "value", *dict.fromkeys(key for row in values for key in row if key not in ("try", "value"))]
    blank: dict[str, Scalar] = dict.fromkeys(columns, "")
    parts = [grid([{**blank, **row} for row in values], columns), wrapped(item.why)]
    notes = [(name, cell(value)) for name, value in _flat(_own_fields(item)) if value is not None]
    if notes:
        parts.append(vertical(notes))
    parts += [_beginning(name, rows) for name, rows in item.tables.items() if rows]
    return "\n\n".join(parts)


def _beginning(name: str, rows: Sequence[Mapping[str, Scalar]]) -> str:
    """A table; of a long one the first rows, and how to get the rest."""
    shown = grid(rows[:MOST_ROWS], title=name)
    more = len(rows) - MOST_ROWS
    return f"{shown}\n{more} more: --table {name}" if more > 0 else shown


def _interval(range_: Interval | None) -> dict[str, Scalar]:
    return {} if range_ is None else {f"{range_.level:.0%} interval": interval(range_)}


def _own_fields(item: Advice) -> dict[str, Any]:
    """The fields that a solver added to `Advice`."""
    return {name: getattr(item, name) for name in type(item).model_fields if name not in Advice.model_fields}


def _flat(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Nested models, lists and dictionaries as ``plateau.lr_low`` style names."""
    if isinstance(value, Interval):
        return [(name, value)]
    if hasattr(value, "model_dump"):
        value = {key: getattr(value, key) for key in type(value).model_fields}
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list | tuple):
        if all(isinstance(inner, str | int | float) for inner in value):
            return [(name, ", ".join(cell(inner) for inner in value) or None)]
        return [pair for number, inner in enumerate(value, start=1) for pair in _flat(inner, f"{name}.{number}")]
    return [(name, value)]
