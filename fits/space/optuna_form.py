"""Search spaces as Optuna writes them.

``{name: {"name": "FloatDistribution", "attributes": {"low": …, "high": …, "log": …, "step": …}}, …}``, the values perhaps as the
text that ``optuna.distributions.distribution_to_json`` gives; also with the names that distributions had before version 3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fits.space.checked import add_choice, as_value, checked
from fits.space.errors import SpaceError
from fits.space.model import Space, did_you_mean

_OPTUNA = {  # name: our type, whether logarithmic, key of the step
    "FloatDistribution": ("float", None, "step"),
    "IntDistribution": ("integer", None, "step"),
    "UniformDistribution": ("float", False, None),
    "LogUniformDistribution": ("float", True, None),
    "DiscreteUniformDistribution": ("float", False, "q"),
    "IntUniformDistribution": ("integer", False, "step"),
    "IntLogUniformDistribution": ("integer", True, None),
}


def from_optuna(distributions: Mapping[str, Any]) -> Space:
    """The space of a table of Optuna's distributions."""
    parameters: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    for name, distribution in distributions.items():
        kind, its = _distribution(name, distribution)
        if kind == "CategoricalDistribution":
            choices = its.get("choices")
            if not isinstance(choices, Sequence) or isinstance(choices, str):
                raise SpaceError(f"{name}.choices", "must be a list")
            add_choice(name, [as_value(choice, f"{name}.choices") for choice in choices], False, parameters, fixed)
            continue
        type_, log, step = _OPTUNA[kind]
        low, high = (_attribute(name, its, key) for key in ("low", "high"))
        if low == high:
            fixed[name] = low
            continue
        parameters[name] = {"type": type_, "low": low, "high": high, "log": its.get("log", False) if log is None else log}
        if step is not None and its.get(step) is not None:
            parameters[name]["step"] = its[step]
    return checked({"parameters": parameters, "fixed": fixed})


def _distribution(name: str, distribution: object) -> tuple[str, Mapping[str, Any]]:
    """A distribution's class and attributes."""
    if isinstance(distribution, str):
        try:
            distribution = json.loads(distribution)
        except (ValueError, RecursionError) as error:
            raise SpaceError(name, f"is no JSON of a distribution of Optuna: {error}") from None
    kind = distribution.get("name") if isinstance(distribution, Mapping) else None
    attributes = distribution.get("attributes", {}) if isinstance(distribution, Mapping) else None
    if not isinstance(kind, str) or not isinstance(attributes, Mapping):
        raise SpaceError(name, "must be a distribution of Optuna, with name and attributes")
    if kind != "CategoricalDistribution" and kind not in _OPTUNA:
        raise SpaceError(name, f"{kind!r} is no distribution of Optuna{did_you_mean(kind, ['CategoricalDistribution', *_OPTUNA])}")
    return kind, attributes


def _attribute(name: str, attributes: Mapping[str, Any], key: str) -> Any:
    if key not in attributes:
        raise SpaceError(f"{name}.attributes.{key}", "is missing")
    return attributes[key]


def is_distribution(value: object) -> bool:
    """Whether this looks like a distribution."""
    if isinstance(value, str):
        return value.lstrip().startswith("{") and "Distribution" in value
    return isinstance(value, Mapping) and isinstance(value.get("name"), str) and value["name"].endswith("Distribution")
