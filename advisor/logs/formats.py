"""Which format a log has, by its content, and its reader; from every reader come checked cells of the chosen columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from advisor.logs.decode import text_blocks, whole_lines
from advisor.logs.delimited import Delimited
from advisor.logs.jsonlines import read_objects
from advisor.logs.parquet import read_parquet
from advisor.logs.reading import Reading, Rows, rows_of
from advisor.logs.tabular import read_delimited

if TYPE_CHECKING:
    from hashlib import _Hash

_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}
_SEARCHED = 1 << 20  # characters in which the first report of a text log is looked for: the code of a run may stand before it


def read_folder(reading: Reading, digest: _Hash) -> Rows | None:
    """The metrics of DVCLive's folder; None where the source is no such folder."""
    folder = Path(reading.source)
    try:
        if not folder.is_dir():
            return None
    except ValueError:  # a NUL in the path
        return None
    from advisor.logs.dvclive import metrics_in, read_dvclive

    metrics = metrics_in(folder)
    if not metrics:
        return None
    wanted = reading.columns.wants
    return rows_of(read_dvclive(metrics, reading.source, wanted, digest, reading.encoding, growing=reading.growing), reading)


def read_binary(head: bytes, blocks: Iterator[bytes], reading: Reading) -> Rows | None:
    """A log in a binary format; None where `head`, its first bytes, shows none."""
    columns, source = reading.columns, reading.source
    if head.startswith(b"PAR1"):
        chosen, cells, count = read_parquet(b"".join(blocks), columns, source, reading.strict)
        return Rows(chosen, cells, range(1, count + 1))
    if head.startswith(b"SQLite format 3\0"):
        from advisor.logs.optuna_storage import read_optuna_storage

        return rows_of(read_optuna_storage(b"".join(blocks), source, columns.wants), reading)
    if head.startswith(b"PK\x03\x04"):
        from advisor.logs.sample_sizes import read_npz_curve

        return rows_of(read_npz_curve(b"".join(blocks), source, columns.wants), reading)
    from advisor.logs.event_file import is_event_file, read_event_file

    if is_event_file(head):
        return rows_of(read_event_file(b"".join(blocks), source, columns.wants, growing=reading.growing), reading)
    return None


def read_text(blocks: Iterable[bytes], reading: Reading) -> Rows:
    """A log in a text format."""
    columns, source, growing = reading.columns, reading.source, reading.growing
    texts = text_blocks(blocks, reading.encoding, source, growing=growing)
    first = ""
    for text in texts:  # skip what shows no format yet
        first += text
        if first.strip():
            break
    start = first.lstrip()
    if start.startswith("{"):
        from advisor.logs import sample_sizes, trainer_state

        # One document, perhaps on many lines; a line of JSON lines is complete and has neither key.
        if trainer_state.KEY.search(first):
            return rows_of(trainer_state.read_trainer_state(_all(first, texts), source, columns.wants, columns.mapping), reading)
        if sample_sizes.KEY.search(first):
            return rows_of(sample_sizes.read_json_curve(_all(first, texts), source, columns.wants), reading)
    texts = chain([first], texts)
    if growing:
        texts = whole_lines(texts)
    path = PurePath(source)
    suffix = PurePath(path.stem).suffix if path.suffix.lower() in _COMPRESSED else path.suffix
    if start.startswith("{") or (start.startswith("[") and start[1:].lstrip().startswith("{")):
        return _read_json(texts, reading)
    if suffix.lower() in {".jsonl", ".ndjson"} and start:
        return _read_json(texts, reading)
    head = _head(texts)
    from advisor.logs.nanogpt import REPORT, read_nanogpt

    if REPORT.search(head):
        return rows_of(read_nanogpt(chain([head], texts), source, columns.wants), reading)
    return read_delimited(Delimited(head, texts, source, growing=growing), reading)


def _all(first: str, rest: Iterator[str]) -> str:
    return "".join(chain([first], rest))


def _head(texts: Iterator[str]) -> str:
    parts: list[str] = []
    size = 0
    for text in texts:
        parts.append(text)
        size += len(text)
        if size >= _SEARCHED:
            break
    return "".join(parts)


def _read_json(texts: Iterator[str], reading: Reading) -> Rows:
    objects = read_objects(texts, reading.source, reading.columns.wants)
    chosen = reading.columns.choose(list(objects.names))
    cells = reading.cells(chosen)
    for cell in cells:
        cell.add_text(objects.column(cell.column), objects.places)
    return Rows(chosen, cells, objects.places)
