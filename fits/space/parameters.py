"""The kinds of parameters: what values one can have, and when it exists at all."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from fits.solver import Model
from fits.space.errors import shown


def plain(value: object) -> object:
    """A scalar of NumPy as Python's own, anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _as_value(value: object) -> object:
    value = plain(value)
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"must be text, a number, true or false (found {shown(value)})")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be finite (found {value})")
    return value


def _as_number(value: object) -> object:
    """Refuse what pydantic would take for a number."""
    value = plain(value)
    if isinstance(value, bool | str | bytes):
        raise ValueError(f"must be a number (found {str(value).lower() if isinstance(value, bool) else shown(value)})")
    return value


Value = Annotated[bool | int | float | str, BeforeValidator(_as_value)]
Number = Annotated[float, BeforeValidator(_as_number)]
Whole = Annotated[int, BeforeValidator(_as_number)]
MOST_VALUES = 1000  # of a stepped parameter that is searched value by value
MOST_STEPS = 1e9  # beyond it, positions in float64 no longer tell the steps apart
LARGEST = 10**13  # beyond it, logarithmic positions in float64 no longer tell whole numbers apart


class _Parameter(Model):
    when: dict[str, Annotated[list[Value], Field(min_length=1)]] = Field(
        default_factory=dict, description="Exists only where each parameter named here has one of these values"
    )


class Float(_Parameter):
    """A number between two others; with `log`, equal ratios count as equal distances; with `step`, only low, low + step, …"""

    type: Literal["float"] = "float"
    low: Number
    high: Number
    log: StrictBool = False
    step: Annotated[Number, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Float:
        _check_range(self.low, self.high, log=self.log, step=self.step)
        return self


class Integer(_Parameter):
    """A whole number between two others."""

    type: Literal["integer"] = "integer"
    low: Whole
    high: Whole
    log: StrictBool = False
    step: Annotated[Whole, Field(gt=0)] = 1

    @model_validator(mode="after")
    def _check(self) -> Integer:
        _check_range(self.low, self.high, log=self.log, step=None if self.step == 1 else self.step)
        if max(abs(self.low), abs(self.high)) > LARGEST:
            raise ValueError(f"whole numbers go up to {LARGEST:,}; a wider range is one of type float")
        return self


class Categorical(_Parameter):
    """One of several values without an order."""

    type: Literal["categorical"] = "categorical"
    choices: list[Value] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Categorical:
        _check_choices(self.choices)
        return self


class Ordinal(_Parameter):
    """One of several values in their order, neighbours at equal distances."""

    type: Literal["ordinal"] = "ordinal"
    choices: list[Value] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Ordinal:
        _check_choices(self.choices)
        return self


class Boolean(_Parameter):
    """False or true."""

    type: Literal["boolean"] = "boolean"

    @property
    def choices(self) -> list[Value]:
        return [False, True]


Kind = Float | Integer | Categorical | Ordinal | Boolean
Parameter = Annotated[Kind, Field(discriminator="type")]


def _check_range(low: float, high: float, *, log: bool, step: float | None) -> None:
    if not low < high:
        raise ValueError(f"low must be below high (got {low:g} and {high:g}); a single value is a fixed one")
    if math.isinf(high - low):
        raise ValueError("the range is wider than numbers can be")
    if log and low <= 0:
        raise ValueError(f"a logarithmic range begins above 0 (got {low:g})")
    if log and step is not None:
        raise ValueError("a logarithmic range has no step")
    if step is not None and step > high - low:
        raise ValueError(f"the step must not exceed the range (got {step:g})")
    if step is not None and (high - low) / step > MOST_STEPS:
        raise ValueError(f"the step is too fine for the range: leave it out (got {step:g})")


def _check_choices(choices: list[Value]) -> None:
    seen: dict[Value, Value] = {}
    for choice in choices:
        if isinstance(choice, str) and not choice.strip():
            raise ValueError("a choice must not be empty text")
        for key in (choice, str(choice)):  # 1, 1.0 and True are equal to Python, 1 and "1" to a log
            if key in seen:
                raise ValueError(f"the choices {seen[key]!r} and {choice!r} cannot be told apart")
        seen[choice] = seen[str(choice)] = choice
