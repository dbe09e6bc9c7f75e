"""DVCLive's folder: one TSV a metric, named after it, joined on the step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import LogError
from advisor.logs.decode import text_blocks, whole_lines
from advisor.logs.delimited import Delimited
from advisor.logs.records import Records, Wanted, sparse_records
from advisor.logs.source import content, open_source

if TYPE_CHECKING:
    from hashlib import _Hash


def metrics_in(folder: Path) -> dict[str, Path]:
    """The files of `folder` by metric, such as ``train/loss``; the folder is DVCLive's own, or its ``plots/metrics``."""
    root = folder / "plots" / "metrics"
    root = root if root.is_dir() else folder
    return {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.rglob("*.tsv"))}


def read_dvclive(
    metrics: dict[str, Path], source: str, wanted: Wanted, digest: _Hash, encoding: str, *, growing: bool = False
) -> Records:
    """One record a step, by step; its line is that in the first file with the step. `digest` takes in names and contents."""
    rows: dict[tuple[float, int], tuple[int, dict[str, object]]] = {}
    for metric, path in metrics.items():
        digest.update(metric.encode() + b"\0")
        name = str(path)
        with open_source(name) as stream:
            texts = text_blocks(content(stream, digest, name, growing=growing), encoding, name, growing=growing)
            texts = whole_lines(texts) if growing else texts
            table = Delimited(next(texts, ""), texts, name, growing=growing)
            if "step" not in table.names or len(table.names) < 2:
                raise LogError("has no columns step and metric", source=name, line=1, advice="name the folder of DVCLive alone")
            step, value = table.names.index("step"), len(table.names) - 1
            seen: Counter[float] = Counter()  # a run that was resumed may log a step again
            for records, lines in table.chunks():
                for record, line in zip(records, lines, strict=True):
                    _number(record[value] or "nan", name, line, table.names[value])
                    at = _number(record[step], name, line, "step")
                    key = at, seen[at]
                    seen[at] += 1
                    rows.setdefault(key, (line, {"step": record[step]}))[1][metric] = record[value]
    return sparse_records((record for _, record in sorted(rows.items())), source, wanted)


def _number(text: str, source: str, line: int, column: str) -> float:
    """The number in a cell; what is none is refused here, where its file and line are known."""
    try:
        return float(text)
    except ValueError:
        raise LogError("is not a number", source=source, line=line, column=column, value=text, advice="correct it") from None
