"""A search space guessed from what a log has tried: the kind of each column, its scale, its range, and when it exists at all.

A guess does not depend on the order of the rows, and each comes with a sentence that says it, for people to object to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fits.space.columns import Column, explained
from fits.space.kinds import FEW, kind_of, said
from fits.space.model import Space
from fits.space.parameters import Float, Parameter, Value
from fits.space.unfit import COUNTS, is_named_id, unfit

if TYPE_CHECKING:
    import pandas as pd


def infer(frame: pd.DataFrame) -> tuple[Space, list[str]]:
    """Guess the space that the rows of a log lie in.

    Parameters
    ----------
    frame : a column a parameter; numbers (NaN where empty), or text (None where empty).

    Returns
    -------
    The space, perhaps without any parameter, and one sentence a column: what was guessed, or why it was left out.
    """
    columns = [Column(str(name), frame[name].tolist()) for name in frame.columns]
    out = {column.name: reason for column in columns if (reason := unfit(column)) is not None}
    if len(out) == len(columns):  # a sweep of one parameter looks like a count of its rows
        out = {name: reason for name, reason in out.items() if reason != COUNTS or is_named_id(name)}
    guessed: dict[str, tuple[Parameter, str]] = {}
    for column in columns:
        found = out.get(column.name) or kind_of(column)
        if isinstance(found, str):
            out[column.name] = found
        else:
            guessed[column.name] = found
    conditions = _conditions(
        [column for column in columns if column.name in guessed], {name: its for name, (its, _) in guessed.items()}
    )
    parameters: dict[str, Parameter] = {}
    sentences = []
    for column in columns:
        empty = column.rows - len(column.filled)
        if column.name in out:
            sentences.append(f"{column.name}: {out[column.name]}")
        elif column.name not in conditions:
            sentences.append(f"{column.name}: left out: empty in {empty} of {column.rows} rows, and no other column says when")
        else:
            parameter, sentence = guessed[column.name]
            when = conditions[column.name]
            parameters[column.name] = parameter.model_copy(update={"when": when})
            if when:
                sentence += "".join(f", where {parent} is {' or '.join(map(said, values))}" for parent, values in when.items())
            elif empty:
                sentence += f"; not in the {empty} of {column.rows} rows where it is empty, which are of no use"
            sentences.append(f"{column.name}: {sentence}")
    if parameters:
        sentences.append("the bounds are those of the log: give --space to search beyond them")
    return Space(parameters=parameters), sentences


def _conditions(columns: Sequence[Column], parameters: Mapping[str, Parameter]) -> dict[str, dict[str, list[Value]]]:
    """When each column is filled, by its name; a column that is mostly empty without a reason to be found has none."""
    kept = list(columns)
    while True:
        parents = [column for column in kept if _can_decide(column, parameters[column.name])]
        conditions = {column.name: explained(column, parents) for column in kept}
        left = [column for column in kept if conditions[column.name] or 2 * len(column.filled) >= column.rows]
        if len(left) == len(kept):
            return conditions
        kept = left  # what was left out is no parent either


def _can_decide(column: Column, parameter: Parameter) -> bool:
    """Whether a column can say when others exist: few values, each seen twice on average."""
    return not isinstance(parameter, Float) and 2 * len(column.different) <= column.rows and len(column.different) <= 2 * FEW
