"""`advisor serve SOLVER`: a solver inside somebody's loop, JSON lines on stdin and stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from advisor import artifact
from advisor.commands.shared import DebugOption, QuietOption, names_with
from advisor.errors import UsageError
from advisor.lock import locked
from advisor.options import build, given, parameters, with_parameters
from advisor.render import caution
from advisor.serving.loop import serve
from advisor.serving.protocol import Server
from advisor.serving.state import Store, start
from fits import registry

SAVE_EVERY = 100

HELP = """Decide inside a loop of yours: JSON lines on stdin and stdout.

Ask before each step, tell how it went; every line gets one line in reply, at once:

\b
  $ advisor serve SOLVER --state policy.json
  {"ask": {"x": 0.31}}                                ->  {"id":1,"y":1.62}
  {"tell": {"id": 1, "cost": 41}, "ask": {"x": 0.3}}  ->  {"told":1,"id":2,"y":1.57}
  {"tell": {"id": 2, "cost": 38}}                     ->  {"told":2}
  {"save": true}                                      ->  {"saved":2}

The keys beside "id" are the solver's. With both in one line, nothing is asked if the tell fails. A line that cannot be answered
gets {"error":{"code":"...","message":"...","line":7}}, and the loop goes on. Codes: bad-json, bad-request, too-long, bad-query,
bad-outcome, unknown-id, cannot-answer, not-saved.

With --state a later start goes on where this one ended. The state is saved every --save-every outcomes, on {"save": true}, at
the end of stdin, and on SIGTERM (exit code 0) and SIGINT (130). A reply with "saved", the number of outcomes in the file, says
that all that was answered so far outlives a crash. After a crash, tell again what was told since: an outcome that was counted is
refused ("unknown-id"), never counted twice, and no id is given twice.
"""

StateOption = Annotated[
    str | None, typer.Option("--state", metavar="FILE.json", help="Go on from this file if it exists, and keep the policy in it")
]
SaveEveryOption = Annotated[
    int | None,
    typer.Option("--save-every", min=1, metavar="INT", help=f"Save --state after so many outcomes  [default: {SAVE_EVERY}]"),
]
FitOption = Annotated[str | None, typer.Option("--fit", metavar="FIT.json", help="Start from a fit made by `advisor fit`")]


def serve_command(solver: registry.Solver) -> Callable[..., None]:
    """The command `advisor serve` for one solver."""

    def run(
        state: StateOption = None,
        save_every: SaveEveryOption = None,
        fit: FitOption = None,
        quiet: QuietOption = False,
        _debug: DebugOption = False,
        **fields: Any,
    ) -> None:
        if not solver.has_policy:
            able = names_with(lambda other: other.has_policy)
            raise UsageError(f"{solver.name} cannot be used in a loop", advice=f"these can: {', '.join(able) or 'none'}")
        if "-" in (state, fit):
            raise UsageError("stdin (-) brings the requests: --state and --fit need a file")
        if state is None and save_every is not None:
            raise UsageError("--save-every says how often to save --state", advice="give --state FILE.json, or leave it out")
        options = build(solver.PolicyOptions, given(solver.PolicyOptions, fields))
        made = None if fit is None else artifact.load(fit, solver=solver.name)
        if made is not None:
            caution([*made.warnings, *made.fit.warnings], quiet=quiet)
        stdin = None if sys.stdin is None else sys.stdin.buffer
        if state is None:
            server, news = Server(start(solver, options, made)), "no --state, so nothing will be kept"
            serve(server, stdin, None if quiet else f"{solver.name}: {news}")
            return
        with locked(state):
            store = Store(state, solver, options, made)
            saved = store.load()
            policy = store.policy(saved)
            news = f"new state {state}"
            if saved is not None:
                news = f"resumed {state}, outcomes told: {saved.tells}, next id: {policy.next_id}"
            server = Server(policy, store, tells=saved.tells if saved else 0, save_every=save_every or SAVE_EVERY)
            serve(server, stdin, None if quiet else f"{solver.name}: {news}")

    return with_parameters(run, parameters(solver.PolicyOptions))
