"""A search space: parameters, what ties them together, and what is sought."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fits.solver import Model
from fits.space.linear import Linear, parse
from fits.space.parameters import Float, Integer, Kind, Parameter, Value


class Objective(Model):
    """What is sought of an outcome. `noise` is the column of its standard error; `known` says that no model is needed."""

    direction: Literal["minimize", "maximize"] = "minimize"
    reference: float | None = None
    noise: str | None = None
    known: bool = False


class Fidelity(Model):
    """The parameter that says how thorough an evaluation is, and the value that counts in the end."""

    parameter: str
    target: float


class Space(Model):
    """What can be evaluated.

    Attributes
    ----------
    parameters : by name.
    constraints : linear relations of numeric parameters, such as ``x1 + 2*x2 <= 100``; of an inactive parameter they say nothing.
    forbidden : combinations that may not be: a configuration that matches every entry of one is none.
    fixed : values that do not vary.
    objectives : what is sought, by column.
    outcome_constraints : what other outcomes must keep, such as ``latency <= 100``.
    cost : column that says what an evaluation cost.
    fidelity : the parameter that says how thorough it was.
    """

    parameters: dict[str, Parameter]
    constraints: list[str] = Field(default_factory=list)
    forbidden: list[Annotated[dict[str, list[Value]], Field(min_length=1)]] = Field(default_factory=list)
    fixed: dict[str, Value] = Field(default_factory=dict)
    objectives: dict[str, Objective] = Field(default_factory=dict)
    outcome_constraints: list[str] = Field(default_factory=list)
    cost: str | None = None
    fidelity: Fidelity | None = None

    @model_validator(mode="after")
    def _check(self) -> Space:
        for name, parameter in self.parameters.items():
            if not name.strip():
                raise ValueError("a parameter must have a name")
            if name in self.objectives:
                raise ValueError(f"{name} is a parameter and an objective")
            for parent, values in parameter.when.items():
                self._check_values(f"{name}.when", parent, values)
        self._check_cycles()
        for combination in self.forbidden:
            for name, values in combination.items():
                self._check_values("forbidden", name, values)
        for name, value in self.fixed.items():
            if name in self.parameters:
                self._check_values("fixed", name, [value])
        for text in self.constraints:
            self._check_numeric(parse(text, self.parameters))
        if self.fidelity is not None:
            self._check_values("fidelity", self.fidelity.parameter, [])
        return self

    def linear(self) -> list[Linear]:
        """The constraints, read."""
        return [parse(text, self.parameters) for text in self.constraints]

    @property
    def free(self) -> dict[str, Parameter]:
        """The parameters that vary."""
        return {name: parameter for name, parameter in self.parameters.items() if name not in self.fixed}

    def _check_values(self, where: str, name: str, values: list[Value]) -> None:
        if name not in self.parameters:
            raise ValueError(f"{where}: there is no parameter {name!r}{did_you_mean(name, self.parameters)}")
        for value in values:
            if not holds(self.parameters[name], value):
                raise ValueError(f"{where}: {name} cannot be {value!r} (expected {expected(self.parameters[name])})")

    def _check_cycles(self) -> None:
        done: set[str] = set()
        while len(done) < len(self.parameters):
            ready = [name for name, its in self.parameters.items() if name not in done and its.when.keys() <= done]
            if not ready:
                raise ValueError(f"when: {', '.join(sorted(self.parameters.keys() - done))} wait for each other")
            done.update(ready)

    def _check_numeric(self, constraint: Linear) -> None:
        for name in constraint.coefficients:
            if self.parameters[name].type not in ("float", "integer"):
                raise ValueError(f"constraints: {name} in {constraint.text!r} is not a number")


def holds(parameter: Kind, value: object) -> bool:
    """Whether a parameter can have a value; of numbers, whether it lies in the range."""
    if isinstance(parameter, Float | Integer):
        if not isinstance(value, int | float) or isinstance(value, bool) or not parameter.low <= value <= parameter.high:
            return False
        return isinstance(parameter, Float) or value == math.floor(value)
    return any(value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in parameter.choices)


def expected(parameter: Kind) -> str:
    """In words, what `holds` asks for."""
    match parameter:
        case Float():
            return f"a number from {parameter.low:g} to {parameter.high:g}"
        case Integer():
            return f"a whole number from {parameter.low} to {parameter.high}"
        case _:
            return "one of " + ", ".join(map(str, parameter.choices))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean lr?``, or what there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}" if names else "; there are none"
