"""An orderly end on SIGTERM and SIGINT: at once while nothing is under way, otherwise when that is done."""

from __future__ import annotations

import signal
import time
from types import FrameType

PATIENCE = 1.0  # s; one Ctrl-C often arrives twice, from the terminal and from the client


class Stopped(BaseException):
    """A signal asked to end while nothing was under way that must not be cut."""


class Signals:
    """While `working`, a signal is only noted in `got`; otherwise it raises `Stopped`.

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
                raise Stopped
            if not first:
                raise KeyboardInterrupt
