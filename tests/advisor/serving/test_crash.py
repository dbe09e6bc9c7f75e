"""kill -9 at any moment: what a client that follows the protocol can rely on."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any


class Careful:
    """A client as the protocol asks for: it keeps what it told until a reply says "saved", and tells it again after a crash."""

    def __init__(self) -> None:
        self.ids: list[int] = []  # all that were given
        self.kept: dict[int, float] = {}  # told, and perhaps lost
        self.safe: dict[int, float] = {}  # told, and on the disk
        self.waiting: list[int] = []  # on the disk before they were told
        self.answered: list[int] = []  # what this process was told since it saved
        self.open: int | None = None  # the decision to tell next

    def recover(self, process: Any) -> None:
        """Begin with a new process."""
        self.answered, self.open = [], None
        for id_, cost in list(self.kept.items()):
            reply = process.request(tell={"id": id_, "cost": cost})
            if "error" in reply:  # it was counted before the last save, or its decision went with the crash
                assert reply["error"]["code"] == "unknown-id"
                del self.kept[id_]
            self._note(id_, reply)

    def work(self, process: Any, steps: int) -> None:
        if self.open is None:
            self.open = self._asked(process.request(ask={"c": 0.5}))
        for _ in range(steps):
            id_ = self.open
            self.kept[id_] = id_ * 0.5
            reply = process.request(tell={"id": id_, "cost": id_ * 0.5}, ask={"c": 0.5})
            assert reply["told"] == id_
            self._note(id_, reply)
            self.open = self._asked(reply)
            if "saved" in reply:
                self.waiting.append(self.open)

    def _asked(self, reply: dict[str, Any]) -> int:
        self.ids.append(reply["id"])
        return self.ids[-1]

    def _note(self, id_: int, reply: dict[str, Any]) -> None:
        if "told" in reply:
            self.answered.append(id_)
        if "saved" in reply:
            self.safe |= {told: self.kept.pop(told) for told in self.answered}
            self.answered = []


def killed(kills: int, start: Callable[[], Any]) -> Careful:
    """What a client went through whose server was killed so often, and then ended in order."""
    careful, dice = Careful(), random.Random(1)
    for _ in range(kills):
        process = start()
        careful.recover(process)
        careful.work(process, dice.randrange(40))
        killer = threading.Timer(dice.uniform(0, 0.02), process.process.kill)
        killer.start()
        with suppress(EOFError, BrokenPipeError, ConnectionResetError):
            careful.work(process, 10**9)
        killer.join()
        process.clear()
    process = start()
    careful.recover(process)
    careful.work(process, 10)
    assert process.end() == (0, "")
    assert len(set(careful.ids)) == len(careful.ids), "an id was given twice"
    return careful


def test_twenty_kills_of_sor_count_every_outcome_once(client, state):
    start = partial(client, "--contexts", "c", "--state", state, "--save-every", "7", solver="sor")
    careful = killed(20, start)
    saved = json.loads(state.read_text())
    assert saved["tells"] == saved["policy"]["tells"] == saved["policy"]["model"]["solves"]
    assert len(careful.safe) > 200
    assert len(careful.safe) + len(careful.kept) <= saved["tells"] < len(careful.ids)


def test_twenty_kills_lose_nothing_that_was_saved_and_count_nothing_twice(client, state):
    careful = killed(20, partial(client, "--state", state, "--save-every", "7"))
    saved = json.loads(state.read_text())
    told = [id_ for id_, _ in saved["policy"]["told"]]
    assert len(set(told)) == len(told) == saved["tells"], "an outcome was counted twice"
    costs = dict(saved["policy"]["told"])
    assert len(careful.safe) > 200
    assert careful.safe.items() <= costs.items(), "an outcome that was saved is lost"
    assert careful.kept.items() <= costs.items(), "an outcome of the last run is lost, in spite of a clean end"
    assert set(careful.waiting) - {careful.ids[-1]} <= costs.keys(), "a decision that was saved while it waited is lost"
