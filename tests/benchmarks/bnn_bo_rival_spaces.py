"""Search spaces of the benchmark in the words of Optuna, ConfigSpace (SMAC3) and Ax, and configurations there and back."""

from __future__ import annotations

from typing import Any

from bnn_bo_spaces import Config, Parameters, Scalar, choices


class Coded:
    """A space in the words of the rivals: ordinals as integers, and for Ax (`numbered`) parameters by number."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self._numbers = {name: f"p{k}" for k, name in enumerate(parameters)}
        self._listed: dict[str, list[Scalar]] = {
            n: list(its["choices"]) for n, its in parameters.items() if its["type"] == "ordinal"
        }

    def code(self, config: Config, *, numbered: bool = False) -> dict[str, Any]:
        coded = {name: self._listed[name].index(value) if name in self._listed else value for name, value in config.items()}
        return {self._numbers[name]: value for name, value in coded.items()} if numbered else coded

    def decode(self, coded: dict[str, Any], *, numbered: bool = False) -> Config:
        found: Config = {}
        for name, its in self.parameters.items():
            value = coded[self._numbers[name] if numbered else name]
            match its["type"]:
                case "ordinal":
                    found[name] = self._listed[name][int(value)]
                case "float":
                    found[name] = min(float(its["high"]), max(float(its["low"]), float(value)))
                case "integer":
                    found[name] = int(value)
                case "boolean":
                    found[name] = bool(value)
                case _:
                    found[name] = next(choice for choice in its["choices"] if choice == value)
        return found

    def optuna(self) -> dict[str, Any]:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        def one(name: str) -> Any:
            its = self.parameters[name]
            match its["type"]:
                case "float":
                    return FloatDistribution(its["low"], its["high"], log=bool(its.get("log")))
                case "integer":
                    return IntDistribution(its["low"], its["high"])
                case "ordinal":
                    return IntDistribution(0, len(its["choices"]) - 1)
                case _:
                    return CategoricalDistribution(choices(its) or [])

        return {name: one(name) for name in self.parameters}

    def config_space(self, seed: int) -> Any:
        from ConfigSpace import (
            CategoricalHyperparameter,
            ConfigurationSpace,
            UniformFloatHyperparameter,
            UniformIntegerHyperparameter,
        )

        def one(name: str) -> Any:
            its = self.parameters[name]
            match its["type"]:
                case "float":
                    more = 1e-9 * (its["low"] if its.get("log") else its["high"] - its["low"])  # it rounds bounds to 13 digits
                    return UniformFloatHyperparameter(name, its["low"] - more, its["high"] + more, log=bool(its.get("log")))
                case "integer":
                    return UniformIntegerHyperparameter(name, its["low"], its["high"])
                case "ordinal":
                    return UniformIntegerHyperparameter(name, 0, len(its["choices"]) - 1)
                case _:
                    return CategoricalHyperparameter(name, choices(its))

        space = ConfigurationSpace(seed=seed)
        space.add(*(one(name) for name in self.parameters))
        return space

    def ax(self) -> list[Any]:
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

        def one(name: str, its: Any) -> Any:
            match its["type"]:
                case "float":
                    scaling = "log" if its.get("log") else "linear"
                    return RangeParameterConfig(
                        name=name, bounds=(its["low"], its["high"]), parameter_type="float", scaling=scaling
                    )
                case "integer":
                    return RangeParameterConfig(name=name, bounds=(its["low"], its["high"]), parameter_type="int")
                case "ordinal":
                    return RangeParameterConfig(name=name, bounds=(0, len(its["choices"]) - 1), parameter_type="int")
                case "boolean":
                    return ChoiceParameterConfig(name=name, values=[False, True], parameter_type="bool", is_ordered=False)
                case _:
                    kind = "str" if isinstance(its["choices"][0], str) else "float"
                    return ChoiceParameterConfig(name=name, values=list(its["choices"]), parameter_type=kind, is_ordered=False)

        return [one(self._numbers[name], its) for name, its in self.parameters.items()]
