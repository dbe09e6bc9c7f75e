"""Text logs of nanoGPT and of its speed runs: the lines that report a step, among code, warnings and tables of the GPU."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.errors import LogError
from advisor.logs.decode import lines
from advisor.logs.records import Record, Records, Wanted, merged, sparse_records

REPORT = re.compile(r"^(?:step:\d+/\d+ |step \d+: train loss |iter \d+: loss )", re.MULTILINE)
_SPEED_RUN = re.compile(r"step:(\d+)/(\d+) ((?:\w+:\S+\s*)+)")
_EVALUATION = re.compile(r"step (\d+): train loss ([^\s,]+),(?:.*,)? val loss ([^\s,]+)")
_ITERATION = re.compile(r"iter (\d+): loss ([^\s,]+)")


def read_nanogpt(blocks: Iterable[str], source: str, wanted: Wanted) -> Records:
    """Three forms, by the start of the line; what does not start so is no report.

    ``step:N/T name:value…`` gives the columns step, horizon (T) and each name; a value's unit ``ms`` is left out.
    ``step N: train loss A, val loss B`` gives train_loss and val_loss, ``iter N: loss A`` gives loss.
    """
    return sparse_records(merged(_reports(blocks, source)), source, wanted)


def _reports(blocks: Iterable[str], source: str) -> Iterator[Record]:
    for number, line in enumerate(lines(blocks), start=1):
        if not REPORT.match(line):
            continue
        if found := _SPEED_RUN.match(line):
            pairs = (pair.partition(":") for pair in found[3].split())
            yield number, {"step": found[1], "horizon": found[2], **{name: value.removesuffix("ms") for name, _, value in pairs}}
        elif found := _EVALUATION.match(line):
            yield number, {"step": found[1], "train_loss": found[2], "val_loss": found[3]}
        elif found := _ITERATION.match(line):
            yield number, {"step": found[1], "loss": found[2]}
        else:
            advice = "the line was cut off: delete it"
            raise LogError("is no complete report of a step", source=source, line=number, value=line, advice=advice)
