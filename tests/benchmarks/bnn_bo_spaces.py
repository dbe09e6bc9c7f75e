"""Search spaces of the benchmark problems as plain data, and their way from and to the unit cube.

A parameter is what `fits.space.Space` takes, such as {"type": "float", "low": 0.01, "high": 1.0, "log": True}.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

Scalar = str | int | float | bool
Config = dict[str, Scalar]
Parameter = Mapping[str, Any]
Parameters = Mapping[str, Parameter]
Array = NDArray[np.float64]


def real(low: float, high: float, *, log: bool = False) -> Parameter:
    return {"type": "float", "low": low, "high": high, "log": log}


def integer(low: int, high: int) -> Parameter:
    return {"type": "integer", "low": low, "high": high}


def categorical(*choices: Scalar) -> Parameter:
    return {"type": "categorical", "choices": list(choices)}


def ordinal(*choices: Scalar) -> Parameter:
    return {"type": "ordinal", "choices": list(choices)}


def boolean() -> Parameter:
    return {"type": "boolean"}


def choices(parameter: Parameter) -> list[Scalar] | None:
    """All values of a parameter, where they can be listed."""
    match parameter["type"]:
        case "boolean":
            return [False, True]
        case "integer":
            return list(range(parameter["low"], parameter["high"] + 1))
        case "float":
            return None
        case _:
            return list(parameter["choices"])


def value(parameter: Parameter, u: float) -> Scalar:
    """The value at place `u` of [0, 1]; listed ones have equal shares of it."""
    listed = choices(parameter)
    if listed is not None:
        return listed[min(int(u * len(listed)), len(listed) - 1)]
    low, high = float(parameter["low"]), float(parameter["high"])
    if parameter.get("log"):
        return min(high, max(low, math.exp(math.log(low) + u * (math.log(high) - math.log(low)))))
    return min(high, max(low, low + u * (high - low)))


def configuration(parameters: Parameters, u: Sequence[float]) -> Config:
    return {name: value(parameter, place) for (name, parameter), place in zip(parameters.items(), u, strict=True)}


def sobol(parameters: Parameters, count: int, seed: int) -> list[Config]:
    """Scrambled Sobol points; the first few are the same whatever the count."""
    exponent = max(1, math.ceil(math.log2(count)))
    points = qmc.Sobol(len(parameters), rng=seed).random_base2(exponent)[:count]
    return [configuration(parameters, u) for u in points.tolist()]


def uniform(parameters: Parameters, rng: np.random.Generator) -> Config:
    return configuration(parameters, rng.random(len(parameters)).tolist())


class Places:
    """Configurations as points whose distances mean something: numbers lie within [0, 1], two categories are 1 apart."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def of(self, configs: Sequence[Mapping[str, Scalar]]) -> Array:
        return np.column_stack([self._column(name, parameter, configs) for name, parameter in self.parameters.items()])

    def _column(self, name: str, parameter: Parameter, configs: Sequence[Mapping[str, Scalar]]) -> Array:
        listed = choices(parameter)
        if listed is None:
            low, high = float(parameter["low"]), float(parameter["high"])
            numbers = np.array([float(config[name]) for config in configs])
            if parameter.get("log"):
                return ((np.log(numbers) - math.log(low)) / (math.log(high) - math.log(low)))[:, None]
            return ((numbers - low) / (high - low))[:, None]
        place = {choice: i for i, choice in enumerate(listed)}
        index = np.array([place[config[name]] for config in configs])
        if parameter["type"] == "categorical":
            return np.eye(len(listed))[index] / math.sqrt(2.0)
        return (index / max(1, len(listed) - 1))[:, None]
