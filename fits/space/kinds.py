"""The kind, scale and range of a parameter, guessed from the values that a log's column has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fits.space.columns import Column
from fits.space.parameters import LARGEST, Boolean, Categorical, Float, Integer, Ordinal, Parameter, Value

FEW = 12  # different numbers up to which they can have been a list of choices
WIDE = 100.0  # ratio of the largest to the smallest positive value from which a scale can be logarithmic


def kind_of(column: Column) -> tuple[Parameter, str] | str:
    """The parameter that a column holds and the sentence for it, or why there is none."""
    if column.numbers is None:
        if all(isinstance(value, bool) for value in column.filled):
            return Boolean(), "true or false"
        choices: list[Value] = sorted(column.different, key=_natural)
        return Categorical(choices=choices), f"one of {_listed(choices)}"
    values = sorted(set(column.numbers))
    low, high = values[0], values[-1]
    if math.isinf(high - low):
        return "left out: its numbers lie too far apart"
    often = 2 * len(values) <= len(column.numbers)
    few = len(values) <= FEW and often
    whole = all(value == math.floor(value) for value in values) and max(-low, high) <= LARGEST
    if whole and len(values) <= FEW and high - low + 1 > 2 * len(values) and (often or _near_geometric(values)):
        return Ordinal(choices=[int(value) for value in values]), f"one of {_listed([int(value) for value in values])}, in order"
    log = _logarithmic(column.numbers, values)
    scale = ", logarithmic" if log else ""
    if whole:
        return Integer(low=int(low), high=int(high), log=log), f"integer from {int(low)} to {int(high)}{scale}"
    if few and low == 0 and len(values) > 3 and (values[-1] / values[1] >= WIDE or _near_geometric(values[1:])):
        return Ordinal(choices=list(values)), f"one of {_listed(values)}, in order (a logarithmic scale has no 0)"
    seen = f" (the log has only {_listed(values)})" if few else ""
    return Float(low=low, high=high, log=log), f"float from {low:g} to {high:g}{scale}{seen}"


def _logarithmic(numbers: Sequence[float], values: Sequence[float]) -> bool:
    """Whether positive numbers, of which `values` are the different ones in order, spread over a logarithmic scale.

    The smallest of n uniform numbers is about 1/n of the largest, so a wide ratio tells only where it is much wider than that;
    else the scale in whose middle the median lies is taken.
    """
    low, high = values[0], values[-1]
    if low <= 0:
        return False
    ratio = math.exp(min(math.log(high) - math.log(low), 700.0))
    if len(values) <= FEW and _near_geometric(values):
        return True
    if ratio < WIDE:
        return False
    if ratio >= 10 * len(values):
        return True
    middle = sorted(numbers)[len(numbers) // 2]
    on_log = math.log(middle / low) / math.log(ratio)
    return abs(on_log - 0.5) < abs((middle - low) / (high - low) - 0.5)


def _near_geometric(values: Sequence[float]) -> bool:
    """Whether ascending positive values such as 1, 2, 5, 10 grow by about the same factor, and not by about the same step."""
    if len(values) < 3 or values[0] <= 0 or math.log(values[-1]) - math.log(values[0]) < math.log(4.0) - 1e-9:
        return False
    factors = [math.log(b) - math.log(a) for a, b in pairwise(values)]
    steps = [b - a for a, b in pairwise(values)]
    return max(factors) <= 1.7 * min(factors) and max(factors) / min(factors) < max(steps) / min(steps)


def _natural(value: Value) -> tuple[float, str]:
    """Numbers first, in their order, then text."""
    try:
        number = float(value)
    except ValueError:
        return math.inf, str(value)
    return (number if math.isfinite(number) else math.inf), str(value)


def said(value: Value) -> str:
    """A value as a sentence has it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(values: Sequence[Value]) -> str:
    if len(values) <= FEW:
        return ", ".join(map(said, values))
    return f"{', '.join(map(said, values[:5]))} and {len(values) - 5} more"
