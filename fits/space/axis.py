"""One free parameter as one dimension of a vector: its values as positions, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from fits.space.model import expected, holds
from fits.space.parameters import MOST_VALUES, Categorical, Float, Integer, Kind, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


ROUNDING = 1e-16  # of a position


class Axis:
    """A parameter's dimension: level indices of a categorical one, else positions in [0, 1].

    Parameters
    ----------
    reach : the least and the largest number that constraints leave; None: all of the range.

    Attributes
    ----------
    levels : number of levels of a categorical parameter, else 0.
    step : between the values of a number that has only some; 0 where it has all.
    values : all values of a parameter that has few, in the order of their positions; None of the others.
    grid : the positions of `values`; None of a categorical parameter and of one with many values.
    low, high : the first and the last position within `reach`.
    filler : the position of a parameter that does not exist: the middle, or level 0.
    """

    def __init__(self, name: str, parameter: Kind, reach: tuple[float, float] | None = None) -> None:
        import numpy as np

        self.name, self.parameter = name, parameter
        self.levels = len(parameter.choices) if isinstance(parameter, Categorical) else 0
        self.step = float(parameter.step or 0.0) if isinstance(parameter, Float | Integer) else 0.0
        self.values = self._values()
        self.grid: Array | None = None
        if self.values is not None and not self.levels:
            self.grid = self._grid(self.values)
        self.low, self.high = (0.0, float(self.levels - 1) if self.levels else 1.0) if reach is None else self._within(*reach)
        self.filler = 0.0 if self.levels else float(self.round(np.array([(self.low + self.high) / 2.0]))[0])

    @property
    def numeric(self) -> bool:
        """Whether the parameter's values are numbers."""
        return isinstance(self.parameter, Float | Integer)

    @property
    def straight(self) -> bool:
        """Whether a number is a linear function of its position."""
        return isinstance(self.parameter, Float | Integer) and not self.parameter.log

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers on a linear scale."""
        return isinstance(self.parameter, Integer) and not self.parameter.log

    @property
    def span(self) -> float:
        """The range of a number."""
        return float(self._its.high - self._its.low)

    @property
    def steps(self) -> int:
        """How many steps a number can be above its lower bound; 0 of one without steps."""
        its = self._its
        return math.floor((its.high - its.low) / self.step * (1.0 + 1e-12)) if self.step else 0

    @property
    def few(self) -> Array | None:
        """All positions within reach, ascending; None where they are many."""
        import numpy as np

        if self.low == self.high:
            return np.array([self.low])
        if self.levels:
            return np.arange(float(self.levels))
        if self.grid is not None:
            return self.grid[(self.grid >= self.low) & (self.grid <= self.high)]
        first, last = self.numbers(np.array([self.low, self.high])) if self.step else (0.0, math.inf)
        if last - first >= MOST_VALUES * self.step:
            return None
        return self.place(first + np.arange(round((last - first) / self.step) + 1) * self.step)

    def holds(self, value: object) -> bool:
        """Whether the parameter can have this value."""
        return holds(self.parameter, value)

    def expected(self) -> str:
        """In words, what `holds` asks for."""
        return expected(self.parameter)

    def positions(self, values: Sequence[Value]) -> Array:
        """Where values, all of which the parameter holds, lie."""
        import numpy as np

        if isinstance(self.parameter, Float | Integer):
            return self.place(np.array(values, dtype=float))
        order = {(choice, isinstance(choice, bool)): i for i, choice in enumerate(self.parameter.choices)}
        index = np.array([order[value, isinstance(value, bool)] for value in values], dtype=np.int64)
        return index.astype(float) if self.grid is None else self.grid[index]

    def numbers(self, at: Array) -> Array:
        """The numbers of a numeric parameter at positions."""
        import numpy as np

        if self.values is not None and self.grid is not None:
            return np.array(self.values, dtype=float)[self._nearest(at)]
        low, high, at = float(self._its.low), float(self._its.high), np.clip(at, 0.0, 1.0)
        found = np.exp(math.log(low) + at * (math.log(high) - math.log(low))) if self._its.log else low + at * (high - low)
        if self.step:
            found = low + np.minimum(np.rint((found - low) / self.step), self.steps) * self.step
        return np.clip(found, low, high)

    def decoded(self, at: Array) -> list[Value]:
        """The values at positions."""
        import numpy as np

        if self.levels:
            assert self.values is not None
            return [self.values[i] for i in np.clip(np.rint(at), 0, self.levels - 1).astype(int)]
        if self.values is not None:
            return [self.values[i] for i in self._nearest(at)]
        found = self.numbers(at)
        if isinstance(self.parameter, Integer):
            return [int(value) for value in found]
        return [self._tidy(value) for value in found.tolist()] if self.step else found.tolist()

    def round(self, at: Array) -> Array:
        """The nearest positions that values have."""
        import numpy as np

        if self.levels:
            return np.clip(np.rint(at), 0, self.levels - 1)
        if self.grid is not None:
            return self.grid[self._nearest(at)]
        return self.place(self.numbers(at)) if self.step else np.clip(at, 0.0, 1.0)

    def spread(self, u: Array) -> Array:
        """Positions within reach for uniform numbers in [0, 1): each value of few as often, on a logarithmic scale each ratio."""
        import numpy as np

        if isinstance(self.parameter, Integer) and self.parameter.log:  # the ends get as much room as the others
            low, high = self.numbers(np.array([self.low, self.high]))
            spread = np.exp(math.log(low - 0.5) + u * (math.log(high + 0.5) - math.log(low - 0.5)))
            return self.round(self.place(np.clip(np.rint(spread), low, high)))
        if self.values is None:
            return self.round(self.low + u * (self.high - self.low))
        if self.grid is None:
            return np.minimum(np.floor(u * self.levels), self.levels - 1.0)
        first, last = self._nearest(np.array([self.low, self.high]))
        found: Array = self.grid[np.minimum(first + (u * (last - first + 1)).astype(np.int64), last)]
        return found

    def beside(self, at: float) -> list[float]:
        """The positions one step away: all other levels, or the values just below and just above."""
        import numpy as np

        if self.levels:
            return [float(i) for i in range(self.levels) if i != round(at)]
        if self.grid is not None:
            i = int(self._nearest(np.array([at]))[0])
            return [float(self.grid[j]) for j in (i - 1, i + 1) if 0 <= j < len(self.grid)]
        if not self.step:
            return []
        low = float(self._its.low)
        i = round((float(self.numbers(np.array([at]))[0]) - low) / self.step)
        return [float(self.place(np.array([low + j * self.step]))[0]) for j in (i - 1, i + 1) if 0 <= j <= self.steps]

    def place(self, numbers: Array) -> Array:
        """The positions of numbers, which need not be values."""
        import numpy as np

        low, high = float(self._its.low), float(self._its.high)
        if self._its.log:
            return np.clip((np.log(numbers) - math.log(low)) / (math.log(high) - math.log(low)), 0.0, 1.0)
        return np.clip((numbers - low) / (high - low), 0.0, 1.0)

    @property
    def _its(self) -> Float | Integer:
        return cast("Float | Integer", self.parameter)

    def _within(self, low: float, high: float) -> tuple[float, float]:
        """The positions of two numbers, which are values, or where rounding puts one beyond its number a little inside."""
        import numpy as np

        ends, inward = self.round(self.place(np.array([low, high]))), np.zeros(2)
        while not self.step and inward.sum() < ends[1] - ends[0]:
            first, last = self.numbers(ends + np.array([inward[0], -inward[1]]))
            beyond = np.array([first < low, last > high])
            if not beyond.any():
                return float(ends[0] + inward[0]), float(ends[1] - inward[1])
            inward[beyond] = np.maximum(2.0 * inward[beyond], ROUNDING)
        return float(ends[0]), float(ends[1])

    def _values(self) -> list[Value] | None:
        """All values of a parameter that has few."""
        if not isinstance(self.parameter, Float | Integer):
            return list(self.parameter.choices)
        if not self.step or self.steps >= MOST_VALUES:
            return None
        if isinstance(self.parameter, Integer):
            return list(range(self.parameter.low, self.parameter.high + 1, self.parameter.step))
        return [self._tidy(self.parameter.low + i * self.step) for i in range(self.steps + 1)]

    def _tidy(self, number: float) -> float:
        """0.3 rather than 0.30000000000000004."""
        return min(max(float(f"{number:.15g}"), float(self._its.low)), float(self._its.high))

    def _grid(self, values: Sequence[Value]) -> Array:
        import numpy as np

        if self.numeric:
            return self.place(np.array(values, dtype=float))
        return np.linspace(0.0, 1.0, len(values)) if len(values) > 1 else np.array([0.5])

    def _nearest(self, at: Array) -> NDArray[np.int64]:
        import numpy as np

        assert self.grid is not None
        if len(self.grid) == 1:
            return np.zeros(len(at), dtype=np.int64)
        upper = np.clip(np.searchsorted(self.grid, at), 1, len(self.grid) - 1)
        return np.where(at - self.grid[upper - 1] <= self.grid[upper] - at, upper - 1, upper).astype(np.int64)
