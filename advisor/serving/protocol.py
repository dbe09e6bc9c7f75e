"""One JSON object a line in, one a line out.

    {"ask": {...}}                  -> {"id": 18, ...}                the decision; the keys beside "id" are the solver's
    {"tell": {"id": 18, ...}}       -> {"told": 18}                   its outcome; the keys beside "id" are the solver's
    {"tell": {...}, "ask": {...}}   -> {"told": 18, "id": 19, ...}    told first; if that fails, nothing is asked
    {"save": true}                  -> {"saved": 1200}                how many outcomes the state file now holds
    anything else                   -> {"error": {"code": "bad-request", "message": "...", "line": 7}}

Where the state was saved by itself, the reply ends with "saved" too. All that was answered up to and including a reply with
"saved" outlives a crash; an outcome that was counted is refused when it is told again ("unknown-id"). So a client that keeps
what it told until the next "saved", and sends it again after a crash, loses nothing and counts nothing twice. Decisions made
after the last save are gone with the crash: what is told of them is an "unknown-id" too.
"""

from __future__ import annotations

from typing import Any

from advisor import strict_json
from advisor.commands.shared import translated
from advisor.errors import OutputError
from advisor.render import tell
from advisor.serving.state import Store
from advisor.text import shorten
from fits.solver import BadQuery, Policy, SolverError, UnknownId

LONGEST = 1 << 16  # bytes of a line; a request is a few dozen
IDS_AHEAD = 10_000  # decisions that need no save; a crash skips at most so many ids
LOOP = frozenset({"tell", "ask"})  # keys of a request in the loop
OWN = frozenset({"id", "told", "saved", "error"})  # keys of a reply, which no value of a decision may be named


class Refused(Exception):
    """A request that gets an error for an answer: a code for machines, a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, shorten(message, 300)


class Server:
    """A policy that answers lines, and the state file it is kept in.

    Parameters
    ----------
    policy : decides and learns.
    store : where to keep it; None keeps nothing. It is saved at once: a file that cannot be written is told before the work.
    tells : outcomes the policy took in before.
    save_every : outcomes from one save to the next.
    """

    def __init__(self, policy: Policy, store: Store | None = None, *, tells: int = 0, save_every: int = 100) -> None:
        self.policy, self.store, self.tells, self.save_every = policy, store, tells, save_every
        self._next_save = tells + save_every
        self._ids_below = policy.next_id if store is None else store.save(policy, tells, ahead=IDS_AHEAD)

    def answer(self, data: bytes, line: int) -> str:
        """The reply to one line; `line` is its number."""
        reply: dict[str, Any] = {}
        try:
            self._answer(_request(data), reply)
        except Refused as error:
            reply["error"] = {"code": error.code, "message": error.message, "line": line}
        if self.store is not None and self.tells >= self._next_save:
            self._save_when_due(reply)
        return strict_json.compact(reply)

    def close(self) -> None:
        """Save for the last time: who goes on from here skips no id."""
        if self.store is not None:
            self.store.save(self.policy, self.tells, ahead=0)

    def _answer(self, request: dict[str, Any], reply: dict[str, Any]) -> None:
        if "save" in request:
            self._save()
            reply["saved"] = self.tells
            return
        if "tell" in request:
            outcome = request["tell"]
            reply["told"] = self._tell(outcome.pop("id"), outcome)
        if "ask" in request:
            reply.update(self._ask(request["ask"]))

    def _tell(self, id_: int, outcome: dict[str, Any]) -> int:
        try:
            self.policy.tell(id_, outcome)
        except UnknownId as error:
            raise Refused("unknown-id", str(error)) from error
        except BadQuery as error:
            raise Refused("bad-outcome", str(error)) from error
        except SolverError as error:
            raise Refused("cannot-answer", translated(error).message) from error
        self.tells += 1
        return id_

    def _ask(self, query: dict[str, Any]) -> dict[str, Any]:
        if self.store is not None and self.policy.next_id >= self._ids_below:
            self._save()
        try:
            id_, decision = self.policy.ask(query)
        except BadQuery as error:
            raise Refused("bad-query", str(error)) from error
        except SolverError as error:
            raise Refused("cannot-answer", translated(error).message) from error
        if not OWN.isdisjoint(decision):
            raise Refused("cannot-answer", f"no value of a decision may be named {', '.join(sorted(OWN))}")
        return {"id": id_, **decision}

    def _save(self) -> None:
        if self.store is None:
            raise Refused("not-saved", "there is no --state to save to")
        self._next_save = self.tells + self.save_every  # after a failure too: a full disk is not tried at every line
        try:
            self._ids_below = self.store.save(self.policy, self.tells, ahead=IDS_AHEAD)
        except OutputError as error:
            raise Refused("not-saved", error.message) from error

    def _save_when_due(self, reply: dict[str, Any]) -> None:
        """A full disk stops nobody's simulation: "saved" is missing from the reply, and people are told."""
        try:
            self._save()
            reply["saved"] = self.tells
        except Refused as error:
            tell(f"warning: {error.message}; trying again after {self.save_every} more outcomes")


def too_long(data: bytes) -> bool:
    """Whether `data` is only the start of a line that is longer than `LONGEST`."""
    return len(data) > LONGEST and data[-1:] != b"\n"


def _request(data: bytes) -> dict[str, Any]:
    """The request, its shape checked.

    Raises
    ------
    Refused
        It is not JSON, or not a request.
    """
    if too_long(data):
        raise Refused("too-long", f"a line may have {LONGEST} bytes")
    try:
        request = strict_json.loads(data)
    except ValueError as error:
        raise Refused("bad-json", str(error)) from error
    if not (isinstance(request, dict) and request and (request.keys() <= LOOP or _asks_to_save(request))):
        raise Refused("bad-request", 'expected {"ask": {...}}, {"tell": {...}}, both in one object, or {"save": true}')
    if "ask" in request and not isinstance(request["ask"], dict):
        raise Refused("bad-request", '"ask" holds an object, the query')
    if "tell" in request and not _is_outcome(request["tell"]):
        raise Refused("bad-request", '"tell" holds an object, the outcome, with the whole number "id"')
    return request


def _is_outcome(outcome: object) -> bool:
    return isinstance(outcome, dict) and type(outcome.get("id")) is int  # True is an int to Python, but no id


def _asks_to_save(request: dict[str, Any]) -> bool:
    return request.keys() == {"save"} and request["save"] is True
