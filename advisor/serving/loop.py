"""The loop of `advisor serve`: lines from stdin, replies to stdout, and an orderly end however it comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import BinaryIO

from advisor.errors import AdvisorError, InputError
from advisor.files import reason
from advisor.render import StdoutClosed, emit, tell
from advisor.serving.protocol import LONGEST, Server, too_long
from advisor.signals import Signals, Stopped


def serve(server: Server, stdin: BinaryIO | None, started: str | None = None) -> None:
    """Answer every line of `stdin` (None: it is closed), and save at the end; `started` is told once signals are heeded.

    An exception of the policy is a bug: it may have left the policy half changed, so the state is then not saved.

    Raises
    ------
    KeyboardInterrupt
        SIGINT. SIGTERM is an ordinary end.
    StdoutClosed
        Nobody reads the replies any more.
    InputError, OutputError
        stdin or stdout broke, or the last save failed.
    """
    signals = Signals()
    ended: Exception | None = None
    try:
        try:
            if started is not None:
                tell(started)
            _answer_all(server, stdin, signals)
        except (StdoutClosed, AdvisorError) as error:
            ended = error
        except Stopped:
            pass
        server.close()
    finally:
        signals.restore()
    if signals.got == signal.SIGINT:
        raise KeyboardInterrupt
    if ended is not None:
        raise ended


def _answer_all(server: Server, stdin: BinaryIO | None, signals: Signals) -> None:
    lines = iter(()) if stdin is None else _lines(stdin)
    try:
        signals.working = False
        while signals.got is None and (request := next(lines, None)) is not None:
            line, data = request
            signals.working = True
            reply = server.answer(data, line)
            signals.working = False
            emit(reply)
    finally:
        signals.working = True


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not blank, as soon as it is there; of a line that is too long, only its start."""
    number = 0
    try:
        while data := stream.readline(LONGEST + 1):
            number += 1
            rest = data
            while too_long(rest):
                rest = stream.readline(LONGEST + 1)
            if rest is not data or data.strip():
                yield number, data
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read stdin: {reason(error)}") from error
