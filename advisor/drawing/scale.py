"""An axis as it is drawn: from where to where, where a number lies on it, and which numbers are written beside it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from advisor.tables import number
from fits.figure import AxisName, Figure, Layer, Rule

MARGIN = 0.04  # of the axis, beyond the outermost numbers
POWERS = 3  # an axis with so many powers of ten is marked at them alone
FACTOR = 2.5  # a logarithmic axis of a smaller ratio is marked like a linear one


class Tick(NamedTuple):
    """A number that is written beside the axis."""

    value: float
    label: str


@dataclass(frozen=True)
class Scale:
    """The part of an axis that is drawn."""

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, figure: Figure, axis: AxisName) -> Scale:
        """Wide enough for every layer, with a margin."""
        log = (figure.x if axis == "x" else figure.y).scale == "log"
        values = [value for layer in figure.layers for value in layer.along(axis)]
        if log:
            low, high = _widened([math.log10(value) for value in values])
            return cls(10.0 ** max(low, -307.0), 10.0 ** min(high, 308.0), log)
        largest = max(max(map(abs, values)), 1e-290) if any(values) else 1.0
        low, high = _widened([value / largest for value in values])  # so that no difference overflows
        if max(values) > min(values) >= 0.0:
            low = max(low, 0.0)
        return cls(max(low * largest, -sys.float_info.max), min(high * largest, sys.float_info.max), log)

    def place(self, value: float) -> float:
        """0 at the lower end, 1 at the upper; what lies beyond an end, as the last numbers that floats can hold, is put on it."""
        low, high, at = (math.log(x) if self.log else x / 2.0 for x in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def ticks(self, most: int) -> list[Tick]:
        """At most `most` round numbers: of a logarithmic axis powers of ten, where it has enough of them."""
        if self.log and self.high / self.low > FACTOR:
            values = _log_values(self.low, self.high, most)
            return [Tick(value, number(value)) for value in values]
        step = _step(self.low, self.high, most)
        if math.isinf(step):  # an axis from one end of the floats to the other
            return [Tick(0.0, "0")]
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [Tick(i * step, _label(i, step)) for i in range(first, last + 1)]


def placed(layer: Layer, x: Scale, y: Scale) -> Layer:
    """The layer with a place between 0 and 1 for each of its numbers."""
    if isinstance(layer, Rule):
        return layer.model_copy(update={"at": (x if layer.axis == "x" else y).place(layer.at)})
    lists = {name: values for name, values in layer if isinstance(values, list)}
    return layer.model_copy(update={name: list(map((x if name == "x" else y).place, lists[name])) for name in lists})


def _widened(values: list[float]) -> tuple[float, float]:
    """With the margin; what differs in the last digits only, or not at all, is given room to stand in."""
    low, high = min(values), max(values)
    size = max(abs(low), abs(high))
    margin = MARGIN * (high - low) if high - low > 1e-9 * size else 0.1 * size
    if size < 1e-9:
        margin = 1.0
    return low - margin, high + margin


def _step(low: float, high: float, most: int) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that gives no more ticks."""
    least = min((high / most - low / most) * (1.0 + 1e-9), sys.float_info.max)
    power = 10.0 ** math.floor(math.log10(least))
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= least), 10.0 * power)


def _label(count: int, step: float) -> str:
    """`count` steps in as many digits as tell the steps apart."""
    decimals = -math.floor(math.log10(step) + 1e-9)
    value = count * step
    if not count and decimals > 4:
        return "0"
    if count and not 1e-4 <= abs(value) < 1e7:
        digits = max(0, math.floor(math.log10(abs(value)) + 1e-9) + decimals)
        mantissa, _, power = f"{value:.{min(digits, 15)}e}".partition("e")
        return f"{mantissa}e{int(power)}"
    return f"{value:,.{max(0, decimals)}f}"


def _log_values(low: float, high: float, most: int) -> list[float]:
    bottom, top = math.log10(low), math.log10(high)
    powers = range(math.ceil(bottom - 1e-9), math.floor(top + 1e-9) + 1)
    if len(powers) >= POWERS:
        every = math.ceil(len(powers) / most)
        return [10.0**power for power in powers if power % every == 0]
    found: list[float] = []
    for factors in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        finer = _inside((f * 10.0**p for p in range(powers.start - 1, powers.stop + 1) for f in factors), low, high)
        if len(finer) > most and found:
            break
        found = finer[:most] if len(finer) > most else finer
    return found


def _inside(values: Iterable[float], low: float, high: float) -> list[float]:
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
