"""`advisor fit SOLVER LOG`: learn from a log; the fit goes to a file, or into the pipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisor import artifact, strict_json
from advisor.commands.shared import (
    ENCODING,
    DebugOption,
    EncodingOption,
    LogArgument,
    MapOption,
    QuietOption,
    StrictOption,
    families_of,
    for_people,
    log_parameters,
    read,
    roles_with_option,
)
from advisor.options import build, given, parameters, summary, with_parameters
from advisor.render import caution, chosen, emit, tell
from fits import registry
from fits import solver as contract

if TYPE_CHECKING:
    from advisor.logs import LogTable

HELP = "Fit a solver to a log of what was tried."

OutputOption = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FIT.json", help="Write the fit here, atomically; - is stdout")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Let -o replace a file that is not a fit")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check the log and the options, say what would be done, write nothing")
]
FitFormatOption = Annotated[
    Literal["table", "json"] | None,
    typer.Option("--format", help="Without -o: the summary or the fit itself  [default: table on a terminal, else json]"),
]


def fit_command(solver: registry.Solver) -> Callable[..., None]:
    """The command `advisor fit` for one solver."""

    def run(
        log: LogArgument,
        output: OutputOption = None,
        map_: MapOption = None,
        encoding: EncodingOption = ENCODING,
        strict: StrictOption = False,
        force: ForceOption = False,
        dry_run: DryRunOption = False,
        format_: FitFormatOption = None,
        quiet: QuietOption = False,
        _debug: DebugOption = False,
        **fields: Any,
    ) -> None:
        if output == "-":
            output, format_ = None, "json"
        options = build(solver.Options, given(solver.Options, fields))
        if output is not None and not force:
            artifact.refuse_foreign(output)  # before the work, not after it
        table = read(solver, log, map_, encoding, strict, fields, options)
        if dry_run:
            caution(table.warnings, quiet=quiet)
            _announce(solver, table, output)
            return
        started = time.perf_counter()
        made = fit_log(solver, table, options)
        caution([*made.warnings, *made.fit.warnings], quiet=quiet)
        if output is not None:
            artifact.save(made, output, force=force)
            if not quiet:
                seconds = time.perf_counter() - started
                tell(f"{solver.name}: {made.log.used} of {made.log.rows} rows used, {seconds:.1f} s; fit written to {output}")
        elif chosen(format_) == "table":
            from advisor.commands.inspect import summary

            emit(summary(made))
            tell("to keep the fit: add -o FIT.json, or pipe it into `advisor recommend " + solver.name + " --fit -`")
        else:
            emit(strict_json.pretty(made.document()))

    generated = [*log_parameters(solver), *parameters(solver.Options, skip=[*families_of(solver), *roles_with_option(solver)])]
    return with_parameters(run, generated)


def fit_log(solver: registry.Solver, table: LogTable, options: contract.OptionsModel) -> artifact.Artifact:
    """Fit a log that was read, and keep where the fit came from."""
    with for_people(table):
        fitted = solver.fit(table.frame, options)
    return artifact.Artifact(
        solver=solver.name,
        version=solver.entry.version,
        log=artifact.Provenance(
            sha256=table.sha256, rows=table.rows, used=table.rows - table.dropped, dropped=table.dropped, columns=table.columns
        ),
        options=summary(options),
        warnings=table.warnings,
        fit=fitted,
    )


def _announce(solver: registry.Solver, table: LogTable, output: str | None) -> None:
    """What --dry-run says: it is what was asked for, so --quiet does not silence it."""
    used = table.rows - table.dropped
    tell(f"{solver.name}: {table.rows} rows read, {table.dropped} dropped, {used} would be used")
    for role, column in table.columns.items():
        tell(f"  {role} <- {column}")
    tell(f"the fit would be written to {output or 'stdout'}; nothing was written")
