"""`advisor solvers [NAME]`: which solvers there are, what one reads and is asked, and its JSON Schemas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel

from advisor import strict_json
from advisor.commands.group import unknown_solver
from advisor.commands.shared import DebugOption, FormatOption
from advisor.errors import UsageError
from advisor.options import flag, properties
from advisor.render import Rows, chosen, csv_text, emit
from advisor.tables import grid
from fits import registry
from fits.figure import Figure

HELP = "List the solvers, or show what one reads and is asked."
SCHEMA = "advisor/solvers/1"

SchemaName = Literal["log", "query", "options", "fit", "advice", "figure"]


def _complete(incomplete: str) -> list[str]:
    return [name for name in registry.entries() if name.startswith(incomplete)]


NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="One solver", autocompletion=_complete)]
SchemaOption = Annotated[SchemaName | None, typer.Option("--schema", help="Print this JSON Schema of the solver")]


def solvers(
    name: NameArgument = None, schema: SchemaOption = None, format_: FormatOption = None, _debug: DebugOption = False
) -> None:
    if name is None:
        if schema is not None:
            raise UsageError("--schema: name a solver", advice="for instance: advisor solvers step-law --schema query")
        _list(format_)
        return
    try:
        solver = registry.load(name)
    except registry.UnknownSolver as error:
        raise unknown_solver(error) from error
    if schema is not None:
        emit(strict_json.pretty(json_schema(solver, schema)))
    else:
        _one(solver, format_)


def json_schema(solver: registry.Solver, name: SchemaName) -> dict[str, Any]:
    """The JSON Schema of what is read (log, query, options) or written (fit, advice, figure)."""
    read: dict[str, type[BaseModel]] = {"log": solver.Log, "query": solver.Query, "options": solver.Options}
    written: dict[str, type[BaseModel]] = {"fit": solver.Fit, "advice": solver.Advice, "figure": Figure}
    return {**read, **written}[name].model_json_schema(mode="serialization" if name in written else "validation")


def _list(format_: FormatOption) -> None:
    rows: Rows = [{"solver": n, "version": e.version, "what for": e.summary} for n, e in registry.entries().items()]
    match chosen(format_):
        case "table":
            emit(grid(rows))
        case "csv":
            emit(csv_text(rows))
        case form:
            listed = [{"name": n, "version": e.version, "summary": e.summary} for n, e in registry.entries().items()]
            write = strict_json.pretty if form == "json" else strict_json.compact
            emit(write({"schema": SCHEMA, "solvers": listed}))


def _one(solver: registry.Solver, format_: FormatOption) -> None:
    roles = _roles(solver)
    match chosen(format_):
        case "table":
            shown: Rows = [{"role": r["role"], "needed": r["needed"], "what": _what(r), "also called": r["aliases"]} for r in roles]
            asked: Rows = [{"option": flag(n), "needed": q, "what": d} for n, q, d in _fields(solver)]
            emit(f"{solver.name}: {solver.entry.summary}\n\n" + grid(shown, title="columns of the log"))
            emit("\n" + grid(asked, title="what can be asked"))
        case "csv":
            emit(csv_text(roles))
        case form:
            query = [{"field": n, "required": q, "description": d} for n, q, d in _fields(solver)]
            document = {"schema": SCHEMA, "name": solver.name, "version": solver.entry.version, "summary": solver.entry.summary}
            write = strict_json.pretty if form == "json" else strict_json.compact
            emit(write({**document, "roles": roles, "query": query}))


def _roles(solver: registry.Solver) -> list[dict[str, str | bool]]:
    required = set(solver.Log.model_json_schema().get("required", []))
    return [
        {
            "role": name,
            "needed": name in required,
            "unit": prop.get("unit", ""),
            "description": prop.get("description", ""),
            "aliases": ", ".join(prop.get("aliases", [])),
        }
        for name, prop in properties(solver.Log).items()
    ]


def _what(role: dict[str, str | bool]) -> str:
    return f"{role['description']} [{role['unit']}]" if role["unit"] else str(role["description"])


def _fields(solver: registry.Solver) -> list[tuple[str, bool, str]]:
    required = set(solver.Query.model_json_schema().get("required", []))
    return [(name, name in required, prop.get("description", "")) for name, prop in properties(solver.Query).items()]
