"""One figure on the axes of matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np

from advisor.drawing.colours import Colour, colours
from advisor.drawing.scale import Scale, placed
from advisor.drawing.words import fitted, named
from fits.figure import Band, Figure, Layer, Line, Points, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICKS = 7
APART = 0.06  # of the height: how far apart names stand beside the axes
NEAR = 0.02  # of the width: lines that end so near to each other end at the same x
MOST_NAMES = 15  # in a key
LINE_HEIGHT = 11  # points
SMALL: dict[str, Any] = {"fontsize": 8, "alpha": 0.8, "annotation_clip": False}
CHARACTER = 0.013  # of the width of the axes, roughly
LONGEST = 32  # columns of a name in the picture; the table below has it in full


class End(NamedTuple):
    """Where a line or a rule ends, its label, and the name to write there."""

    y: float
    x: float
    label: str
    text: str


def draw(axes: Axes, figure: Figure, *, title: str, caption: str) -> None:
    """Draw `figure`, with a title above and a caption below where they are given.

    The axes run from 0 to 1, whatever the figure's are: matplotlib fails where a range is beyond what floats can hold.
    """
    x, y = Scale.of(figure, "x"), Scale.of(figure, "y")
    _axes(axes, figure, x, y)
    paint = colours(figure)
    layers = [placed(layer, x, y) for layer in figure.layers]
    most = max((len(layer.x) for layer in layers if isinstance(layer, Points)), default=0)
    for depth, layer in enumerate(layers):
        _layer(axes, layer, paint[layer.label], depth, dot=min(26.0, max(7.0, 800.0 / max(most, 1))))
    texts = [fitted(named(layer) if isinstance(layer, Rule) else layer.label, LONGEST) for layer in figure.layers]
    ends = _ends(layers, texts)
    if ends is None:
        _key(axes, layers, texts, paint)
    else:
        _name_ends(axes, ends, paint)
    lines = _name_vertical_rules(axes, layers, texts)
    if title:
        axes.set_title(fitted(title, 60), loc="left", fontsize=11, fontweight="bold", pad=8 + LINE_HEIGHT * lines)
    if caption:
        axes.annotate(caption, (0, 0), (0, -38), "axes fraction", "offset points", va="top", **SMALL)


def _axes(axes: Axes, figure: Figure, x: Scale, y: Scale) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=fitted(figure.x.text, 70), ylabel=fitted(figure.y.text, 40))
    for its, scale in ((axes.xaxis, x), (axes.yaxis, y)):
        ticks = scale.ticks(TICKS)
        its.set_ticks([scale.place(tick.value) for tick in ticks], [tick.label for tick in ticks])
    axes.grid(color=axes.spines["left"].get_edgecolor(), alpha=0.12, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _layer(axes: Axes, layer: Layer, colour: Colour, depth: int, dot: float) -> None:
    its: dict[str, Any] = {"color": colour.hex, "zorder": 2 + 0.01 * depth}
    match layer:
        case Band():
            axes.fill_between(layer.x, layer.low, layer.high, alpha=0.18, linewidth=0, **its)
        case Line():
            style = "--" if layer.dashed else "-"
            axes.plot(layer.x, layer.y, linestyle=style, drawstyle="steps-post" if layer.steps else "default", linewidth=1.8, **its)
        case Points():
            if layer.low is not None and layer.high is not None:
                axes.vlines(layer.x, layer.low, layer.high, linewidth=1.0, **its)
            axes.scatter(layer.x, layer.y, s=dot, alpha=0.9 if layer.label else 0.45, linewidths=0, clip_on=False, **its)
        case Rule(axis="x"):
            axes.axvline(layer.at, linestyle=":", linewidth=1.4, **its)
        case Rule():
            axes.axhline(layer.at, linestyle=":", linewidth=1.4, **its)


def _ends(layers: Sequence[Layer], texts: Sequence[str]) -> list[End] | None:
    """Where each line and horizontal rule ends at the right; None where that gives not all a name, or there are too many."""
    lines: dict[str, End] = {}
    rules: list[End] = []
    for layer, text in zip(layers, texts, strict=True):
        if isinstance(layer, Line) and layer.label and layer.x and not layer.steps:
            x, y = max(zip(layer.x, layer.y, strict=True))
            if layer.label not in lines or x >= lines[layer.label].x:
                lines[layer.label] = End(y, x, layer.label, text)
        elif isinstance(layer, Rule) and layer.axis == "y" and layer.label:
            rules.append(End(layer.at, 1.0, layer.label, text))
    furthest = max((end.x for end in lines.values()), default=0.0)
    labels = {layer.label for layer in layers if layer.label and not isinstance(layer, Rule)}
    if labels != lines.keys() or any(end.x < furthest - NEAR for end in lines.values()):
        return None
    ends = sorted([*lines.values(), *rules])
    return ends if len(ends) * APART <= 1.0 else None


def _name_ends(axes: Axes, ends: Sequence[End], paint: Mapping[str, Colour]) -> None:
    """Write the names beside the axes, as near to the ends as they can stand without hiding each other."""
    from scipy.optimize import isotonic_regression

    if not ends:
        return
    shifts = APART * np.arange(len(ends))
    heights = isotonic_regression([end.y for end in ends] - shifts).x.clip(0.0, 1.0 - shifts[-1]) + shifts
    for end, height in zip(ends, heights, strict=True):
        colour = paint[end.label].hex
        axes.annotate("", (end.x, end.y), (1.015, height), "axes fraction", arrowprops={"arrowstyle": "-", "color": colour})
        axes.annotate(end.text, (1.02, height), xycoords="axes fraction", va="center", annotation_clip=False)


def _key(axes: Axes, layers: Sequence[Layer], texts: Sequence[str], paint: Mapping[str, Colour]) -> None:
    """What each colour is, beside the axes, where it hides nothing."""
    from matplotlib.lines import Line2D

    looks: dict[str, set[str]] = {}
    shown: dict[str, str] = {}
    for layer, text in zip(layers, texts, strict=True):
        if layer.label and not _is_vertical(layer):
            looks.setdefault(layer.label, set()).add(_look(layer))
            shown.setdefault(layer.label, text)
    handles = []
    for label in list(looks)[:MOST_NAMES]:
        look = next((look for look in ("o", "-", "--", ":") if look in looks[label]), "-")
        style: dict[str, Any] = {"marker": "o", "linestyle": ""} if look == "o" else {"linestyle": look}
        handles.append(Line2D([], [], color=paint[label].hex, markersize=5, label=shown[label], **style))
    if len(looks) > len(handles):
        handles.append(Line2D([], [], linestyle="", label=f"and {len(looks) - len(handles)} more"))
    if handles:
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _look(layer: Layer) -> str:
    """The style of matplotlib that stands for the layer in the key."""
    match layer:
        case Points():
            return "o"
        case Rule():
            return ":"
        case Line(dashed=True):
            return "--"
        case Line():
            return "-"
        case Band():
            return ""


def _name_vertical_rules(axes: Axes, layers: Sequence[Layer], texts: Sequence[str]) -> int:
    """Write the names above the axes, in as many lines as it takes to hide none. Returns their number."""
    ends: list[float] = []  # of the text in each line
    rules = [(layer.at, text) for layer, text in zip(layers, texts, strict=True) if _is_vertical(layer) and layer.label]
    for at, text in sorted(rules):
        half = 0.5 * CHARACTER * len(text)
        middle = min(max(at, half), 1.0 - half)
        line = next((i for i, end in enumerate(ends) if end < middle - half), len(ends))
        ends[line : line + 1] = [middle + half]
        where = (0, 2 + LINE_HEIGHT * line)
        axes.annotate(text, (middle, 1), where, "axes fraction", "offset points", ha="center", **SMALL)
    return len(ends)


def _is_vertical(layer: Layer) -> TypeGuard[Rule]:
    return isinstance(layer, Rule) and layer.axis == "x"
