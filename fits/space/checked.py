"""A space from plain data in our own form, with what is wrong said for people: where, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fits.space.errors import SpaceError, shown
from fits.space.model import Fidelity, Objective, Space, did_you_mean
from fits.space.parameters import Boolean, Categorical, Float, Integer, Kind, Ordinal, Value

_EXPECTED = {
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "list_type": "a list in brackets",
    "finite_number": "finite",
    **dict.fromkeys(["dict_type", "model_type", "model_attributes_type", "union_tag_not_found"], "a table of keys and values"),
}
_KINDS = {"float": Float, "integer": Integer, "categorical": Categorical, "ordinal": Ordinal, "boolean": Boolean}
assert set(_KINDS.values()) == set(get_args(Kind))


def checked(content: Mapping[str, Any]) -> Space:
    """The space that plain data describes.

    Raises
    ------
    SpaceError
        For the first thing wrong.
    """
    try:
        return Space.model_validate(dict(content))
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A misspelt key is missing, too: that it is unknown says more.
        first = next((item for item in found if item["type"] == "extra_forbidden"), found[0])
        raise SpaceError(_place(first), _problem(first)) from None


def _place(error: ErrorDetails) -> str:
    """Such as ``parameters.lr.low``."""
    parts = list(error["loc"])
    if len(parts) > 2 and parts[0] == "parameters" and parts[2] in _KINDS:
        del parts[2]
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in parts) or "the space"


def _problem(error: ErrorDetails) -> str:
    kind, parts, context = error["type"], error["loc"], error.get("ctx", {})
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no key of " + _known(parts)
        case "union_tag_invalid":
            tag = str(context.get("tag"))
            return f"type {tag!r} is none{did_you_mean(tag, _KINDS)}"
        case "union_tag_not_found" if isinstance(error["input"], Mapping):
            return f"needs a type: one of {', '.join(_KINDS)}"
        case "value_error":
            return str(context["error"])
        case "too_short":
            return "must not be empty"
    expected = _EXPECTED.get(kind) or error["msg"].removeprefix("Input should be ").partition(",")[0]
    return f"must be {expected} (found {shown(error['input'])})"


def _known(parts: tuple[int | str, ...]) -> str:
    """Of what the last part is no key, and which there are."""
    of: tuple[str, Any] = ("a space", Space)
    if len(parts) > 3 and parts[0] == "parameters":
        of = f"type {parts[2]}", _KINDS[str(parts[2])]
    elif len(parts) > 2 and parts[0] == "objectives":
        of = "an objective", Objective
    elif len(parts) > 1 and parts[0] == "fidelity":
        of = "fidelity", Fidelity
    return of[0] + did_you_mean(str(parts[-1]), of[1].model_fields)


def as_value(value: object, where: str) -> Value:
    """A choice as a plain value: nothing is the text "None", as a log has it.

    Raises
    ------
    SpaceError
        It is a list, a table or the like.
    """
    if value is None:
        return "None"
    if isinstance(value, bool | int | float | str):
        return value
    raise SpaceError(where, f"must be text, a number, true or false (found {shown(value)})")


def add_choice(name: str, choices: list[Any], ordered: bool, parameters: dict[str, Any], fixed: dict[str, Any]) -> None:
    """A parameter of `choices`: true and false are a boolean, one choice is a fixed value."""
    if len(choices) == 1:
        fixed[name] = choices[0]
    elif len(choices) == 2 and all(isinstance(choice, bool) for choice in choices):
        parameters[name] = {"type": "boolean"}
    else:
        parameters[name] = {"type": "ordinal" if ordered else "categorical", "choices": choices}
