"""The fit file: versioned JSON with provenance and a checksum, so that a damaged or foreign file is refused with one clear line."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from advisor import strict_json
from advisor.errors import FitError, OutputError
from advisor.files import read_fit_bytes, reason, refuse_special, write_atomically
from advisor.text import shorten
from fits import registry
from fits.solver import Caution, FitModel, Model

SCHEMA = "advisor/fit/1"


class Provenance(Model):
    """Which log a fit came from. `columns` maps each role to the column that was read for it."""

    sha256: str
    rows: int = Field(ge=0)
    used: int = Field(ge=0)
    dropped: int = Field(ge=0)
    columns: dict[str, str]


@dataclass(frozen=True)
class Artifact:
    """A fit together with all that is needed to know where it came from."""

    solver: str
    version: str
    log: Provenance
    options: dict[str, Any]
    warnings: list[Caution]
    fit: FitModel

    def document(self) -> dict[str, Any]:
        """The content of the fit file, its checksum last."""
        content = {
            "schema": SCHEMA,
            "solver": self.solver,
            "version": self.version,
            "log": self.log.model_dump(mode="json"),
            "options": self.options,
            "warnings": [warning.model_dump(mode="json") for warning in self.warnings],
            "fit": self.fit.model_dump(mode="json"),
        }
        return {**content, "checksum": checksum(content)}


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of all keys but the checksum itself."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return "sha256:" + hashlib.sha256(strict_json.canonical(rest)).hexdigest()


def save(artifact: Artifact, path: Path | str, *, force: bool = False) -> None:
    """Write the fit file atomically.

    Raises
    ------
    OutputError
        `path` cannot be written, or holds something that is not a fit and `force` is not set.
    """
    if not force:
        refuse_foreign(str(path))
    write_atomically(str(path), strict_json.pretty(artifact.document()) + "\n")


def refuse_foreign(path: str) -> None:
    """Raise OutputError where `path` exists and is not a fit file, so that a slip of the hand never destroys a log."""
    refuse_special(path)
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(4096)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    if start and not begins_as_fit(start):
        raise OutputError(f"{path} exists and is not a fit of advisor", advice="choose another -o, or give --force to replace it")


def begins_as_fit(start: bytes) -> bool:
    return re.match(rb'\s*\{\s*"schema"\s*:\s*"advisor/fit/', start) is not None


def load(source: str, *, solver: str | None = None) -> Artifact:
    """Read a fit file; ``-`` is stdin. With `solver`, only a fit of that solver is accepted.

    Raises
    ------
    FitError
        The file cannot be read, is damaged, of a newer format, or of another solver.
    """
    name = "the fit on stdin" if source == "-" else source
    content = _content(read_fit_bytes(source), name)
    if solver is not None and content["solver"] != solver:
        raise FitError(f"{name} is a fit of {shorten(content['solver'])}, not of {solver}")
    try:
        known = registry.load(content["solver"])
    except registry.UnknownSolver as error:
        raise FitError(
            f"{name} is a fit of {shorten(error.name)}, a solver that is not installed", advice="install the plugin that made it"
        ) from error
    try:
        return Artifact(
            solver=known.name,
            version=str(content["version"]),
            log=Provenance.model_validate(content["log"]),
            options=known.Options.model_validate(content["options"]).model_dump(mode="json"),
            warnings=[Caution.model_validate(warning) for warning in content["warnings"]],
            fit=known.Fit.model_validate(content["fit"]),
        )
    except (ValidationError, KeyError, TypeError) as error:
        made = shorten(str(content["version"]))
        raise FitError(
            f"{name} is not in the form in which {known.name} {known.entry.version} reads fits: version {made} made it",
            advice="make it again with `advisor fit`",
        ) from error


def _content(data: bytes, name: str) -> dict[str, Any]:
    """The document, with its envelope checked: format, version, checksum."""
    again = "make it again with `advisor fit`"
    if not data.strip():
        raise FitError(f"{name} is empty", advice=again)
    if data[:1] == b"\x80":
        raise FitError(f"{name} is a Python pickle, not a fit of advisor", advice="pickles are never opened: they can run code")
    try:
        content = strict_json.loads(data)
    except ValueError as error:
        raise FitError(f"{name} is damaged or not a fit of advisor: {error}", advice=again) from error
    schema = content.get("schema") if isinstance(content, dict) else None
    version = re.fullmatch(r"advisor/fit/(\d{1,6})", schema) if isinstance(schema, str) else None
    if version is None:
        raise FitError(f"{name} is not a fit of advisor", advice=again)
    if schema != SCHEMA:
        newer = int(version[1]) > int(SCHEMA.rsplit("/", 1)[1])
        problem = "was written by a newer advisor: upgrade advisor to read it" if newer else "has an unknown format"
        raise FitError(f"{name} {problem} ({schema})")
    try:
        intact = content["checksum"] == checksum(content)
    except (KeyError, RecursionError):
        intact = False
    if not (intact and isinstance(content.get("solver"), str) and "version" in content):
        raise FitError(f"{name} was damaged or edited: its checksum does not match", advice=again)
    return dict(content)
