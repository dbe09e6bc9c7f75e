"""`advisor inspect FIT`: what is in a fit file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from advisor import artifact, strict_json
from advisor.commands.shared import DebugOption, FormatOption, QuietOption
from advisor.errors import UsageError
from advisor.render import caution, chosen, emit
from advisor.tables import cell, vertical

HELP = "Show what is in a fit file, and check it."

FitArgument = Annotated[str, typer.Argument(metavar="FIT", help="A fit file; - is stdin")]


def inspect(fit: FitArgument, format_: FormatOption = None, quiet: QuietOption = False, _debug: DebugOption = False) -> None:
    made = artifact.load(fit)
    caution([*made.warnings, *made.fit.warnings], quiet=quiet)
    match chosen(format_):
        case "table":
            emit(summary(made))
        case "json":
            emit(strict_json.pretty(_content(made)))
        case "ndjson":
            emit(strict_json.compact(_content(made)))
        case "csv":
            raise UsageError("--format: a fit is no table; choose table, json or ndjson")


def _content(made: artifact.Artifact) -> dict[str, Any]:
    """The document without the solver's inner tables: what is asked of a fit by hand."""
    document = made.document()
    return {**document, "schema": "advisor/inspect/1", "fit": _scalars(document["fit"]), "intact": True}


def _scalars(fit: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fit.items() if value is None or isinstance(value, str | int | float)}


def summary(made: artifact.Artifact) -> str:
    """A fit as a table of names and values."""
    log = made.log
    pairs = [
        ("solver", f"{made.solver} {made.version}"),
        ("log", f"{log.rows} rows, {log.used} used, {log.dropped} dropped"),
        ("sha256 of the log", log.sha256),
        *((f"column of {role}", column) for role, column in log.columns.items()),
        *((f"option {name}", cell(value)) for name, value in made.options.items()),
        *((name, cell(value)) for name, value in _scalars(made.fit.model_dump(mode="json")).items() if value is not None),
        ("warnings", str(len(made.warnings) + len(made.fit.warnings))),
    ]
    return vertical(pairs)
