"""`advisor VERB SOLVER`: one command a registered solver, built only when it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from advisor.errors import UsageError
from advisor.text import shorten
from fits import registry

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

Build = Callable[[registry.Solver], Callable[..., None]]


class SolverGroup(TyperGroup):
    """A group whose commands are the solvers; listing them imports none."""

    def __init__(self, *, name: str, help: str, build: Build) -> None:  # noqa: A002  (Typer's own name)
        super().__init__(name=name, help=help, rich_markup_mode=None, no_args_is_help=True, subcommand_metavar="SOLVER ...")
        self.build = build

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002  (Typer passes it)
        return list(registry.entries())

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name.startswith("-"):
            return None
        try:
            solver = registry.load(cmd_name)
        except registry.UnknownSolver as error:
            if ctx.resilient_parsing:  # shell completion: no such command is no error
                return None
            raise unknown_solver(error) from error
        shown = "".join(f"\n  $ {line}" for line in solver.examples.get(str(self.name), ()))
        examples = f"\n\n\b{shown}" if shown else ""
        made: Command = command(cmd_name, self.build(solver), f"{self.help}\n\n{solver.name}: {solver.entry.summary}.{examples}")
        return made

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002  (Typer passes it)
        with formatter.section("Solvers"):
            formatter.write_dl([(name, entry.summary) for name, entry in registry.entries().items()])


def command(name: str, function: Callable[..., None], help_text: str) -> Any:
    """One Typer command made of `function`."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, help=help_text)(function)
    return typer.main.get_command(app)


def unknown_solver(error: registry.UnknownSolver) -> UsageError:
    """The error for people, with the nearest names."""
    near = difflib.get_close_matches(error.name, error.known, n=2)
    advice = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(error.known)}"
    return UsageError(f"no solver named {shorten(error.name)!r}", advice=advice)
