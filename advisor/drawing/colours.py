"""Colours that every eye tells apart, one for each thing that a figure names."""

from __future__ import annotations

from typing import NamedTuple

from fits.figure import Figure


class Colour(NamedTuple):
    """A colour on a page, and the nearest of a terminal's 256."""

    hex: str
    terminal: int


# Okabe and Ito's palette (https://jfly.uni-koeln.de/color), without its yellow and black: they vanish on white and on dark.
PALETTE = (
    Colour("#0072b2", 32),
    Colour("#d55e00", 166),
    Colour("#009e73", 36),
    Colour("#cc79a7", 175),
    Colour("#e69f00", 178),
    Colour("#56b4e9", 74),
)
GREY = Colour("#8a8a8a", 245)


def colours(figure: Figure) -> dict[str, Colour]:
    """The colour of each label; layers without one are grey, and so are rules that belong to no other layer."""
    labels = dict.fromkeys(layer.label for layer in figure.layers if layer.label and layer.kind != "rule")
    found = {label: PALETTE[i % len(PALETTE)] for i, label in enumerate(labels)}
    return {**{layer.label: GREY for layer in figure.layers}, **found}
