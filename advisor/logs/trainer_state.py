"""`trainer_state.json` of Hugging Face's Trainer: training and evaluation records, one after the other, in `log_history`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.errors import LogError
from advisor.logs.jsonlines import DECODER, decoded
from advisor.logs.records import Record, Records, Wanted, merged, sparse_records

KEY = re.compile(r'"log_history"\s*:\s*\[')
_REPAIR = "copy the file again: the trainer may have been writing it"


def read_trainer_state(text: str, source: str, wanted: Wanted, mapped: Mapping[str, str]) -> Records:
    """The records of `log_history`, with the end of training as the column `horizon`.

    The horizon is counted as the axis is: in epochs where `mapped` names the column "epoch" and not "step", else in steps.
    `train_loss` of the last record is the mean over the whole run, no point of a curve, and is left out.
    """
    state = decoded(text, source, advice=_REPAIR)
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(state, dict) or not isinstance(history, list):
        raise LogError("holds no list log_history", source=source, advice=_REPAIR)
    axis = "epoch" if "epoch" in mapped.values() and "step" not in mapped.values() else "step"
    end = state.get({"epoch": "num_train_epochs", "step": "max_steps"}[axis])
    known = isinstance(end, str) and end.replace(".", "", 1).isdigit() and float(end) > 0  # -1 is "not set"
    horizon = {"horizon": end} if known else {}
    lines = _lines(text, len(history))
    return sparse_records(merged(_records(history, lines, source, horizon)), source, wanted)


def _records(history: list[object], lines: list[int], source: str, horizon: Mapping[str, object]) -> Iterator[Record]:
    for line, record in zip(lines, history, strict=True):
        if not isinstance(record, dict):
            raise LogError("is not an object", source=source, line=line, column="log_history", advice=_REPAIR)
        summary = "train_runtime" in record
        yield line, {**horizon, **{name: value for name, value in record.items() if not (summary and name == "train_loss")}}


def _lines(text: str, count: int) -> list[int]:
    """The line on which each record starts: the history is decoded once more, record by record."""
    at = KEY.search(text)
    position, lines, line, counted = at.end() if at else 0, [], 1, 0
    for _ in range(count):
        position = _skip(text, position)
        line, counted = line + text.count("\n", counted, position), position
        lines.append(line)
        position = DECODER.raw_decode(text, position)[1]
    return lines


def _skip(text: str, position: int) -> int:
    while text[position] in " \t\r\n,":
        position += 1
    return position
