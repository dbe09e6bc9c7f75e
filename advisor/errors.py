"""Every error a user can meet: its exit code and its advice.

    AdvisorError
    ├── UsageError       2  the command line is wrong
    ├── InputError       3  something that was read is not what it should be
    │   ├── LogError        the log: file, line, column, value, what was expected
    │   │   └── NoRows         it holds no rows, or is not there
    │   ├── FitError        the fit file
    │   └── RequestError    a line of NDJSON requests
    ├── OutputError      3  the answer cannot be written where it should go
    └── CannotAnswer     4  all was read, but it is too little or too degenerate to answer
        └── TooLittle       too little

Exit code 1 is a bug, 130 an interrupt.
"""

from __future__ import annotations

from advisor.text import printable, shorten


class AdvisorError(Exception):
    """An error for people: what is wrong, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message, self.advice = printable(message), printable(advice)


class UsageError(AdvisorError):
    """The command line is wrong."""

    exit_code = 2


class InputError(AdvisorError):
    """Something that was read is not what it should be."""

    exit_code = 3


class LogError(InputError):
    """A log that cannot be used.

    Parameters
    ----------
    problem : what is wrong, without the place.
    source : the file, or "stdin".
    line : 1-based line of a text file (its header is line 1), row of a Parquet file; None when the whole file is at fault.
    column : name of the column as it stands in the file.
    value : the offending text.
    advice : what to do.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        advice: str = "",
    ) -> None:
        place = [printable(source)]
        if line is not None:
            place.append(f"line {line}")
        if column is not None:
            place.append(f"column {shorten(column)!r}")
        said = f" (found {shorten(value)!r})" if value is not None else ""
        super().__init__(f"{', '.join(place)}: {problem}{said}", advice=advice)
        self.problem, self.source, self.line, self.column, self.value = problem, source, line, column, value


class NoRows(LogError):
    """A log that holds no rows, or is not there: while it is still being written it may get some."""


class FitError(InputError):
    """A fit file that cannot be used."""


class RequestError(InputError):
    """At least one line of the requests was not a valid query."""


class OutputError(AdvisorError):
    """The answer cannot be written where it should go."""

    exit_code = 3


class CannotAnswer(AdvisorError):
    """All was read, but it is too little or too degenerate to answer."""

    exit_code = 4


class TooLittle(CannotAnswer):
    """Too little to answer: while the log is still being written it may become enough."""
