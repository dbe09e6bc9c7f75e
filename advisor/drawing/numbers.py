"""The numbers of a figure as rows, for whoever cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fits.figure import Band, Figure, Line, Points, Rule


class Row(NamedTuple):
    """One place of one layer; None is what it does not have."""

    label: str
    kind: str
    x: float | None
    y: float | None
    low: float | None = None
    high: float | None = None


def rows(figure: Figure) -> Iterator[Row]:
    """Every number that is drawn, layer by layer."""
    for layer in figure.layers:
        match layer:
            case Rule():
                yield Row(layer.label, layer.kind, *((layer.at, None) if layer.axis == "x" else (None, layer.at)))
            case Line():
                yield from (Row(layer.label, layer.kind, *place) for place in zip(layer.x, layer.y, strict=True))
            case Band():
                ends = zip(layer.x, layer.low, layer.high, strict=True)
                yield from (Row(layer.label, layer.kind, x, None, low, high) for x, low, high in ends)
            case Points():
                nothing = [None] * len(layer.x)
                places = zip(layer.x, layer.y, layer.low or nothing, layer.high or nothing, strict=True)
                yield from (Row(layer.label, layer.kind, *place) for place in places)
