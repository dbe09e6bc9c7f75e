"""Turns a pydantic model into command-line options and their values back into the model.

The JSON Schema of the model is the only source: name, type, choices, bounds, unit, default and help all come from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from advisor.errors import UsageError
from advisor.text import shorten

M = TypeVar("M", bound=BaseModel)

_METAVARS = {"number": "FLOAT", "integer": "INT", "string": "TEXT"}
_BOUNDS = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}


def flag(field: str) -> str:
    """The option that stands for a field: ``world_size`` is ``--world-size``."""
    return "--" + field.replace("_", "-")


def properties(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each field, with references followed and ``X | None`` read as X."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})

    def plain(prop: dict[str, Any]) -> dict[str, Any]:
        for reference in [prop.get("$ref"), *(part.get("$ref") for part in prop.get("allOf", []))]:
            if reference:
                prop = {**definitions[reference.rsplit("/", 1)[-1]], **prop}
        parts = [part for part in prop.get("anyOf", []) if part.get("type") != "null"]
        return {**plain(parts[0]), **prop} if len(parts) == 1 else prop

    return {name: plain(prop) for name, prop in schema.get("properties", {}).items()}


def parameters(model: type[BaseModel], *, skip: Iterable[str] = ()) -> list[inspect.Parameter]:
    """One keyword-only Typer parameter a field. All default to None, so that only what the user gave reaches the model."""
    required = set(model.model_json_schema().get("required", []))
    return [_parameter(name, prop, name in required) for name, prop in properties(model).items() if name not in set(skip)]


def family_parameters(model: type[BaseModel], *, skip: Iterable[str] = ()) -> list[inspect.Parameter]:
    """One option a family of columns of a log model: ``--contexts a,b,c``."""
    help_text = "{description}: column names or patterns such as 'x_*', separated by commas"
    return [
        _keyword(name, list[str], _option(name, prop, help=help_text.format(**prop), metavar="COLUMN,..."))
        for name, prop in properties(model).items()
        if prop.get("family") and name not in set(skip)
    ]


def role_parameters(model: type[BaseModel], *, skip: Iterable[str] = ()) -> list[inspect.Parameter]:
    """One option a role that has one of its own: ``--cost seconds``."""
    return [
        _keyword(name, str, typer.Option(help=f"Which column is {name}: short for --map {name}=COLUMN", metavar="COLUMN"))
        for name, prop in properties(model).items()
        if prop.get("option") and name not in set(skip)
    ]


def _parameter(name: str, prop: Mapping[str, Any], required: bool) -> inspect.Parameter:
    kind = prop.get("type")
    annotation: Any = str  # pydantic reads the text, so that one set of rules and messages holds everywhere
    metavar = prop.get("metavar") or _METAVARS.get(str(kind), "TEXT")
    if "file" in prop:
        metavar = "FILE"
    elif kind == "boolean":
        annotation, metavar = bool, None
    elif kind == "array":
        annotation, metavar = list[str], _METAVARS.get(str(prop.get("items", {}).get("type")), "TEXT") + " (repeatable)"
    elif kind == "object":
        annotation, metavar = list[str], (metavar if "metavar" in prop else "NAME=VALUE") + " (repeatable)"
    elif kind == "string" and "enum" in prop:
        annotation, metavar = Literal.__getitem__(tuple(prop["enum"])), None
    return _keyword(name, annotation, _option(name, prop, help=_help(prop, required), metavar=metavar, show_default=False))


def _option(name: str, prop: Mapping[str, Any], **settings: Any) -> Any:
    """An option with its further spellings, where it has any."""
    further = prop.get("flags", [])
    return typer.Option(*([flag(name), *further] if further else []), **settings)


def _keyword(name: str, annotation: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[annotation | None, option])


def _help(prop: Mapping[str, Any], required: bool) -> str:
    facts = ["required"] if required else []
    default = prop.get("default")
    if default is not None and default is not False and default not in ([], {}):
        facts.append(f"default: {default}")
    bounds = " and ".join(f"{sign} {prop[key]:g}" for key, sign in _BOUNDS.items() if key in prop)
    facts += [fact for fact in (bounds, prop.get("unit")) if fact]
    return str(prop.get("description", "")) + (f"  [{'; '.join(facts)}]" if facts else "")


def with_parameters(function: Callable[..., None], generated: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """`function`, whose ``**fields`` now stands for the `generated` parameters, as Typer sees it."""
    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
    clash = {p.name for p in own} & {p.name for p in generated}
    if clash:
        raise TypeError(f"a solver's field may not be named like an option of advisor: {', '.join(sorted(clash))}")
    every = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + list(generated)
    function.__dict__["__signature__"] = inspect.Signature(every)
    function.__annotations__ = {p.name: p.annotation for p in every}
    return function


def given(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the user really gave for fields of `model`; NAME=VALUE texts become a dictionary."""
    found = {name: values[name] for name in model.model_fields if values.get(name) is not None}
    for name, prop in properties(model).items():
        if name in found and "file" in prop:
            found[name] = _content(prop["file"], found[name])
        elif name in found and prop.get("type") == "object":
            found[name] = pairs(found[name], option=flag(name))
    return found


def _content(kind: str, path: str) -> Any:
    """What a file holds that an option names: a search space, or a table of configurations."""
    from advisor.spaces import read_pool, read_space

    return read_space(path) if kind == "space" else read_pool(path)


def summary(options: BaseModel) -> dict[str, Any]:
    """The options as JSON, without what was read from files: the fit holds that."""
    files = {name for name, prop in properties(type(options)).items() if "file" in prop}
    return options.model_dump(mode="json", exclude=files)


def pairs(texts: Iterable[str], *, option: str, form: str = "NAME=VALUE") -> dict[str, str]:
    """Read repeated ``name=value`` texts; only the first ``=`` separates.

    Raises
    ------
    UsageError
        No ``=``, an empty side, or a name given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option}: expected {form} (got {shorten(text)!r})")
        if name in found:
            raise UsageError(f"{option}: {shorten(name)!r} is given twice")
        found[name] = value
    return found


def build(model: type[M], values: Mapping[str, Any]) -> M:
    """The model made of `values`.

    Raises
    ------
    UsageError
        Names the option at fault.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise UsageError("; ".join(f"{place}: {problem}" for place, problem in problems(error, flag))) from error


def problems(error: ValidationError, name: Callable[[str], str] = str) -> list[tuple[str, str]]:
    """Place and problem of each failed check, with the value found; `name` says how a field is called for the reader."""
    found = []
    for item in error.errors(include_url=False, include_context=False):
        place, *inner = [str(part) for part in item["loc"]] or [model_name(error)]
        label = ".".join([name(place) if item["loc"] else place, *inner])
        value = "" if item["type"] == "missing" else f" (got {shorten(str(item['input']))})"
        problem = "required, but not given" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        found.append((shorten(label), problem + value))
    return found


def model_name(error: ValidationError) -> str:
    return error.title
