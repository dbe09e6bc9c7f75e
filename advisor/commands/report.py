"""`advisor report SOLVER FIT.json|LOG`: what a fit shows, in the terminal, as a picture, or as a page."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor import artifact
from advisor.commands.fit import fit_log
from advisor.commands.group import SolverGroup
from advisor.commands.shared import (
    ENCODING,
    DebugOption,
    EncodingOption,
    MapOption,
    QuietOption,
    StrictOption,
    families_of,
    for_people,
    log_parameters,
    names_with,
    read,
    refuse_log_options,
    roles_with_option,
)
from advisor.drawing.forms import Form, chosen_form, content
from advisor.errors import CannotAnswer, FitError, UsageError
from advisor.files import write_atomically
from advisor.options import build, given, parameters, with_parameters
from advisor.render import caution, emit, tell
from advisor.text import shorten
from fits import registry

if TYPE_CHECKING:
    from typer._click import Command, Context

    from fits.figure import Figure

HELP = """Draw what was learned: in the terminal, as SVG or PNG, or as an HTML page.

\b
  $ advisor report SOLVER FIT.json                   a plot in the terminal; in a pipe the figures as JSON
  $ advisor report SOLVER FIT.json -o report.html    one page that needs nothing else, with the numbers as tables
  $ advisor report SOLVER LOG -o report.svg          fit this log, and draw the fit
  $ advisor report FIT.json                          a fit knows its solver
"""

FitOrLogArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FIT.json|LOG",
        help="A fit made by `advisor fit`; or a log to fit first, or several: - is stdin",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write an .svg, .png or .html file, atomically; - is stdout, with --to"),
]
ToOption = Annotated[
    Form | None,
    typer.Option(
        "--to", help="Form  [default: by the suffix of -o; else a plot on a terminal, JSON in a pipe]", show_default=False
    ),
]
FigureOption = Annotated[
    list[str] | None,
    typer.Option("--figure", metavar="NAME (repeatable)", help="Draw only this figure: its name, or its number from 1"),
]


class ReportGroup(SolverGroup):
    """A fit in the place of the solver stands for its solver and itself."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name = args[0]
        if name in registry.entries() or ctx.resilient_parsing or not (_is_fit(name) or PurePath(name).suffix):
            return super().resolve_command(ctx, args)
        try:
            solver = artifact.load(name).solver
        except FitError as error:
            advice = f"{error.advice or 'check the path'}; to draw a log: advisor report SOLVER LOG"
            raise FitError(error.message, advice=advice) from error
        return super().resolve_command(ctx, [solver, *args])


def report_command(solver: registry.Solver) -> Callable[..., None]:
    """The command `advisor report` for one solver."""

    def run(
        sources: FitOrLogArgument,
        output: OutputOption = None,
        to: ToOption = None,
        figure: FigureOption = None,
        map_: MapOption = None,
        encoding: EncodingOption = ENCODING,
        strict: StrictOption = False,
        quiet: QuietOption = False,
        _debug: DebugOption = False,
        **fields: Any,
    ) -> None:
        form = chosen_form(output, to)  # before the work, not after it
        _require_figures(solver)
        logs: list[str] = []
        if len(sources) == 1 and _is_fit(sources[0]):
            refuse_log_options(fields, map_=map_, encoding=encoding, strict=strict, advice="leave it out to draw a fit")
            made = artifact.load(sources[0], solver=solver.name)
            with for_people():
                figures = solver.figures(made.fit)
        else:
            options = build(solver.Options, given(solver.Options, fields))
            table = read(solver, sources, map_, encoding, strict, fields, options)
            made = fit_log(solver, table, options)
            with for_people(table):
                figures = solver.figures(made.fit, table.frame)
            logs = ["stdin" if source == "-" else PurePath(source).name for source in sources]
        caution([*made.warnings, *made.fit.warnings], quiet=quiet)
        figures = _chosen(figures, figure)
        text = content(made, figures, form, logs)
        if output in (None, "-"):
            assert isinstance(text, str)
            emit(text)
            return
        write_atomically(str(output), text)
        if not quiet:
            tell(f"{solver.name}: {', '.join(figure.name for figure in figures)} written to {output}")

    generated = [*log_parameters(solver), *parameters(solver.Options, skip=[*families_of(solver), *roles_with_option(solver)])]
    return with_parameters(run, generated)


def _is_fit(source: str) -> bool:
    """Whether this is a fit, by its first bytes; what cannot be opened is left to the reader of logs, who says why."""
    if source == "-":
        stdin = getattr(sys.stdin, "buffer", None)
        return isinstance(stdin, io.BufferedReader) and artifact.begins_as_fit(stdin.peek())
    try:
        with Path(source).open("rb") as stream:
            return artifact.begins_as_fit(stream.read(256))
    except (OSError, ValueError):
        return False


def _require_figures(solver: registry.Solver) -> None:
    if not solver.has_figures:
        able = names_with(lambda other: other.has_figures)
        raise UsageError(f"{solver.name} has no figures", advice=f"these have: {', '.join(able) or 'none'}")


def _chosen(figures: Sequence[Figure], wanted: Sequence[str] | None) -> list[Figure]:
    if not figures:
        raise CannotAnswer("this fit has nothing to draw", advice="fit a log")
    by_name = {figure.name: figure for figure in figures} | {str(i): figure for i, figure in enumerate(figures, start=1)}
    for name in wanted or []:
        if name not in by_name:
            raise UsageError(f"--figure: no figure {shorten(name)!r}", advice=f"there are: {', '.join(f.name for f in figures)}")
    return [by_name[name] for name in dict.fromkeys(wanted)] if wanted else list(figures)
