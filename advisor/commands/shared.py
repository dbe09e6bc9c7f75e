"""What several commands have in common: options declared once, reading a log, and errors of a solver put into people's words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.errors import AdvisorError, CannotAnswer, LogError, TooLittle, UsageError
from advisor.options import family_parameters, flag, pairs, role_parameters
from advisor.render import Format
from fits import registry
from fits import solver as contract

if TYPE_CHECKING:
    from advisor.logs import LogTable

DISTRIBUTION = "advisor-fits"

LogArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="LOG",
        help="The log, or several: CSV, TSV, JSON lines, Parquet or a trainer's own format, also compressed; - is stdin",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="ROLE=COLUMN (repeatable)", help="Which column is which role, where the names do not tell"),
]
EncodingOption = Annotated[
    str, typer.Option(metavar="NAME", help="Text encoding of the log  [default: utf-8-sig]", show_default=False)
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Refuse a log with an empty or infinite measured value")]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="Form of the answer  [default: table on a terminal, else json]", show_default=False),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error")]

ENCODING = "utf-8-sig"


def read(
    solver: registry.Solver,
    sources: Sequence[str],
    mapping: list[str] | None,
    encoding: str,
    strict: bool,
    fields: Mapping[str, Any],
    options: contract.OptionsModel,
    *,
    growing: bool = False,
) -> LogTable:
    """The logs at `sources` with the columns of the solver's `Log`.

    `fields` may hold the options of its families and roles; of families that they leave open, `options` may name the columns.
    """
    from advisor.logs import read_logs

    given = pairs(mapping or [], option="--map", form="ROLE=COLUMN")
    for role in roles_with_option(solver):
        if fields.get(role) is not None and given.setdefault(role, fields[role]) != fields[role]:
            raise UsageError(f"{flag(role)} and --map {role}= name different columns")
    families = {name: _columns(fields[name]) for name in families_of(solver) if fields.get(name)}
    with for_people():
        families = solver.columns(options, families)
    return read_logs(
        sources,
        solver.Log,
        mapping=given,
        families=families,
        encoding=encoding,
        strict=strict,
        growing=growing,
        empty=solver.begins_empty,
    )


def _columns(value: Sequence[str] | Mapping[str, str]) -> list[str]:
    """The columns of a family: ``a,b``, or the names of a query's ``a=1 b=2``, which asks for a value of each."""
    if isinstance(value, Mapping):
        return list(value)
    return [column for text in value for column in text.split(",") if column]


def families_of(solver: registry.Solver) -> list[str]:
    """The fields of `Log` that stand for columns the user names."""
    return _marked(solver, "family")


def roles_with_option(solver: registry.Solver) -> list[str]:
    """The fields of `Log` that have an option of their own."""
    return _marked(solver, "option")


def log_parameters(solver: registry.Solver, *, skip: Iterable[str] = ()) -> list[inspect.Parameter]:
    """The options that say which column is what."""
    return [*family_parameters(solver.Log, skip=skip), *role_parameters(solver.Log, skip=skip)]


def refuse_log_options(fields: Mapping[str, Any], *, map_: Sequence[str] | None, encoding: str, strict: bool, advice: str) -> None:
    """Without a log, an option that would have no effect is a misunderstanding, so it is an error."""
    used = ["map"] if map_ else []
    used += ["encoding"] if encoding != ENCODING else []
    used += ["strict"] if strict else []
    used += [name for name, value in fields.items() if value is not None]
    if used:
        raise UsageError(f"{flag(used[0])} says how to read and fit a log", advice=advice)


def names_with(able: Callable[[registry.Solver], bool]) -> list[str]:
    """The names of the solvers that can do something; a plugin that cannot be imported can do nothing."""
    found = []
    for name in registry.entries():
        try:
            if able(registry.load(name)):
                found.append(name)
        except ImportError:
            continue
    return found


def _marked(solver: registry.Solver, mark: str) -> list[str]:
    extras = {name: field.json_schema_extra for name, field in solver.Log.model_fields.items()}
    return [name for name, extra in extras.items() if isinstance(extra, dict) and extra.get(mark)]


@contextmanager
def for_people(log: LogTable | None = None) -> Iterator[None]:
    """Turn a solver's errors, raised inside, into errors for people that name the log and its columns."""
    try:
        yield
    except contract.SolverError as error:
        raise translated(error, log) from error


def translated(error: contract.SolverError, log: LogTable | None = None) -> AdvisorError:
    """The error for people that says what a solver's error says."""
    match error:
        case contract.NotEnoughData():
            return TooLittle(f"not enough data: this needs {error.needed}; the log has {error.found}", advice="log more runs")
        case contract.DegenerateData():
            return CannotAnswer(error.problem, advice=error.remedy)
        case contract.BadRow():
            column = log.columns.get(error.column, error.column) if log else error.column
            name, line = log.place(error.row) if log else ("the log", error.row)
            return LogError(f"expected {error.expected}", source=name, line=line, column=column, value=str(error.value))
        case contract.BadQuery():
            return UsageError(f"{flag(error.field)}: {error.problem}")
        case contract.MissingExtra():
            install = f"pip install '{DISTRIBUTION}[{error.extra}]'"
            return UsageError(f"this needs the package {error.package}, which is not installed", advice=install)
        case _:
            return CannotAnswer(str(error))
