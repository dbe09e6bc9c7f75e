"""Figures thinned out to what an eye can tell apart, so that no picture or page is too heavy to open."""

from __future__ import annotations

from typing import Any

import numpy as np

from fits.figure import Figure, Layer

MOST = 5_000  # values of one layer: four for each dot across a picture


def thinned(figure: Figure) -> Figure:
    """The figure with at most about `MOST` values a layer; the caption says so where some were left out."""
    kept = [_thinned(layer, log=figure.x.scale == "log") for layer in figure.layers]
    if all(a is b for a, b in zip(kept, figure.layers, strict=True)):
        return figure
    note = f"Of a series of more than {MOST:,} values so many are drawn, with its extremes."
    return figure.model_copy(update={"layers": kept, "caption": f"{figure.caption} {note}".strip()})


def _thinned(layer: Layer, *, log: bool) -> Layer:
    """Values chosen evenly, over a logarithmic axis evenly in the logarithm of their place, and the extremes of each list."""
    if layer.kind == "rule" or len(layer.x) <= MOST:
        return layer
    lists: dict[str, list[float]] = {name: value for name, value in layer if isinstance(value, list)}
    last = len(layer.x) - 1
    steps = np.geomspace(1, last + 1, MOST) - 1 if log else np.linspace(0, last, MOST)
    kept = set(steps.round().astype(int).tolist())
    for values in lists.values():
        kept |= {values.index(min(values)), values.index(max(values))}
    chosen = sorted(kept)
    fewer: dict[str, Any] = {name: [values[i] for i in chosen] for name, values in lists.items()}
    return layer.model_copy(update=fewer)
