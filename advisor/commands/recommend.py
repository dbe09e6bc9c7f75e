"""`advisor recommend SOLVER`: what to try next, from a fit, from a log, or from what was known before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from advisor import artifact
from advisor.answer import Source, answer, show
from advisor.commands import follow as following
from advisor.commands.fit import fit_log
from advisor.commands.requests import answer_requests
from advisor.commands.shared import (
    ENCODING,
    DebugOption,
    EncodingOption,
    FormatOption,
    MapOption,
    QuietOption,
    StrictOption,
    families_of,
    for_people,
    log_parameters,
    read,
    refuse_log_options,
    roles_with_option,
)
from advisor.errors import UsageError
from advisor.options import build, flag, given, pairs, parameters, with_parameters
from advisor.render import caution, chosen
from fits import registry
from fits.solver import FitModel

HELP = "Say what to try next."

FitOption = Annotated[str | None, typer.Option("--fit", metavar="FIT.json", help="A fit made by `advisor fit`; - is stdin")]
LogOption = Annotated[
    list[str] | None,
    typer.Option("--log", metavar="LOG (repeatable)", help="Fit this log, or several, and answer at once; - is stdin"),
]
CountOption = Annotated[int, typer.Option("-n", "--count", min=1, metavar="INT", help="How many different proposals")]
RequestsOption = Annotated[
    str | None,
    typer.Option("--requests", metavar="FILE", help="Answer one JSON object of query fields a line, one line each; - is stdin"),
]
TableOption = Annotated[str | None, typer.Option("--table", metavar="NAME", help="Write only this table of the best proposal")]
FollowOption = Annotated[
    bool, typer.Option("--follow", help="Answer again whenever --log has changed: a line of NDJSON each, on a terminal a table")
]
IntervalOption = Annotated[
    float | None,
    typer.Option(
        "--interval", min=0.01, metavar="SECONDS", help=f"How often --follow looks at the log  [default: {following.INTERVAL:g}]"
    ),
]


def recommend_command(solver: registry.Solver) -> Callable[..., None]:
    """The command `advisor recommend` for one solver."""

    def run(
        fit: FitOption = None,
        logs: LogOption = None,
        map_: MapOption = None,
        encoding: EncodingOption = ENCODING,
        strict: StrictOption = False,
        count: CountOption = 1,
        requests: RequestsOption = None,
        format_: FormatOption = None,
        table: TableOption = None,
        follow: FollowOption = False,
        interval: IntervalOption = None,
        quiet: QuietOption = False,
        _debug: DebugOption = False,
        **fields: Any,
    ) -> None:
        asked = given(solver.Query, fields)
        if fit is not None and logs:
            raise UsageError("--fit and --log exclude each other")
        if [fit, *(logs or []), requests].count("-") > 1:
            raise UsageError("stdin (-) can be only one of --fit, --log and --requests")
        if requests is not None and (table is not None or format_ not in (None, "ndjson")):
            raise UsageError("--requests: the answers are NDJSON; leave out --format and --table")
        query = build(solver.Query, asked) if requests is None else None  # before the work, not after it
        if not logs:
            begins = fit is None and solver.begins_empty
            used = [*solver.Query.model_fields, *(solver.Options.model_fields if begins else [])]
            own = {name: value for name, value in fields.items() if name not in used}
            refuse_log_options(own, map_=map_, encoding=encoding, strict=strict, advice="give --log LOG, or leave it out")
        if follow:
            _refuse_with_follow(logs, requests, table)
            assert logs is not None
            assert query is not None

            form = following.form_of(format_)

            def ask() -> following.Answer:
                source = _from_log(solver, logs, map_, encoding, strict, fields, growing=True)
                with for_people():
                    return following.Answer(source, solver.recommend(source.fit, query, count))

            def show_again(found: following.Answer) -> None:
                following.show(solver, query, form, found, quiet=quiet)

            following.follow(logs, ask, show_again, interval=interval or following.INTERVAL, quiet=quiet)
            return
        if interval is not None:
            raise UsageError("--interval says how often to look at a log", advice="give --follow, or leave it out")
        source = _from_log(solver, logs, map_, encoding, strict, fields) if logs else _without_log(solver, fit, fields)
        caution(source.warnings, quiet=quiet)
        if query is None:
            answer_requests(solver, source, str(requests), asked, count)
            return
        with for_people():
            advice = solver.recommend(source.fit, query, count)
        caution([warning for item in advice for warning in item.warnings], quiet=quiet)
        show(answer(solver, source, query, advice), advice, chosen(format_), table)

    log_fields = [*families_of(solver), *roles_with_option(solver), *solver.Query.model_fields]
    generated = [
        *parameters(solver.Query),
        *log_parameters(solver, skip=solver.Query.model_fields),
        *parameters(solver.Options, skip=log_fields),
    ]
    return with_parameters(run, generated)


def _from_log(
    solver: registry.Solver,
    logs: list[str],
    map_: list[str] | None,
    encoding: str,
    strict: bool,
    fields: dict[str, Any],
    *,
    growing: bool = False,
) -> Source:
    """A name that both Query and Options have is one option with one meaning, so both get its value."""
    options = build(solver.Options, given(solver.Options, fields))
    asked = {name: pairs(value, option=flag(name)) for name, value in fields.items() if value and _of_query(solver, name)}
    table = read(solver, logs, map_, encoding, strict, {**fields, **asked}, options, growing=growing)
    made = fit_log(solver, table, options)
    return Source("log", made.fit, made)


def _of_query(solver: registry.Solver, name: str) -> bool:
    """Whether this family's columns are named by a query that gives a value of each."""
    return name in families_of(solver) and name in solver.Query.model_fields


def _without_log(solver: registry.Solver, fit: str | None, fields: dict[str, Any]) -> Source:
    if fit is not None:
        made = artifact.load(fit, solver=solver.name)
        return Source("fit", made.fit, made)
    with for_people():
        prior = _from_nothing(solver, fields) if solver.begins_empty else solver.prior()
    if prior is None:
        raise UsageError(f"{solver.name} knows nothing without a log", advice="give --fit FIT.json or --log LOG")
    return Source("prior", prior, None)


def _from_nothing(solver: registry.Solver, fields: dict[str, Any]) -> FitModel:
    import pandas as pd

    return solver.fit(pd.DataFrame(), build(solver.Options, given(solver.Options, fields)))


def _refuse_with_follow(logs: list[str] | None, requests: str | None, table: str | None) -> None:
    if not logs or "-" in logs:
        raise UsageError("--follow needs a file that grows", advice="give --log LOG")
    if requests is not None or table is not None:
        raise UsageError("--follow answers one question in full: leave out --requests and --table")
