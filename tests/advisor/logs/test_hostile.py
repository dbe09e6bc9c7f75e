"""What is broken, cut off or meant to harm gets an error that names the place, and never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError, LogError
from advisor.logs import LogTable, read_log
from advisor.logs.event_file import _checksum, is_event_file
from fits.learning_curve.schema import Log as Curve

FILES = Path(__file__).parent / "trainers"
Read = Callable[..., LogTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: str | bytes, **options: Any) -> LogTable:
        (tmp_path / "log").write_bytes(content.encode() if isinstance(content, str) else content)
        return read_log(str(tmp_path / "log"), Curve, **options)

    return write_and_read


def history(*records: str) -> str:
    return '{\n "log_history": [\n' + ",\n".join(records) + '\n ],\n "max_steps": -1\n}\n'


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (history('{"step": 1, "loss": 2}', "[]"), 4, "is not an object"),
        (history('{"step": 1, "loss": 2, "loss": 3}'), 1, "this key twice"),
        (history('{"step": 1, "loss": [2]}'), 3, "array or object"),
        (history('{"step": 1, "loss": "\\u001b[31mx"}'), 3, "is not a number (found '[31mx')"),
        (history('{"step": "a", "loss": 1}'), 3, "is not a number"),
        (history('{"step": 1, "loss": 2}')[:-6], 5, "is not JSON"),
        ('{"log_history": []}', None, "no data rows"),
        ('{"a": {"log_history": []}}', None, "no list log_history"),
        ('{"log_history": [' + "[" * 100_000, 1, "nested too deeply"),
        ('{"train_sizes": [1], "train_scores": [[1]]}', None, "column 'test_scores': is not a list"),
        ('{"train_sizes": [1, 2], "train_scores": [[1]], "test_scores": [[1]]}', None, "one row of scores for each train size"),
        ('{"train_sizes": [1], "train_scores": [[1]], "test_scores": [["x"]]}', 1, "is not a number"),
        ("step:1/10 val_loss:x train_time:1ms\n", 1, "is not a number"),
        ("step:1/10 val\n", 1, "no complete report"),
        ("iter 5: loss \n", 1, "no complete report"),
        ('"Step","a - loss","a - loss__MIN","a - loss__MAX"\n"1","x","",""\n', 2, "is not a number"),
        ('"Step","a - loss","a - loss__MIN","a - loss__MAX"\n"1","1"\n', 2, "has 2 cells"),
        ("number,state,intermediate_values_0\n0,COMPLETE,x\n", 2, "is not a number"),
        (b"SQLite format 3\0" + bytes(100), None, "cannot be read as SQLite"),
        (b"PK\x03\x04" + bytes(100), None, "not a readable .npz"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read: Read, content: str | bytes, line: int | None, said: str) -> None:
    with pytest.raises(LogError) as caught:
        read(content)
    assert said in caught.value.message
    assert "\x1b" not in caught.value.message
    assert caught.value.line == line
    assert caught.value.advice
    assert caught.value.exit_code == 3


def test_values_that_are_not_finite_are_dropped_with_their_line(read: Read) -> None:
    records = ['{"step": 1, "loss": NaN}', '{"step": 2, "loss": 1e309}', '{"step": 3, "loss": -Infinity}', '{"step": 4, "loss": 1}']
    table = read(history(*records))
    assert table.warnings[0].message == "3 of 4 rows dropped: loss is not finite (lines 3, 4, 5)"


# --- event files ---------------------------------------------------------------------------------------------------------


def framed(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", _checksum(length)) + payload + struct.pack("<I", _checksum(payload))


def scalar(tag: str, value: float, step: int) -> bytes:
    event_pb2 = pytest.importorskip("tensorboard.compat.proto.event_pb2")
    event = event_pb2.Event(step=step, wall_time=1.0)
    event.summary.value.add(tag=tag, simple_value=value)
    return framed(event.SerializeToString())


def test_the_checksum_is_that_of_tensorboard() -> None:
    stub = pytest.importorskip("tensorboard.compat.tensorflow_stub.pywrap_tensorflow")
    for data in (b"", b"a", bytes(range(256))):
        assert _checksum(data) == stub.masked_crc32c(data)


def test_broken_event_files(read: Read) -> None:
    whole = scalar("loss", 1.0, 1) + scalar("loss", 0.5, 2)
    cut = whole[:-3]
    with pytest.raises(LogError, match="line 2: the last event is not complete"):
        read(cut)
    assert read(cut, growing=True).frame["score"].tolist() == [1.0]
    for at, said in [(-1, "line 2: the checksum of an event"), (-20, "line 2: the checksum of an event")]:
        spoilt = bytearray(whole)
        spoilt[at] ^= 1
        with pytest.raises(LogError, match=said):
            read(bytes(spoilt), growing=True)
    with pytest.raises(LogError, match="is no event"):
        read(framed(b"\xff\xff"))
    with pytest.raises(LogError, match="no data rows"):
        read(framed(b""))


def test_a_tag_may_hold_anything(read: Read) -> None:
    data = scalar("\x1b[31mloss", 1.0, 1) + scalar("loss", 2.0, 1) + scalar("loss", float("nan"), 2)
    table = read(data)
    assert (table.frame["score"].tolist(), table.dropped) == ([2.0], 1)
    with pytest.raises(LogError) as caught:
        read(scalar("\x1b[31mlos", 1.0, 1))
    assert "\x1b" not in caught.value.message + caught.value.advice


def test_without_tensorboard_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(LogError) as caught:
        read(framed(b"x"))
    assert "advisor-fits[tensorboard]" in caught.value.advice


def test_zeros_are_no_event_file() -> None:
    assert not is_event_file(bytes(12))
    assert not is_event_file(framed(b"")[:11])


# --- arrays ---------------------------------------------------------------------------------------------------------------


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def test_arrays_that_are_not_a_learning_curve(read: Read) -> None:
    good = {"train_sizes": [1, 2], "train_scores": np.ones((2, 3)), "test_scores": np.ones((2, 3))}
    assert read(npz(**good)).rows == 6
    assert read(npz(**{**good, "test_scores": np.asfortranarray(np.ones((2, 3)))})).rows == 6
    for change, said in [
        ({"test_scores": np.array([[object()] * 3] * 2)}, "does not hold numbers"),
        ({"test_scores": np.array([["a"] * 3] * 2)}, "does not hold numbers"),
        ({"test_scores": np.ones((2, 3, 1))}, "number of dimensions"),
        ({"test_scores": np.float64(1)}, "number of dimensions"),
        ({"train_sizes": np.ones((2, 1))}, "number of dimensions"),
        ({"train_sizes": [1, 2, 3]}, "one row of scores"),
        ({"test_scores": np.zeros(1 << 24)}, "is larger than"),
    ]:
        with pytest.raises(LogError, match=said):
            read(npz(**{**good, **change}))
    with pytest.raises(LogError, match=r"'test_scores': is not in the file"):
        read(npz(train_sizes=[1], train_scores=[[1]]))


@pytest.mark.parametrize("shape", ["(1000000000000, 9)", "(2, 3)", "(-1, 2)", "(0, 3)"])
def test_a_header_that_claims_more_than_there_is(read: Read, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    out = io.BytesIO(npz(train_sizes=[1, 2], train_scores=np.ones((2, 3))))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("test_scores.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(40))
    with pytest.raises(LogError):
        read(out.getvalue())


# --- databases ------------------------------------------------------------------------------------------------------------


def database(path: Path, *statements: str) -> bytes:
    with contextlib.closing(sqlite3.connect(path)) as made:
        for statement in statements:
            made.execute(statement)
        made.commit()
    return path.read_bytes()


OPTUNA = (
    "CREATE TABLE studies (study_id INTEGER, study_name TEXT)",
    "CREATE TABLE trials (trial_id INTEGER, number INTEGER, study_id INTEGER, state TEXT)",
    "CREATE TABLE trial_intermediate_values (trial_id INTEGER, step INTEGER, intermediate_value FLOAT)",
)


def test_databases_that_are_not_of_optuna(read: Read, tmp_path: Path) -> None:
    with pytest.raises(LogError, match="not of Optuna"):
        read(database(tmp_path / "other.db", "CREATE TABLE t (a)"))
    view = "CREATE VIEW trial_intermediate_values AS SELECT 1 AS trial_id, 1 AS step, 1 AS intermediate_value"
    with pytest.raises(LogError, match="not of Optuna"):
        read(database(tmp_path / "view.db", *OPTUNA[:2], view))
    with pytest.raises(LogError, match="cannot be read as SQLite"):
        read(database(tmp_path / "columns.db", *OPTUNA[:2], "CREATE TABLE trial_intermediate_values (a)"))
    with pytest.raises(LogError, match="no data rows"):
        read(database(tmp_path / "empty.db", *OPTUNA))


def test_a_storage_of_an_earlier_optuna_and_a_blob_for_a_number(read: Read, tmp_path: Path) -> None:
    rows = ("INSERT INTO studies VALUES (1, 's')", "INSERT INTO trials VALUES (1, 0, 1, 'RUNNING')")
    data = database(tmp_path / "old.db", *OPTUNA, *rows, "INSERT INTO trial_intermediate_values VALUES (1, 0, 0.5), (1, 1, NULL)")
    table = read(data)
    assert (table.frame["score"].tolist(), table.frame["curve"].tolist(), table.dropped) == ([0.5], ["0"], 1)
    with pytest.raises(LogError, match="line 1, column 'intermediate_value': is not a number"):
        read(database(tmp_path / "blob.db", *OPTUNA, *rows, "INSERT INTO trial_intermediate_values VALUES (1, 0, x'00')"))


# --- folders ----------------------------------------------------------------------------------------------------------------


def test_a_metric_of_dvclive_at_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "lr.tsv").write_text("step\tlr\n10\t.1\n9\t.2\n")
    for content, said in [
        ("step\tloss\n1\tx\n", "loss.tsv, line 2, column 'loss': is not a number"),
        ("step\tloss\n\t1\n", "loss.tsv, line 2, column 'step': is not a number"),
        ("a\tb\n1\t1\n", "loss.tsv, line 1: has no columns step and metric"),
        ("step\tloss\n1\n", "loss.tsv, line 2: has 1 cells"),
    ]:
        (tmp_path / "train" / "loss.tsv").write_text(content)
        with pytest.raises(LogError) as caught:
            read_log(str(tmp_path), Curve)
        assert said in caught.value.message
    (tmp_path / "train" / "loss.tsv").write_text("step\tloss\n9\t2\n10\t1\n10\tnan\n11\t0")
    table = read_log(str(tmp_path), Curve, growing=True)
    assert table.frame[["x", "score", "learning_rate"]].to_numpy().tolist() == [[9, 2, 0.2], [10, 1, 0.1]]
    assert table.dropped == 1


# --- a log that is still being written --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "tail"),
    [
        ("step,loss\n1,2\n2,1\n", "3,"),
        ("step,loss\n1,2\n2,1\n", "3,0."),
        ("step,loss,note\n1,2,a\n2,1,b\n", '3,4,"half\n'),
        ('{"step": 1, "loss": 2}\n{"step": 2, "loss": 1}\n', '{"step": 3, "lo'),
        ("step:1/9 val_loss:2\nstep:2/9 val_loss:1\n", "step:3/9 va"),
        ("step,loss\n1,2\n2,1\n", b"3,\xc3"),
        ("step,loss\n1,2\n2,1\n", ""),
    ],
)
def test_an_incomplete_last_line_of_a_growing_log_is_passed_over(read: Read, content: str, tail: str | bytes) -> None:
    end = tail.encode() if isinstance(tail, str) else tail
    assert read(content.encode() + end, growing=True).frame["score"].tolist() == [2, 1]


def test_a_document_needs_no_end_of_line_to_be_complete(read: Read) -> None:
    assert read(history('{"step": 1, "loss": 2}').strip(), growing=True).rows == 1
    with pytest.raises(LogError) as caught:
        read(history('{"step": 1, "loss": 2}')[:-5], growing=True)
    assert "may have been writing it" in caught.value.advice


def test_a_growing_compressed_log_may_end_anywhere(read: Read) -> None:
    import gzip

    data = gzip.compress(b"step,loss\n1,2\n2,1\n3,0")
    assert read(data[:-8], growing=True).frame["score"].tolist() == [2, 1]


# --- anything ---------------------------------------------------------------------------------------------------------------

starts = st.sampled_from(
    [
        b'{"log_history": [',
        b'{"train_scores": [[',
        b"step:1/2 val_loss:",
        b"step 1: train loss 1",
        b"SQLite format 3\0",
        b"PK\x03\x04",
        framed(b"x"),
        b'"Step","a - loss","a - loss__MIN","a - loss__MAX"\n',
        b"number,state,intermediate_values_0\n",
        b"epoch,step,loss,val_loss\n",
    ]
)


def outcome(content: bytes, *, growing: bool = False) -> LogTable | None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(AdvisorError):
        (Path(folder) / "log").write_bytes(content)
        return read_log(str(Path(folder) / "log"), Curve, growing=growing)
    return None


@given(starts, st.binary(max_size=200), st.booleans())
def test_arbitrary_ends_raise_nothing_but_our_own_errors(start: bytes, end: bytes, growing: bool) -> None:
    outcome(start + end, growing=growing)


@given(st.sampled_from(["trainer_state.json", "learning_curve.npz", "optuna.db.xz", "wandb.csv", "events_new.tfevents"]), st.data())
def test_a_real_file_with_one_byte_changed_raises_nothing_but_our_own_errors(name: str, data: st.DataObject) -> None:
    content = bytearray((FILES / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    outcome(bytes(content))


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.integers(0, 10**9), finite), min_size=1, unique_by=lambda point: point[0]))
def test_any_history_reads_back_equal(points: list[tuple[int, float]]) -> None:
    records = [{"step": step, "loss": loss} for step, loss in points]
    table = outcome(json.dumps({"log_history": records, "max_steps": 7}, indent=2).encode())
    assert table is not None
    assert list(zip(table.frame["x"], table.frame["score"], strict=True)) == points
