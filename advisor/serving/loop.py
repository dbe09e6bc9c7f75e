"""The loop of `advisor serve`: lines from stdin, replies to stdout, and an orderly end however it comes."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import BinaryIO

from advisor.errors import AdvisorError, InputError
from advisor.files import reason
from advisor.render import StdoutClosed, emit, tell
from advisor.serving.protocol import LONGEST, Server, too_long

PATIENCE = 1.0  # s; one Ctrl-C often arrives twice, from the terminal and from the client


class _Stopped(BaseException):
    """A signal asked to end while no request was under way, so the policy is whole."""


class _Signals:
    """SIGTERM and SIGINT end the wait for a line at once, and wait for the end of a request or a save.

    One more, `PATIENCE` later, gives up whatever is under way.
    """

    def __init__(self) -> None:
        self.working = True
        self.got: int | None = None
        self._since = 0.0
        self._before = {number: signal.signal(number, self._take) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (Python passes it)
        first, now = self.got is None, time.monotonic()
        if first:
            self.got, self._since = number, now
        if first or now - self._since > PATIENCE:
            if not self.working:
                raise _Stopped
            if not first:
                raise KeyboardInterrupt


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
    signals = _Signals()
    ended: Exception | None = None
    try:
        try:
            if started is not None:
                tell(started)
            _answer_all(server, stdin, signals)
        except (StdoutClosed, AdvisorError) as error:
            ended = error
        except _Stopped:
            pass
        server.close()
    finally:
        signals.restore()
    if signals.got == signal.SIGINT:
        raise KeyboardInterrupt
    if ended is not None:
        raise ended


def _answer_all(server: Server, stdin: BinaryIO | None, signals: _Signals) -> None:
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
