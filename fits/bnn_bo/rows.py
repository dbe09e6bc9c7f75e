"""From the log's cells to trials: configurations in the space's own values, outcomes as numbers, and how each evaluation ended."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fits.bnn_bo.schema import Status, Trial
from fits.solver import BadRow, family_columns

if TYPE_CHECKING:
    import pandas as pd

    from fits.space import Space

WORDS: dict[Status, frozenset[str]] = {
    "done": frozenset({"done", "complete", "completed", "finished", "success", "succeeded", "ok", "terminated"}),
    "failed": frozenset(
        {"failed", "fail", "failure", "error", "crashed", "crash", "pruned", "killed", "abandoned", "early_stopped", "timeout"}
    ),
    "pending": frozenset({"pending", "running", "waiting", "queued", "candidate", "staged", "created"}),
}
_TRUE, _FALSE = frozenset({"true", "1", "yes", "1.0"}), frozenset({"false", "0", "no", "0.0"})


def trials(log: pd.DataFrame, space: Space, outcomes: Sequence[str]) -> list[Trial]:
    """The rows of a log with the columns of `Log`, in its order.

    Without a status a row is done where all `outcomes` are finite numbers, failed where one of them is not, pending where all are
    empty.

    Raises
    ------
    BadRow
        A cell is not what its column holds.
    """
    parameters, measured = family_columns(log, "parameters"), family_columns(log, "outcomes")
    statuses = log["status"] if "status" in log.columns else [None] * len(log)
    found = []
    for row, status in zip(log.index, statuses, strict=True):
        config = {
            name: value(space.parameters[name], text, int(row), name)
            for name, text in parameters.loc[row].items()
            if name in space.parameters and not _is_missing(space.parameters[name], text)
        }
        cells: dict[str, str | None] = measured.loc[row].to_dict()
        numbers = {name: _number(cells[name], int(row), name) for name in outcomes if name in cells}
        finite = {name: value for name, value in numbers.items() if value is not None and math.isfinite(value)}
        found.append(Trial(row=int(row), config=config, status=_status(status, numbers, finite, int(row)), outcomes=finite))
    return found


def _is_missing(parameter: Any, text: str | None) -> bool:
    """Whether a cell says that a parameter has no value: an empty one, of numbers also "nan" and the like."""
    if text is None or parameter.type not in ("float", "integer"):
        return text is None
    try:
        found = number(text)
    except ValueError:
        return False
    return found is None or math.isnan(found)


def _status(word: str | None, numbers: dict[str, float | None], finite: dict[str, float], row: int) -> Status:
    if word is not None:
        key = word.strip().rpartition(".")[2].casefold().replace(" ", "_").replace("-", "_")  # also "TrialState.COMPLETE"
        said = next((status for status, words in WORDS.items() if key in words), None)
        if said is None:
            raise BadRow(row=row, column="status", value=word, expected="done, failed or pending")
        if said != "done" or len(finite) == len(numbers):
            return said
        return "failed"
    if len(finite) == len(numbers):
        return "done"
    return "pending" if all(value is None for value in numbers.values()) else "failed"


def number(text: str | None) -> float | None:
    """The number that a cell holds, perhaps not finite; None where it is empty.

    Raises
    ------
    ValueError
        It holds something else.
    """
    bare = "" if text is None else text.strip()
    if not bare or bare.casefold() in ("none", "null", "na", "n/a"):
        return None
    if not bare.isascii() or "_" in bare:
        raise ValueError(bare)
    return float(bare)


def _number(text: str | None, row: int, name: str) -> float | None:
    try:
        return number(text)
    except ValueError as error:
        raise BadRow(row=row, column=f"outcomes.{name}", value=text, expected="a number") from error


def value(parameter: Any, text: str, row: int, name: str) -> bool | int | float | str:
    """The value of a parameter that a cell stands for.

    A number outside the parameter's range is kept: the caller says what is to be done with rows outside the space.
    """
    column = f"parameters.{name}"
    if parameter.type == "boolean":
        key = text.strip().casefold()
        if key not in _TRUE | _FALSE:
            raise BadRow(row=row, column=column, value=text, expected="true or false")
        return key in _TRUE
    if parameter.type in ("categorical", "ordinal"):
        return _choice(parameter.choices, text, row, column)
    try:
        found = number(text)
    except ValueError:
        found = None
    if found is None or not math.isfinite(found):
        raise BadRow(row=row, column=column, value=text, expected="a number")
    if parameter.type == "integer":
        if found != round(found):
            raise BadRow(row=row, column=column, value=text, expected="a whole number")
        return int(found)
    return found


def _choice(choices: Iterable[bool | int | float | str], text: str, row: int, column: str) -> bool | int | float | str:
    """The choice that is written as `text`: as it stands or, of numbers, as a number."""
    for choice in choices:
        if str(choice) == text or (isinstance(choice, bool) and str(choice).casefold() == text.strip().casefold()):
            return choice
    for choice in choices:
        if isinstance(choice, int | float) and not isinstance(choice, bool):
            try:
                if number(text) == float(choice):
                    return choice
            except ValueError:
                continue
    raise BadRow(row=row, column=column, value=text, expected="one of " + ", ".join(map(str, choices)))
