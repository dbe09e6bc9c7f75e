"""An Optuna storage in SQLite: the intermediate values that its trials reported."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from advisor.errors import LogError
from advisor.logs.records import Record, Records, Wanted, sparse_records

MAGIC = b"SQLite format 3\0"
_TABLES = {"studies", "trials", "trial_intermediate_values"}
_NOT_FINITE = {"NAN": "nan", "INF_POS": "inf", "INF_NEG": "-inf"}
_OPERATIONS = (1 << 31) - 1  # a database made to never end its answer is given up, after a minute or two


def read_optuna_storage(data: bytes, source: str, wanted: Wanted) -> Records:
    """One record a trial and step: trial, step, intermediate_value, state. Rows count from 1, by trial and step.

    Trials that were pruned, failed or still run are kept. Where the file holds several studies there is a column `study`, and a
    trial is named "study/number", because each study counts its trials from 0.
    """
    try:
        # A file is opened where it is, read-only, so that SQLite's locks guard against a study that runs.
        location = _location(source)
        with closing(sqlite3.connect(location or ":memory:", uri=location is not None)) as database:
            if location is None:
                # A write-ahead log cannot come with the bytes; marked as without one, the rest can be read.
                database.deserialize(data[:18] + b"\1\1" + data[20:])
            database.execute("PRAGMA trusted_schema = OFF")
            database.set_progress_handler(lambda: 1, _OPERATIONS)
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables >= _TABLES:
                advice = "name a storage of Optuna, or export the table as CSV"
                raise LogError("is an SQLite database, but not of Optuna", source=source, advice=advice)
            return sparse_records(_records(database), source, wanted)
    except sqlite3.Error as error:
        raise LogError(f"cannot be read as SQLite: {error}", source=source, advice="copy the file while no study runs") from None


def _location(source: str) -> str | None:
    """Where SQLite itself can open the storage; None where it came from stdin or is compressed."""
    path = Path(source)
    try:
        with path.open("rb") as stream:
            plain = source != "stdin" and stream.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return None
    return f"{path.resolve().as_uri()}?mode=ro" if plain else None


def _records(database: sqlite3.Connection) -> Iterator[Record]:
    several = database.execute("SELECT count(*) > 1 FROM studies").fetchone()[0]
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(trial_intermediate_values)")}
    kind = "value.intermediate_value_type" if "intermediate_value_type" in columns else "'FINITE'"  # storages before Optuna 3
    rows = database.execute(
        f"SELECT study.study_name, trial.number, trial.state, value.step, value.intermediate_value, {kind} "  # noqa: S608
        "FROM trial_intermediate_values AS value JOIN trials AS trial USING (trial_id) JOIN studies AS study USING (study_id) "
        "ORDER BY study.study_id, trial.number, value.step"
    )
    for row, (study, number, state, step, value, type_) in enumerate(rows, start=1):
        trial = {"study": str(study), "trial": f"{study}/{number}"} if several else {"trial": str(number)}
        number_text = _NOT_FINITE.get(str(type_), "nan" if value is None else str(value))
        yield row, {**trial, "state": str(state), "step": str(step), "intermediate_value": number_text}
