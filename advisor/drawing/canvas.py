"""A grid of character cells to draw on: each holds two by four Braille dots, or where the output is not Unicode a single one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from fits.figure import AxisName

# https://www.unicode.org/charts/PDF/U2800.pdf: the bit of the dot in column x and row y of a cell
_BRAILLE = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
DASH = 6  # dots of a dashed line that are drawn, and then left out

Run = tuple[str, int | None]


class Canvas:
    """Coordinates run from 0 to 1, from left to right and from the bottom up. A colour is a terminal's number of it."""

    def __init__(self, width: int, height: int, *, braille: bool) -> None:
        self.width, self.height, self.braille = width, height, braille
        self._fine = (2 * width, 4 * height) if braille else (width, height)
        self._dots: dict[tuple[int, int], tuple[int, int]] = {}  # cell -> bits, colour
        self._signs: dict[tuple[int, int], tuple[str, int]] = {}
        self._back: dict[tuple[int, int], tuple[str, int]] = {}

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: int) -> None:
        """Shade what lies between `low` and `high`, in every cell whose middle does and at least one a column.

        A band within one of the same colour is darker.
        """
        import numpy as np

        light, dark = ("░", "▒") if self.braille else (":", "%")
        order = np.argsort(x, kind="stable")
        ends = [np.array(values)[order] for values in (x, low, high)]
        for column in range(self.width):
            at = (column + 0.5) / self.width
            if ends[0][0] <= at <= ends[0][-1]:
                bottom, top = (self._row(float(np.interp(at, ends[0], values))) for values in ends[1:])
                for row in range(top, bottom + 1):
                    within = self._back.get((column, row)) in ((light, colour), (dark, colour))
                    self._back[column, row] = (dark if within else light, colour)

    def rule(self, axis: AxisName, at: float, colour: int) -> None:
        """A line across, behind all others."""
        cells = [(self._column(at), row) for row in range(self.height)]
        if axis == "y":
            cells = [(column, self._row(at)) for column in range(self.width)]
        self._back.update(dict.fromkeys(cells, (self.rule_sign(axis), colour)))

    def rule_sign(self, axis: AxisName) -> str:
        """What a rule is made of."""
        vertical, horizontal = "┊┈" if self.braille else "|-"
        return vertical if axis == "x" else horizontal

    def line(self, x: Sequence[float], y: Sequence[float], colour: int, *, steps: bool = False, dashed: bool = False) -> None:
        """Join the points, straight or by steps."""
        fine = [(u * (self._fine[0] - 1), (1.0 - v) * (self._fine[1] - 1)) for u, v in zip(x, y, strict=True)]
        corners = fine[:1]
        for (_, before), (u, v) in pairwise(fine):
            corners += [(u, before), (u, v)] if steps else [(u, v)]
        drawn = 0
        for (u0, v0), (u1, v1) in pairwise(corners if len(corners) > 1 else corners * 2):
            count = max(1, round(max(abs(u1 - u0), abs(v1 - v0))))
            for i in range(count + 1):
                if not dashed or drawn // DASH % 2 == 0:
                    self._dot(round(u0 + (u1 - u0) * i / count), round(v0 + (v1 - v0) * i / count), colour)
                drawn += i < count

    def tag(self, points: Iterable[tuple[float, float]], letter: str, colour: int) -> None:
        """Put a letter on the first of the points with room for it."""
        for u, v in points:
            cell = self._column(u), self._row(v)
            if all((cell[0] + shift, cell[1]) not in self._signs for shift in (-1, 0, 1)):
                self._signs[cell] = letter, colour
                return

    def points(self, x: Sequence[float], y: Sequence[float], sign: str, colour: int, *, behind: bool = False) -> None:
        """A sign at each point, in front of all lines or behind them."""
        into = self._back if behind else self._signs
        into.update({(self._column(u), self._row(v)): (sign, colour) for u, v in zip(x, y, strict=True)})

    def rows(self) -> list[list[Run]]:
        """The text from the top down, as runs of one colour."""
        cells = [[self._cell(column, row) for column in range(self.width)] for row in range(self.height)]
        return [[("".join(text for text, _ in run), colour) for colour, run in groupby(row, lambda cell: cell[1])] for row in cells]

    def _cell(self, column: int, row: int) -> Run:
        at = column, row
        if at in self._signs:
            return self._signs[at]
        if at in self._dots:
            bits, colour = self._dots[at]
            return chr(_BRAILLE + bits) if self.braille else ".", colour
        return self._back.get(at, (" ", None))

    def _dot(self, u: int, v: int, colour: int) -> None:
        at, bit = (u, v), 1
        if self.braille:
            at, bit = (u // 2, v // 4), _BITS[u % 2][v % 4]
        self._dots[at] = self._dots.get(at, (0, colour))[0] | bit, colour

    def _column(self, u: float) -> int:
        return min(self.width - 1, int(u * self.width))

    def _row(self, v: float) -> int:
        return min(self.height - 1, int((1.0 - v) * self.height))
