"""The ranges that constraints of a single varying number leave: ``x <= 0.1`` is an end of the box, not a rule to be searched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fits.space.linear import Linear
from fits.space.model import Space
from fits.space.parameters import Float, Integer

NEAR = 1e-9  # of a step, by which rounding may miss it


class Narrowed(NamedTuple):
    """Least and largest number of each parameter that such constraints concern, and the constraints that are left."""

    ranges: dict[str, tuple[float, float]]
    others: list[Linear]


def narrowed(space: Space, constraints: Sequence[Linear]) -> Narrowed:
    """Read the constraints of a single varying number as ranges; one that leaves a number nothing stays with the others."""
    ranges: dict[str, tuple[float, float]] = {}
    others = []
    for item in constraints:
        name = _alone(space, item)
        its = space.parameters[name] if name else None
        if name is None or not isinstance(its, Float | Integer):
            others.append(item)
            continue
        low, high = ranges.get(name, (float(its.low), float(its.high)))
        weight = item.coefficients[name]
        rest = sum(w * float(space.fixed[other]) for other, w in item.coefficients.items() if other != name)
        end = (item.bound - rest) / weight
        if weight > 0.0 or item.sense == "==":
            high = min(high, end)
        if weight < 0.0 or item.sense == "==":
            low = max(low, end)
        low, high = _on_steps(its, low, high)
        if low <= high:
            ranges[name] = low, high
        else:
            others.append(item)
    return Narrowed(ranges, others)


def _alone(space: Space, constraint: Linear) -> str | None:
    """The only varying parameter of a constraint; None where there are more, or others that exist only sometimes."""
    free = [name for name in constraint.coefficients if name not in space.fixed]
    if len(free) != 1 or any(space.parameters[name].when for name in constraint.coefficients if name != free[0]):
        return None
    return free[0]


def _on_steps(its: Float | Integer, low: float, high: float) -> tuple[float, float]:
    """The outermost values of a number with steps between two others."""
    if not its.step or not math.isfinite(high - low):
        return low, high
    first, last = math.ceil((low - its.low) / its.step - NEAR), math.floor((high - its.low) / its.step + NEAR)
    return its.low + first * its.step, its.low + last * its.step
