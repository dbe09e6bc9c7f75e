"""Columns of a log that are no parameters: constants, counts, names, seeds, times, and what was measured."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence

from fits.space.columns import Column
from fits.space.kinds import FEW, said
from fits.space.parameters import Value

COUNTS = "left out: it counts the rows"
FEW_ROWS = 5  # below so many rows, that all values differ says nothing
MANY_ROWS = 20  # from so many, whole numbers that all differ although there are hardly more were counted, not chosen
EPOCHS = [(1.2e9 * unit, 2.2e9 * unit) for unit in (1.0, 1e3, 1e6, 1e9)]  # 2008 to 2039 in s, ms, us, ns

_IDS = re.compile(r"(trial|run|arm|experiment|job)?(id|index|number|name)|trial|run|row|job|uu?id|experiment|unnamed:\d+")
_SEEDS = re.compile(r"(rng|random|global)?seed|randomstate")
_MEASURED = re.compile(r"loss|acc(uracy)?|precision|recall|auc|auroc|f1|rmse|mse|mae|r2|error|perplexity|ppl|bleu|score|reward")
_DURATIONS = re.compile(r"((wall|train|training|fit|eval|cpu|gpu)?(time|seconds)|duration|elapsed|runtime|timetotals)")
_SPLITS = frozenset({"val", "valid", "validation", "test", "eval", "dev"})


def unfit(column: Column) -> str | None:
    """Why a column cannot be a parameter; None where it can."""
    if not column.filled:
        return "left out: empty"
    if len(column.different) == 1:
        return f"left out: always {said(column.filled[0])}"
    if _SEEDS.fullmatch(_key(column.name)):
        return "left out: a seed repeats an evaluation, there is none to prefer"
    return _unfit_text(column) if column.numbers is None else _unfit_numbers(column, column.numbers)


def is_named_id(name: str) -> bool:
    """Whether a name says that the column only tells the rows apart."""
    return _IDS.fullmatch(_key(name)) is not None


def _unfit_text(column: Column) -> str | None:
    different = len(column.different)
    if all(map(_is_time, column.filled)):
        return "left out: times"
    if different == column.rows and (different >= FEW_ROWS or is_named_id(column.name)):
        return "left out: different in every row"
    if different > max(4, column.rows / 2):
        return f"left out: {different} different texts in {column.rows} rows"
    return None


def _unfit_numbers(column: Column, numbers: Sequence[float]) -> str | None:
    different, low, high = len(column.different), min(numbers), max(numbers)
    if (different > FEW or 2 * different > column.rows) and _is_named_measured(column.name):
        return "left out: by its name it is measured"
    if different < column.rows:
        return None
    if all(number == math.floor(number) for number in numbers):
        from_the_start = low in (0, 1) and high - low == different - 1
        with_holes = different >= MANY_ROWS and high - low < 2 * different
        if is_named_id(column.name) or (different >= FEW_ROWS and from_the_start) or with_holes:
            return COUNTS
    if different >= FEW_ROWS and any(start <= low and high <= min(end, 1.1 * low) for start, end in EPOCHS):
        return "left out: times"
    return None


def _is_named_measured(name: str) -> bool:
    words = re.split(r"[\s_.\-/]+", name.casefold())
    return bool(_MEASURED.fullmatch(words[-1])) or bool(_DURATIONS.fullmatch(_key(name))) or words[0] in _SPLITS


def _key(name: str) -> str:
    """A name without what does not count."""
    return re.sub(r"[\s_.\-]", "", name.casefold())


def _is_time(value: Value) -> bool:
    text = str(value).strip()
    if not re.match(r"\d{4}-\d\d-\d\d|\d{8}T", text):
        return False
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
