"""Puts data on stdout and people's text on stderr: the format that was asked for, nothing raw from a user."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from advisor.errors import OutputError
from advisor.text import printable
from fits.solver import Caution, Scalar

Format = Literal["table", "json", "ndjson", "csv"]
Rows = Sequence[Mapping[str, Scalar]]


class StdoutClosed(Exception):
    """Whoever read stdout has gone (``| head -1``): nothing is left to do, and nothing is wrong."""


def chosen(asked: Format | None) -> Format:
    """The format to write: what was asked for, else a table on a terminal and JSON in a pipe."""
    return asked or ("table" if on_terminal() else "json")


def on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def emit(text: str) -> None:
    """Write lines to stdout and flush them.

    Raises
    ------
    StdoutClosed
        Nobody reads any more.
    OutputError
        The device is full, or another error of the system.
    """
    if sys.stdout is None:  # the shell's >&-
        raise StdoutClosed
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise StdoutClosed from error
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {error.strerror}") from error


def abandon_stdout() -> None:
    """Send what is still buffered to nowhere, so that the interpreter's flush at exit fails no more."""
    if sys.stdout is None:
        return
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # not a real file: nothing will be flushed to a closed pipe
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def tell(text: str) -> None:
    """One line for people, on stderr. A stderr that is gone is no reason to fail."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def caution(warnings: Iterable[Caution], *, quiet: bool = False) -> None:
    """Tell each warning once."""
    if not quiet:
        for text in dict.fromkeys(f"warning: {warning.message} [{warning.code}]" for warning in warnings):
            tell(text)


def csv_text(rows: Rows, columns: Sequence[str] | None = None) -> str:
    """CSV with a header; numbers in full precision, nothing for null."""
    names = list(columns) if columns is not None else list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([printable(name) for name in names])
    writer.writerows([_csv_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _csv_cell(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(value) if isinstance(value, str) else repr(value)
