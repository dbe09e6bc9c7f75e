"""Reads search spaces from TOML, YAML and JSON files, and the configurations of a pool from a table."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from advisor import strict_json
from advisor.errors import InputError, LogError
from advisor.files import reason
from advisor.text import shorten
from fits.solver import LogRow, Scalar, family, family_columns

if TYPE_CHECKING:
    from fits.space import Space

MAX_BYTES = 1 << 20  # a space is a page or two
MAX_VALUES = 100_000  # that a file may come to: the aliases of YAML let a few lines stand for billions

_EXAMPLES = {
    "TOML": '[parameters.lr] on one line, then type = "float", low = 1e-5, high = 0.1, log = true on lines of their own',
    "YAML": "parameters: {lr: {type: float, low: 1e-5, high: 0.1, log: true}}",
    "JSON": '{"parameters": {"lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": true}}}',
}
_FORMATS = {".toml": "TOML", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON"}


def read_space(path: str) -> Space:
    """The search space in a file: in our own form, as Optuna's distributions, or as Ax's parameters.

    The format is told by the name of the file; where that does not tell, by the content.

    Raises
    ------
    InputError
        The file cannot be read, or does not describe a space: which key, what was found, what was expected.
    """
    from fits.space import SpaceError
    from fits.space.foreign import read

    data = _bytes(path)
    format_ = _FORMATS.get(PurePath(path).suffix.lower()) or _told(data)
    content = _parsed(data, format_, path)
    try:
        return read(content)
    except SpaceError as error:
        raise InputError(f"{path}: {shorten(error.where)}: {error.problem}", advice=f"such as {_EXAMPLES[format_]}") from error


def _bytes(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {reason(error)}", advice="name a TOML, YAML or JSON file") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is too large to be a search space (more than {MAX_BYTES >> 20} MiB)", advice="is it a log?")
    if not data.strip():
        raise InputError(f"{path} is empty", advice=f"a search space is written as {_EXAMPLES['YAML']}")
    return data


def _told(data: bytes) -> str:
    """The format that the content shows: an object or a list of objects is JSON, and what TOML can read is TOML."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{") or (start.startswith(b"[") and start[1:].lstrip().startswith(b"{")):
        return "JSON"
    try:
        _toml(data)
    except (ValueError, RecursionError):
        return "YAML"
    return "TOML"


def _parsed(data: bytes, format_: str, path: str) -> object:
    """The file's content as plain data."""
    parse: dict[str, Callable[[bytes], object]] = {"TOML": _toml, "YAML": _yaml, "JSON": strict_json.loads}
    try:
        content = parse[format_](data)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})", advice="save the file as UTF-8") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply", advice=f"such as {_EXAMPLES[format_]}") from error
    except ValueError as error:
        raise InputError(f"{path}: not {format_}: {error}", advice="correct it there, or name the file after its format") from error
    _check_size(content, path)
    return content


def _toml(data: bytes) -> object:
    return tomllib.loads(data.decode().removeprefix("\ufeff"))


def _yaml(data: bytes) -> object:
    from advisor.strict_yaml import loads

    return loads(data)


def _check_size(content: object, path: str) -> None:
    """Refuse what comes to more values than any space; aliases may make it endless."""
    count, waiting = 0, [content]
    while waiting:
        value = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            raise InputError(f"{path} holds more than {MAX_VALUES:,} values", advice="a search space is a page or two")
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


# --- pools


class _Pool(LogRow):
    """A row of a table of configurations."""

    parameters: dict[str, str | None] = family("Parameters")


def read_pool(path: str) -> list[dict[str, Scalar]]:
    """The configurations in a table of any format that a log can have, a row each, without the cells that are empty.

    A column whose cells are all numbers holds numbers, one of true and false booleans, any other text.

    Raises
    ------
    LogError
        The table cannot be read: file, row, column, value, and what was expected.
    """
    from advisor.logs import read_log

    table = read_log(path, _Pool, families={"parameters": ["*"]})
    texts = family_columns(table.frame, "parameters")
    rows: list[dict[str, Scalar]] = [{} for _ in range(len(texts))]
    for name in texts.columns:
        cells: list[str | None] = [None if cell is None or not cell.strip() else cell for cell in texts[name].tolist()]
        try:
            values = _values(cells)
        except _NotFinite as error:
            source, line = table.place(int(texts.index[error.at]))
            raise LogError(
                "is not finite", source=source, line=line, column=name, value=cells[error.at], advice="fill it in or delete the row"
            ) from None
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[name] = value
    empty = next((i for i, row in enumerate(rows) if not row), None)
    if empty is not None:
        source, line = table.place(int(texts.index[empty]))
        raise LogError("holds no configuration", source=source, line=line, advice="fill it in or delete the row")
    return rows


class _NotFinite(Exception):
    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def _values(cells: list[str | None]) -> list[Any]:
    """The values of a column, None where it is empty."""
    import math

    known = [cell.strip() for cell in cells if cell is not None]
    if known and all(cell.casefold() in ("true", "false") for cell in known):
        return [None if cell is None else cell.strip().casefold() == "true" for cell in cells]
    try:
        if any(not cell.isascii() or "_" in cell for cell in known):
            raise ValueError
        numbers = [None if cell is None else float(cell) for cell in cells]
    except ValueError:
        return list(cells)
    wrong = next((i for i, number in enumerate(numbers) if number is not None and not math.isfinite(number)), None)
    if wrong is not None:
        raise _NotFinite(wrong)
    if all(cell.lstrip("+-").isdigit() for cell in known):
        return [None if cell is None else int(cell) for cell in cells]
    return numbers
