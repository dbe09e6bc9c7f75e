"""The command line: the verbs, and every error turned into one line and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

import fits
from advisor.commands import backtest, fit, inspect, recommend, report, serve, solvers
from advisor.commands.group import SolverGroup, unknown_solver
from advisor.commands.shared import translated
from advisor.errors import AdvisorError, OutputError
from advisor.render import StdoutClosed, abandon_stdout, emit, tell
from fits.registry import UnknownSolver
from fits.solver import SolverError

COMPLETE = "_ADVISOR_COMPLETE"  # set by the shell's completion script
INTERRUPTED = 130
BUG = 1
REPORT = "this is a bug in advisor, please report it"


def _version(asked: bool) -> None:
    if asked:
        emit(f"advisor {fits.__version__}")
        raise typer.Exit


VersionOption = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version")]


def command() -> Any:
    """The whole command tree; the commands of a solver are built only when they are asked for."""
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def advisor(version: VersionOption = False) -> None:
        """Given everything you have tried, what should you try next?"""

    app.command("solvers", help=solvers.HELP)(solvers.solvers)
    app.command("inspect", help=inspect.HELP)(inspect.inspect)
    root: Any = typer.main.get_command(app)
    verbs = {
        "fit": SolverGroup(name="fit", help=fit.HELP, build=fit.fit_command),
        "recommend": SolverGroup(name="recommend", help=recommend.HELP, build=recommend.recommend_command),
        "backtest": SolverGroup(name="backtest", help=backtest.HELP, build=backtest.backtest_command),
        "report": report.ReportGroup(name="report", help=report.HELP, build=report.report_command),
        "serve": SolverGroup(name="serve", help=serve.HELP, build=serve.serve_command),
    }
    root.commands = {**verbs, **root.commands}  # the order of the help: the main job first
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_encode()
    try:
        return _run(arguments)
    except StdoutClosed:
        abandon_stdout()
        return 0
    except Exception as error:  # noqa: BLE001  (the one place where every error ends)
        if "--debug" in arguments:
            _trace()
        return _report(error)
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    root = command()
    try:
        if COMPLETE in os.environ:
            root.main(prog_name="advisor")  # answers the shell and exits
        with root.make_context("advisor", arguments) as context:
            root.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except BrokenPipeError as error:  # --help, which Typer writes itself
        raise StdoutClosed from error
    return 0


def _report(error: Exception) -> int:
    match error:
        case AdvisorError():
            known = error
        case SolverError():
            known = translated(error)
        case UnknownSolver():
            known = unknown_solver(error)
        case OSError() if error.errno == errno.ENOSPC:
            known = OutputError("no space left on the device")
        case TyperException():
            return _usage(error)
        case _:
            tell(f"error: {REPORT}: {type(error).__name__}: {error}")
            tell("hint: --debug shows the traceback")
            return BUG
    tell(f"error: {known.message}")
    if known.advice:
        tell(f"hint: {known.advice}")
    return known.exit_code


def _usage(error: TyperException) -> int:
    """What Typer found wrong. Its text repeats arguments, so it is printed by `tell`, which makes it harmless."""
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Usage:"):  # no arguments at all: the help
        for line in message.split("\n"):
            tell(line)
        return error.exit_code
    tell(f"error: {message}")
    context = getattr(error, "ctx", None)
    if context is not None:
        tell(f"hint: {context.command_path} --help")
    return error.exit_code


def _trace() -> None:
    for line in traceback.format_exc().splitlines():
        tell(line)


def _never_fail_to_encode() -> None:
    """In an ASCII locale a sign that cannot be written becomes an escape, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
