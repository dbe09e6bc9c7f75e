"""The state file of `advisor serve`: what a policy learned, and a bound below which ids may already have been given out.

The bound is what makes a crash harmless: it lies ahead of the ids in use, and a policy that comes back goes on from there,
so no id ever means two decisions. A clean stop saves the exact next id, and nothing is skipped.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from advisor import strict_json
from advisor.artifact import Artifact, checksum
from advisor.commands.shared import for_people
from advisor.errors import InputError
from advisor.files import read_fit_bytes, reason, write_atomically
from advisor.options import flag
from advisor.text import shorten
from fits import registry
from fits.solver import Model, OptionsModel, Policy

SCHEMA = "advisor/serve/1"
ANOTHER = "choose another --state"
ANEW = "to start anew, move it away"


class State(Model):
    """What the file holds. `tells` counts every outcome the policy ever took in; `fit` is the checksum of what it started from."""

    solver: str
    version: str
    options: dict[str, Any]
    fit: str | None
    tells: int = Field(ge=0)
    ids_below: int = Field(ge=0)
    policy: dict[str, Any]


@dataclass(frozen=True)
class Store:
    """The state file at `path`, of one solver, its options and the fit it starts from."""

    path: str
    solver: registry.Solver
    options: OptionsModel
    fit: Artifact | None = None

    def load(self) -> State | None:
        """The saved state, or None where there is no file.

        Raises
        ------
        InputError
            The file cannot be read, is damaged, or belongs to something else.
        """
        data = _read(self.path)
        if data is None:
            return None
        content = _content(data, self.path)
        if content.get("solver") != self.solver.name:
            raise InputError(
                f"{self.path} is a state of {shorten(str(content.get('solver')))}, not of {self.solver.name}", advice=ANOTHER
            )
        try:
            state = State.model_validate(content)
            options = self.solver.PolicyOptions.model_validate(state.options).model_dump(mode="json")
        except ValidationError as error:
            raise self._misfit(content.get("version")) from error
        self._refuse_other(options, state)
        return state

    def policy(self, state: State | None) -> Policy:
        """The policy, going on from `state`.

        Raises
        ------
        InputError
            The solver cannot read the state: it was saved by another version.
        """
        if state is None:
            return start(self.solver, self.options, self.fit)
        try:
            policy = start(self.solver, self.options, self.fit, state.policy)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise self._misfit(state.version) from error
        policy.next_id = max(policy.next_id, state.ids_below)
        return policy

    def save(self, policy: Policy, tells: int, *, ahead: int) -> int:
        """Write the state, and return its bound: the next `ahead` ids may be given out before another save is needed.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        below = policy.next_id + ahead
        content = {
            "schema": SCHEMA,
            "solver": self.solver.name,
            "version": self.solver.entry.version,
            "options": self.options.model_dump(mode="json"),
            "fit": _fingerprint(self.fit),
            "tells": tells,
            "ids_below": below,
            "policy": policy.state(),
        }
        write_atomically(self.path, strict_json.compact({**content, "checksum": checksum(content)}) + "\n")
        return below

    def _refuse_other(self, saved: dict[str, Any], state: State) -> None:
        mine = self.options.model_dump(mode="json")
        for name in mine:
            if saved.get(name) != mine[name]:
                was, is_ = (shorten(f"{flag(name)} {value}") for value in (saved.get(name), mine[name]))
                raise InputError(f"{self.path} was saved with {was}, not {is_}", advice=f"give the same options, or {ANOTHER}")
        if state.fit != _fingerprint(self.fit):
            began = "without --fit" if state.fit is None else "from a fit" if self.fit is None else "from another --fit"
            raise InputError(f"{self.path} began {began}", advice=f"give the same --fit, or {ANOTHER}")

    def _misfit(self, version: object) -> InputError:
        made, mine = shorten(str(version)), self.solver.entry.version
        return InputError(f"{self.path} was saved by version {made} of {self.solver.name} and does not fit {mine}", advice=ANEW)


def start(solver: registry.Solver, options: OptionsModel, fit: Artifact | None, state: dict[str, Any] | None = None) -> Policy:
    """The solver's policy; its errors are put into people's words."""
    with for_people():
        return solver.policy(options, fit.fit if fit else None, state)


def _read(path: str) -> bytes | None:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {reason(error)}") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is not a regular file", advice=ANOTHER)
    return read_fit_bytes(path)


def _content(data: bytes, path: str) -> dict[str, Any]:
    """The document without its envelope, which is checked: format, version, checksum."""
    try:
        content = strict_json.loads(data)
    except ValueError as error:
        raise InputError(f"{path} is damaged or not a state of `advisor serve`: {error}", advice=f"{ANEW}, or {ANOTHER}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    version = re.fullmatch(r"advisor/serve/(\d{1,6})", schema) if isinstance(schema, str) else None
    if version is None:
        raise InputError(f"{path} is not a state of `advisor serve`", advice=ANOTHER)
    if schema != SCHEMA:
        raise InputError(f"{path} has another format ({schema}), perhaps of a newer advisor", advice=ANOTHER)
    try:
        intact = content["checksum"] == checksum(content)
    except (KeyError, RecursionError):
        intact = False
    if not intact:
        raise InputError(f"{path} was damaged or edited: its checksum does not match", advice=f"{ANEW}, or restore a backup")
    return {key: value for key, value in content.items() if key not in ("schema", "checksum")}


def _fingerprint(fit: Artifact | None) -> str | None:
    return None if fit is None else checksum(fit.fit.model_dump(mode="json"))
