"""`advisor recommend --follow`: a new answer whenever a log has changed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from advisor import strict_json
from advisor.answer import Source, answer
from advisor.errors import LogError, NoRows, TooLittle, UsageError
from advisor.render import Format, caution, emit, on_terminal, tell
from advisor.signals import Signals, Stopped
from fits import registry
from fits.solver import Advice, QueryModel

INTERVAL = 1.0  # s between two looks at the logs
_CLEAR = "\x1b[H\x1b[2J"


class Answer(NamedTuple):
    """What was learned from the logs as they are now, and the advice."""

    source: Source
    advice: list[Advice]


def form_of(asked: Format | None) -> Format:
    """NDJSON in a pipe, one line an answer; on a terminal a table that is drawn again."""
    if asked not in (None, "ndjson", "table"):
        raise UsageError(f"--follow: {asked} holds one answer only", advice="choose ndjson or table")
    return asked or ("table" if on_terminal() else "ndjson")


def follow(logs: Sequence[str], ask: Callable[[], Answer], show: Callable[[Answer], None], *, interval: float, quiet: bool) -> None:
    """Show what `ask` answers now, and again each time that changed logs change the answer, until SIGTERM.

    Logs that are not there yet, hold no rows, or too few, are told of once and waited for.

    Raises
    ------
    KeyboardInterrupt
        SIGINT.
    AdvisorError
        Whatever else is wrong, which no waiting would mend.
    """
    signals = Signals()
    try:
        _follow(logs, ask, show, interval, quiet, signals)
    except Stopped:
        pass
    finally:
        signals.restore()
    if signals.got == signal.SIGINT:
        raise KeyboardInterrupt


def _follow(
    logs: Sequence[str],
    ask: Callable[[], Answer],
    show: Callable[[Answer], None],
    interval: float,
    quiet: bool,
    signals: Signals,
) -> None:
    seen: list[object] | None = None
    shown: object = None
    waiting: type[Exception] | None = None  # the trouble that was told of
    broken = False
    signals.working = False  # reading and fitting may be cut anywhere, writing may not
    while signals.got is None:
        now = [_state(Path(log)) for log in logs]  # before reading: what is written meanwhile is a change
        if now != seen or broken:
            first, seen = seen is None, now
            try:
                found = ask()
            except (NoRows, TooLittle) as error:
                if waiting is not type(error) and not quiet:
                    tell(f"{error.message}; waiting for more")
                waiting, broken = type(error), False
            except LogError:
                if first or broken:
                    raise
                broken = True  # it may have been caught half written: look once more
            else:
                waiting, broken = None, False
                news = (found.source.fit, found.source.warnings, found.advice)
                if news != shown:
                    signals.working = True
                    show(found)
                    signals.working = False
                    shown = news
        if signals.got is None:
            time.sleep(interval)


def _state(log: Path) -> object:
    """What changes when a log, or a file in the folder that is a log, is written to, replaced or removed."""
    found = []
    for path in sorted(log.rglob("*")) if log.is_dir() else [log]:
        try:
            its = path.stat()
        except (OSError, ValueError):  # not there, or a NUL in the path
            continue
        found.append((str(path), its.st_ino, its.st_size, its.st_mtime_ns))
    return found


def show(solver: registry.Solver, query: QueryModel, form: Format, found: Answer, *, quiet: bool) -> None:
    """Write one answer of many."""
    document = answer(solver, found.source, query, found.advice)
    if form == "ndjson":
        emit(strict_json.compact(document))
    else:
        from advisor.advice_table import advice_text

        again = on_terminal() and os.environ.get("TERM") != "dumb"
        emit((_CLEAR if again else "") + advice_text(found.advice) + "\n")
    caution([*found.source.warnings, *(warning for item in found.advice for warning in item.warnings)], quiet=quiet)
    if form == "table" and not quiet:
        tell(f"{document['source']['rows_used']} rows used; waiting for more, Ctrl-C ends")
