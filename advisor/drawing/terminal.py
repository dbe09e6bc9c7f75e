"""A figure in the terminal: lines in Braille dots, points as signs, and a key that needs no colour."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_letters

from rich.cells import cell_len

from advisor.drawing.canvas import Canvas
from advisor.drawing.colours import colours
from advisor.drawing.scale import Scale, Tick, placed
from advisor.drawing.words import fitted, named
from advisor.render import on_terminal
from advisor.tables import unicode_output, width, wrapped
from fits.figure import Band, Figure, Line, Points, Rule

WIDEST = 100
HEIGHT = 16
SIGNS = "•○▲□◆×"
ASCII_SIGNS = "*o^#@%"
BACK_TO_FRONT = ("band", "rule", "line", "points")


def plots(figures: Sequence[Figure]) -> str:
    """The figures one below the other, within the width of the terminal."""
    return "\n\n".join(_Plot(figure, colourful()).text() for figure in figures)


def colourful() -> bool:
    """Whether colours are wanted: on a terminal that has some, unless NO_COLOR is set (https://no-color.org)."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass
class _Plot:
    """One figure that is being drawn."""

    figure: Figure
    colour: bool
    key: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        x, y = Scale.of(self.figure, "x"), Scale.of(self.figure, "y")
        y_ticks = y.ticks(HEIGHT // 3)
        margin = max((len(tick.label) for tick in y_ticks), default=0)
        canvas = Canvas(max(10, min(WIDEST, width()) - margin - 2), HEIGHT, braille=unicode_output())
        self._draw(canvas, x, y)
        lines = [self._styled(line, "1") for line in wrapped(self.figure.title).split("\n")]
        lines.append(fitted(self.figure.y.text, width()))
        lines += self._body(canvas, y, y_ticks, margin)
        lines += self._below(canvas, x, margin)
        lines += [f" {sign} {self._label(label)}" for label, sign in self.key.items() if label]
        rules = [layer for layer in self.figure.layers if isinstance(layer, Rule) and layer.label]
        lines += [f" {canvas.rule_sign(rule.axis)} {self._label(named(rule))}" for rule in rules]
        if self.figure.caption:
            lines += [self._styled(line, "2") for line in wrapped(self.figure.caption).split("\n")]
        return "\n".join(line.rstrip() for line in lines)

    def _draw(self, canvas: Canvas, x: Scale, y: Scale) -> None:
        """Put all layers on the canvas, and what stands for them into the key."""
        paint = colours(self.figure)
        lines = dict.fromkeys(layer.label for layer in self.figure.layers if layer.kind == "line" and layer.label)
        letters = dict(zip(lines, ascii_letters * len(lines), strict=False)) if len(lines) > 1 else {}
        points = dict.fromkeys(layer.label for layer in self.figure.layers if layer.kind == "points" and layer.label)
        signs = dict(zip(points, (SIGNS if canvas.braille else ASCII_SIGNS) * len(points), strict=False))
        for layer in sorted(self.figure.layers, key=lambda layer: BACK_TO_FRONT.index(layer.kind)):
            colour = paint[layer.label].terminal
            sign = ""
            match placed(layer, x, y):
                case Band() as at:
                    canvas.band(at.x, at.low, at.high, colour)
                    sign = "░" if canvas.braille else ":"
                case Rule() as at:
                    canvas.rule(at.axis, at.at, colour)
                case Line() as at:
                    canvas.line(at.x, at.y, colour, steps=at.steps, dashed=at.dashed)
                    sign = letters.get(layer.label, "⠒" if canvas.braille else ".")
                    if layer.label in letters:
                        canvas.tag(_where_to_name(at), sign, colour)
                case Points() as at:
                    for place, bottom, top in zip(at.x, at.low or [], at.high or [], strict=False):
                        canvas.line([place] * 2, [bottom, top], colour)
                    sign = signs.get(layer.label, "·" if canvas.braille else "'")
                    canvas.points(at.x, at.y, sign, colour, behind=not layer.label)
            shown = self.key.get(layer.label, "")
            if sign and self._painted(sign, colour) not in shown:
                self.key[layer.label] = self._painted(sign, colour) + shown

    def _body(self, canvas: Canvas, y: Scale, ticks: Sequence[Tick], margin: int) -> list[str]:
        marks = {min(HEIGHT - 1, int((1.0 - y.place(tick.value)) * HEIGHT)): tick.label for tick in ticks}
        tick_edge, edge = "┤│" if canvas.braille else "+|"
        return [
            f"{marks.get(i, ''):>{margin}} {tick_edge if i in marks else edge}"
            + "".join(text if colour is None else self._painted(text, colour) for text, colour in row)
            for i, row in enumerate(canvas.rows())
        ]

    def _below(self, canvas: Canvas, x: Scale, margin: int) -> list[str]:
        """The horizontal axis: its line with ticks, their numbers, and what it measures."""
        line = ["─" if canvas.braille else "-"] * canvas.width
        numbers = [" "] * canvas.width
        for tick in x.ticks(max(2, canvas.width // 11)):
            column = min(canvas.width - 1, int(x.place(tick.value) * canvas.width))
            line[column] = "┬" if canvas.braille else "+"
            start = max(0, min(column - len(tick.label) // 2, len(numbers) - len(tick.label)))
            if all(cell == " " for cell in numbers[max(0, start - 1) : start + len(tick.label) + 1]):
                numbers[start : start + len(tick.label)] = tick.label
        blank = " " * (margin + 1)
        corner, name = "└" if canvas.braille else "+", fitted(self.figure.x.text, canvas.width)
        centred = " " * ((canvas.width - cell_len(name)) // 2) + name
        return [f"{blank}{corner}{''.join(line)}", f"{blank} {''.join(numbers)}", f"{blank} {centred}"]

    def _label(self, label: str) -> str:
        return fitted(label, max(10, width() - 8))

    def _painted(self, text: str, colour: int) -> str:
        return self._styled(text, f"38;5;{colour}")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour else text


def _where_to_name(line: Line) -> list[tuple[float, float]]:
    """The places on a line where its name tells it from others, the best first: its end, or of a histogram its peak."""
    places = list(zip(line.x, line.y, strict=True))[::-1]
    return sorted(places, key=lambda place: -place[1]) if line.steps else places
