"""A search space: parameters, what ties them together, and what is sought."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fits.solver import Model
from fits.space import outcome_constraint
from fits.space.errors import shown
from fits.space.linear import Linear, expression, parse
from fits.space.parameters import Float, Integer, Kind, Parameter, Value

LISTED = 10  # names in an error
MOST_PARAMETERS = 10_000  # the sequence that fills a space has no more than twice as many dimensions


def _as_known(value: object) -> object:
    if not isinstance(value, bool | str):
        raise ValueError(f"must be true, false or a sum such as '2*x + 3*y' (found {shown(value)})")
    return value


class Objective(Model):
    """What is sought of an outcome.

    Attributes
    ----------
    reference : the worst value that counts, of several objectives.
    noise : column of its standard error.
    known : the outcome follows from the configuration: a linear sum of numeric parameters such as ``2*x + 3*y`` or, where true,
        the column of this name in the pool.
    """

    direction: Literal["minimize", "maximize"] = "minimize"
    reference: float | None = None
    noise: str | None = None
    known: Annotated[bool | str, BeforeValidator(_as_known)] = False


class Fidelity(Model):
    """The parameter that says how thorough an evaluation is, and the value that counts in the end."""

    parameter: str
    target: float


def _as_rule(text: str) -> str:
    outcome_constraint.parse(text)
    return text


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
    outcome_constraints: list[Annotated[str, AfterValidator(_as_rule)]] = Field(default_factory=list)
    cost: str | None = None
    fidelity: Fidelity | None = None

    @model_validator(mode="after")
    def _check(self) -> Space:
        if len(self.parameters) > MOST_PARAMETERS:
            raise ValueError(f"a space has at most {MOST_PARAMETERS:,} parameters (got {len(self.parameters):,})")
        for name, parameter in self.parameters.items():
            if not name.strip():
                raise ValueError("a parameter must have a name")
            if name in self.objectives:
                raise ValueError(f"{name} is a parameter and an objective")
            for parent, values in parameter.when.items():
                self._check_values(f"{name}.when", parent, values)
        self.ranked()
        for combination in self.forbidden:
            for name, values in combination.items():
                self._check_values("forbidden", name, values)
        for name, value in self.fixed.items():
            if name in self.parameters:
                self._check_values("fixed", name, [value])
        for text in self.constraints:
            self._check_numeric(parse(text, self.parameters))
        for text in self.outcome_constraints:
            name = outcome_constraint.parse(text).name
            if name in self.parameters or name in self.fixed:
                raise ValueError(
                    f"outcome_constraints: {name} is a parameter, not an outcome: write {shown(text)} under constraints"
                )
        for name, its in self.objectives.items():
            self._check_known(name, its)
        if self.fidelity is not None:
            self._check_fidelity(self.fidelity)
        return self

    def linear(self) -> list[Linear]:
        """The constraints, read."""
        return [parse(text, self.parameters) for text in self.constraints]

    def ranked(self) -> list[str]:
        """All parameters, each after those that its existence depends on."""
        try:
            return list(TopologicalSorter({name: its.when for name, its in self.parameters.items()}).static_order())
        except CycleError as error:
            raise ValueError(f"when: {_listed(sorted(set(error.args[1])))} wait for each other") from None

    @property
    def free(self) -> dict[str, Parameter]:
        """The parameters that vary."""
        return {name: parameter for name, parameter in self.parameters.items() if name not in self.fixed}

    def _check_values(self, where: str, name: str, values: list[Value]) -> None:
        if name not in self.parameters:
            raise ValueError(f"{where}: there is no parameter {shown(name)}{did_you_mean(name, self.parameters)}")
        for value in values:
            if not holds(self.parameters[name], value):
                raise ValueError(f"{where}: {name} cannot be {shown(value)} (expected {expected(self.parameters[name])})")

    def _check_known(self, name: str, its: Objective) -> None:
        if its.known and its.noise is not None:
            raise ValueError(f"objectives.{name}: what is known has no noise")
        if not isinstance(its.known, str):
            return
        for parameter in filter(None, expression(its.known, self.parameters)):
            if not isinstance(self.parameters[parameter], Float | Integer):
                raise ValueError(f"objectives.{name}: {parameter} in {its.known!r} is not a number")
            if self.parameters[parameter].when:
                raise ValueError(f"objectives.{name}: {parameter} in {its.known!r} does not always exist")

    def _check_fidelity(self, its: Fidelity) -> None:
        self._check_values("fidelity", its.parameter, [its.target])
        if its.parameter in self.fixed:
            raise ValueError(f"fidelity: {its.parameter} is fixed")
        if self.parameters[its.parameter].when:
            raise ValueError(f"fidelity: {its.parameter} does not always exist")

    def _check_numeric(self, constraint: Linear) -> None:
        for name in constraint.coefficients:
            if self.parameters[name].type not in ("float", "integer"):
                raise ValueError(f"constraints: {name} in {shown(constraint.text)} is not a number")


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
            return f"one of {_listed(map(str, parameter.choices))}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean lr?``, or what there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are: {_listed(names)}" if names else "; there are none"


def _listed(names: Iterable[str]) -> str:
    first = list(islice(names, LISTED + 1))
    return ", ".join(first[:LISTED]) + (" …" if len(first) > LISTED else "")
