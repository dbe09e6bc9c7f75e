"""Search spaces as Ax writes them.

A list of parameters, or a table with the list under ``parameters`` and ``parameter_constraints``, ``outcome_constraints`` and
objectives beside it, in the words of ``AxClient.create_experiment`` (``{"name": …, "type": "range", "bounds": [0, 1]}``) or of
``ax.api.configs`` (``{"name": …, "parameter_type": "float", "bounds": [0, 1], "scaling": "log"}``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fits.space.checked import add_choice, as_value, checked
from fits.space.errors import SpaceError
from fits.space.model import Space, did_you_mean

_AX_KEYS = {"parameters", "parameter_constraints", "outcome_constraints", "objectives", "objective", "objective_name", "minimize"}
_AX_TALK = {"name", "description", "experiment_type", "owner", "is_test", "tracking_metric_names", "overwrite_existing_experiment"}
_AX_PARAMETER_KEYS = {"name", "type", "bounds", "values", "value", "value_type", "log_scale", "is_ordered", "dependents", "digits"}
_AX_PARAMETER_KEYS |= {"is_fidelity", "target_value", "is_task", "sort_values"}
_AX_PARAMETER_KEYS |= {"parameter_type", "scaling", "step_size", "dependent_parameters"}


def from_ax(
    parameters: Sequence[Any],
    constraints: Sequence[str] = (),
    *,
    objectives: Mapping[str, Any] | None = None,
    outcome_constraints: Sequence[str] = (),
) -> Space:
    """The space of a list of Ax's parameters."""
    found: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    fidelity: dict[str, Any] | None = None
    conditions: list[tuple[str, Mapping[Any, Any]]] = []
    for number, its in enumerate(parameters, start=1):
        name = its.get("name") if isinstance(its, Mapping) else None
        if not isinstance(name, str):
            raise SpaceError(f"parameter {number}", "must be a table with a name")
        if name in found or name in fixed:
            raise SpaceError(name, "stands twice in the list")
        _ax_parameter(name, its, found, fixed)
        if its.get("is_fidelity"):
            fidelity = {"parameter": name, "target": its.get("target_value")}
        depends = its.get("dependents") or its.get("dependent_parameters") or {}
        if not isinstance(depends, Mapping):
            raise SpaceError(f"{name}.dependents", "must be a table of values and lists of parameters")
        conditions.append((name, depends))
    for parent, depends in conditions:
        _ax_conditions(parent, depends, found, fixed)
    space = {
        "parameters": found,
        "fixed": fixed,
        "constraints": list(constraints),
        "outcome_constraints": list(outcome_constraints),
    }
    return checked({**space, "objectives": objectives or {}, "fidelity": fidelity})


def _ax_parameter(name: str, its: Mapping[str, Any], found: dict[str, Any], fixed: dict[str, Any]) -> None:
    """Put one parameter of Ax where it belongs."""
    unknown = next((key for key in its if key not in _AX_PARAMETER_KEYS), None)
    if unknown is not None:
        raise SpaceError(
            f"{name}.{unknown}", f"is no key of a parameter of Ax{did_you_mean(str(unknown), sorted(_AX_PARAMETER_KEYS))}"
        )
    kind = its.get("type") or ("range" if "bounds" in its else "choice" if "values" in its else None)
    value_type = its.get("value_type") or its.get("parameter_type")
    if kind == "fixed":
        fixed[name] = as_value(its.get("value"), f"{name}.value")
    elif kind == "range":
        found[name] = _ax_range(name, its, value_type)
    elif kind == "choice":
        values = its.get("values")
        if not isinstance(values, list) or not values:
            raise SpaceError(f"{name}.values", "must be a list of values")
        values = [as_value(value, f"{name}.values") for value in values]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        ordered = its.get("is_ordered")
        if numbers and (ordered is None or its.get("sort_values")):  # as Ax does
            ordered, values = True, sorted(values)
        add_choice(name, values, bool(ordered), found, fixed)
    else:
        raise SpaceError(f"{name}.type", f"must be range, choice or fixed (found {kind!r})")


def _ax_range(name: str, its: Mapping[str, Any], value_type: object) -> dict[str, Any]:
    bounds = its.get("bounds")
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise SpaceError(f"{name}.bounds", "must be a list of two numbers")
    whole = value_type == "int" or (
        value_type is None and all(isinstance(bound, int) and not isinstance(bound, bool) for bound in bounds)
    )
    log = bool(its.get("log_scale")) or its.get("scaling") == "log"
    step = its.get("step_size")
    digits = its.get("digits")
    if step is None and isinstance(digits, int) and 0 <= digits <= 15 and not whole and not log:
        step = 10.0**-digits
    return {
        "type": "integer" if whole else "float",
        "low": bounds[0],
        "high": bounds[1],
        "log": log,
        **({"step": step} if step else {}),
    }


def _ax_conditions(parent: str, depends: Mapping[Any, Any], found: dict[str, Any], fixed: Mapping[str, Any]) -> None:
    """Let parameters exist only where Ax says that they depend on a value of `parent`; JSON has made a text of the value."""
    for value, children in depends.items():
        known = found[parent].get("choices", [False, True]) if parent in found else [fixed[parent]]
        same = [choice for choice in known if str(choice).casefold() == str(value).casefold()]
        if not same:
            raise SpaceError(f"{parent}.dependents", f"{value!r} is no value of it{did_you_mean(str(value), map(str, known))}")
        for child in children if isinstance(children, list) else [children]:
            if child in found:
                found[child].setdefault("when", {}).setdefault(parent, []).extend(same)
            elif child not in fixed:
                raise SpaceError(f"{parent}.dependents", f"there is no parameter {child!r}{did_you_mean(str(child), found)}")


def from_ax_experiment(content: Mapping[str, Any]) -> Space:
    """The space of the arguments of an experiment of Ax."""
    unknown = next((key for key in content if key not in _AX_KEYS | _AX_TALK), None)
    if unknown is not None:
        raise SpaceError(str(unknown), f"is no key of an experiment of Ax{did_you_mean(str(unknown), sorted(_AX_KEYS))}")
    for key in ("parameter_constraints", "outcome_constraints"):
        if not isinstance(content.get(key) or [], list):
            raise SpaceError(key, "must be a list in brackets")
    return from_ax(
        content["parameters"],
        content.get("parameter_constraints") or [],
        objectives=_ax_objectives(content),
        outcome_constraints=content.get("outcome_constraints") or [],
    )


def _ax_objectives(content: Mapping[str, Any]) -> dict[str, Any]:
    """From a table ``objectives``, from ``"objective": "-loss, accuracy"``, or from ``objective_name`` and ``minimize``."""
    stated = content.get("objectives") or {}
    if not isinstance(stated, Mapping):
        raise SpaceError("objectives", "must be a table of names")
    found: dict[str, Any] = {}
    for name, its in stated.items():
        options = its if isinstance(its, Mapping) else {"minimize": its == "minimize"}
        found[name] = {"direction": "minimize" if options.get("minimize") else "maximize", "reference": options.get("threshold")}
    if isinstance(content.get("objective_name"), str):
        found[content["objective_name"]] = {"direction": "minimize" if content.get("minimize") else "maximize"}
    for part in str(content.get("objective") or "").split(","):
        name = part.strip().removeprefix("-").strip()
        if name:
            found[name] = {"direction": "minimize" if part.strip().startswith("-") else "maximize"}
    return found
