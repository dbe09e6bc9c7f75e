"""read_log: one line of each rule, and properties over arbitrary tables and bytes."""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import hashlib
import io
import json
import lzma
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError, LogError, UsageError
from advisor.logs import LogTable, read_log
from advisor.logs.delimited import sniff
from fits.solver import LogRow, family, role

Read = Callable[..., LogTable]


class Row(LogRow):
    lr: float = role("learning rate", gt=0, aliases=("learning_rate",))
    loss: float = role("loss", measured=True, ge=0, aliases=("smooth loss",))
    steps: int | None = role("steps", default=None)
    note: str | None = role("note", default=None)
    contexts: dict[str, float] = family("contexts")


class Plain(LogRow):
    a: float = role("a")
    b: float = role("b")


class Words(LogRow):
    a: float = role("a")
    word: str | None = role("word", default=None)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: str | bytes, name: str = "log.csv", model: Any = Row, **options: Any) -> LogTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_log(str(path), model, **options)

    return write_and_read


def from_bytes(content: bytes, model: type[LogRow], name: str = "log.csv") -> LogTable:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_log(str(path), model)


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, advisor.logs; assert not {'pandas', 'numpy', 'pyarrow', 'zstandard'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_log_is_read_with_lines_hash_and_columns(read: Read) -> None:
    text = 'learning_rate,loss,note\n.1,2,"two\nlines"\n\n.2,3,NA\n.3,4,\n'
    table = read(text)
    assert table.frame.index.name == "line"
    assert list(table.frame.index) == [2, 5, 6]
    assert list(table.frame["note"]) == ["two\nlines", "NA", None]
    assert table.columns == {"lr": "learning_rate", "loss": "loss", "note": "note"}
    assert table.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (table.rows, table.dropped, table.warnings) == (3, 0, [])


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("lr,loss\n1,2\n1,2,3\n", 3, "has 3 cells"),
        ("lr,loss\n1\n", 2, "has 1 cells"),
        ("lr,loss,lr\n1,2,3\n", 1, "two columns have this name"),
        (",lr,loss\n0,1,2\n", 1, "column 1 has no name"),
        ("lr,loss,\n1,2,\n", 1, "column 3 has no name"),
        ('lr,loss\n1,2\n"3,4\n5,6\n', 3, "never closed"),
        ('lr,loss\n1,2\n"3"x,4\n', 3, "text follows a closing quote"),
        ("lr,loss\n1," + "2" * 200_000, 2, "cell is longer"),
        ("lr,loss\n1,2\n\0,4\n", 3, "NUL"),
        ("", None, "empty"),
        ("\n\n", None, "empty"),
        ("lr,loss\n", None, "no data rows"),
        ("lr,loss\nabc,2\n", 2, "is not a number"),
        ("lr,loss\n1,N/A\n", 2, "is not a number"),
        ("lr,loss\n1_0,2\n", 2, "is not a number"),
        ("lr,loss\n0x1,2\n", 2, "is not a number"),
        ("lr,loss\n１,2\n", 2, "is not a number"),
        ("lr,loss\n,2\n", 2, "is empty"),
        ("lr,loss\nnan,2\n", 2, "is not finite"),
        ("lr,loss\n1e309,2\n", 2, "is not finite"),
        ("lr,loss\n1,2\n0,2\n", 3, "greater than 0"),
        ("lr,loss\n1,2\n1,-1\n", 3, "at least 0"),
        ("lr,loss,steps\n1,2,1.5\n", 2, "whole number"),
        ("lr,loss,steps\n1,2,1e17\n", 2, "2^53"),
        ("lr,loss,steps\n1,2,nan\n", 2, "is not finite"),
        ("lr,loss,smooth loss\n1,2,3\n", None, "several columns"),
        ("lr,Loss,loss\n1,2,3\n", None, "several columns"),
        ("rate,loss\n1,2\n", None, "no column is lr"),
        ('{"lr": 1, "loss": 2, "lr": 3}\n', 1, "twice"),
        ('{"lr": 1, "loss": 2}\n[1]\n', 2, "not a JSON object"),
        ('{"lr": 1, "loss": 2}\n{"lr": 1,\n', 2, "is not JSON"),
        ('{"lr": NaN, "loss": 2}\n', 1, "not finite"),
        ('{"lr": [1], "loss": 2}\n', 1, "array or object"),
        ('{"lr": true, "loss": 2}\n', 1, "is not a number"),
        ('{"lr": 1, "loss": 2, "note": "\\ud800"}\n', 1, "surrogate"),
        ("[" * 100_000 + "{", 1, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(read: Read, content: str, line: int | None, said: str) -> None:
    with pytest.raises(LogError, match=re.escape(said)) as caught:
        read(content, name="log.jsonl" if content.startswith("[[") else "log.csv")
    assert caught.value.line == line
    assert caught.value.advice
    assert caught.value.exit_code == 3


def test_the_advice_names_the_fix(read: Read) -> None:
    for content, advice in [
        (",lr,loss\n0,1,2\n", "index=False"),
        ('lr;loss\n"1,5";2\n', "decimal comma"),
        ("lr,loss,smooth loss\n1,2,3\n", '--map loss="smooth loss"'),
        ("lr,looss\n1,2\n", "looss"),
        ('[{"lr": 1, "loss": 2}]', "jq -c"),
    ]:
        with pytest.raises(LogError) as caught:
            read(content)
        assert advice in caught.value.advice


def test_an_earlier_row_is_reported_before_an_open_quote(read: Read) -> None:
    with pytest.raises(LogError) as caught:
        read('lr,loss\n1\n"3,4\n')
    assert caught.value.line == 2


def test_rows_without_an_outcome_are_dropped_and_named(read: Read) -> None:
    table = read("lr,loss\n1,2\n1,\n1,nan\n1,-Infinity\n1,1e309\n")
    assert list(table.frame.index) == [2]
    assert (table.rows, table.dropped) == (5, 4)
    assert table.warnings[0].code == "dropped-rows"
    assert table.warnings[0].message == "4 of 5 rows dropped: loss is empty (line 3), not finite (lines 4, 5, 6)"
    many = read("lr,loss\n" + "1,\n" * 8)
    assert many.frame.empty
    assert "lines 2, 3, 4, 5, 6 and 3 more" in many.warnings[0].message


def test_strict_refuses_a_row_without_an_outcome(read: Read) -> None:
    with pytest.raises(LogError, match=r"line 3.*is empty"):
        read("lr,loss\n1,2\n1,\n", strict=True)


def test_integers_are_int64_unless_some_are_missing(read: Read) -> None:
    assert read("lr,loss,steps\n1,2,3\n").frame["steps"].dtype == "int64"
    gaps = read("lr,loss,steps\n1,2,3\n1,2,\n").frame["steps"]
    assert gaps.dtype == "float64"
    assert math.isnan(gaps.iloc[1])


def test_a_map_wins_and_frees_its_column(read: Read) -> None:
    table = read("lr,loss,smooth loss\n1,2,3\n", mapping={"loss": "smooth loss"})
    assert table.frame["loss"].tolist() == [3.0]
    for mapping in ({"los": "loss"}, {"lr": "loss", "loss": "loss"}, {"contexts": "lr"}):
        with pytest.raises(UsageError):
            read("lr,loss\n1,2\n", mapping=mapping)
    with pytest.raises(LogError, match="no such column") as caught:
        read("lr,loss\n1,2\n", mapping={"loss": "losss"})
    assert "loss" in caught.value.advice


def test_families_keep_the_users_names(read: Read) -> None:
    table = read("lr,loss,c,kappa\n1,2,3,4\n", families={"contexts": ["c", "kappa"]})
    assert list(table.frame.columns) == ["lr", "loss", "contexts.c", "contexts.kappa"]
    for options in (
        {"families": {"nope": ["c"]}},
        {"families": {"contexts": ["c", "c"]}},
        {"families": {"contexts": ["loss"]}, "mapping": {"loss": "loss"}},
    ):
        with pytest.raises(UsageError):
            read("lr,loss,c\n1,2,3\n", **options)
    with pytest.raises(LogError, match="no such column"):
        read("lr,loss,c\n1,2,3\n", families={"contexts": ["d"]})


def test_json_lines_take_numbers_strings_and_gaps(read: Read) -> None:
    table = read('{"lr": 1e-3, "loss": "2"}\n\n{"loss": null, "lr": 1, "x": [1]}\n{"lr": 2, "loss": 1, "steps": 3}\n')
    assert list(table.frame.index) == [1, 4]
    assert table.frame["steps"].iloc[1] == 3
    assert table.dropped == 1


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_compression_is_seen_in_the_bytes(read: Read, compress: Callable[[bytes], bytes]) -> None:
    one, two = compress(b"lr,loss\n1,2\n"), compress(b"3,4\n")
    table = read(one + two, name="log")
    assert table.frame["lr"].tolist() == [1.0, 3.0]
    assert table.sha256 == hashlib.sha256(one + two).hexdigest()
    for broken in (one[:-3], one + two[:-3], one + b"trailing"):
        with pytest.raises(LogError, match=r"truncated|corrupt"):
            read(broken)
    assert read(compress(b'{"lr": 1, "loss": 2}\n'), name="log.jsonl.gz").rows == 1


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"lr,loss\n1,x\n")))
    with pytest.raises(LogError, match="stdin, line 2"):
        read_log("-", Row)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").touch()
    with pytest.raises(LogError, match="no such file") as caught:
        read_log(str(tmp_path / "run.csv"), Row)
    assert "runs.csv" in caught.value.advice
    with pytest.raises(LogError, match="directory"):
        read_log(str(tmp_path), Row)
    with pytest.raises(LogError):
        read_log("a\0b", Row)


def test_encodings(read: Read) -> None:
    with pytest.raises(LogError, match="byte 14 is not utf-8") as caught:
        read(b"lr,loss\n1,2\n3,\xff\n")
    assert caught.value.line == 3
    assert "latin-1" in caught.value.advice
    with pytest.raises(LogError) as caught:
        read("lr,loss\n1,2\n".encode("utf-16"))
    assert "--encoding utf-16" in caught.value.advice
    assert read("lr,loss\n1,2\n".encode("utf-16"), encoding="utf-16").rows == 1
    assert read("\ufefflr,loss\r\n1,2\r\n").rows == 1
    assert read("lr,loss\r1,2\r3,4\r").frame.index.tolist() == [2, 3]
    for name in ("nope", "hex"):
        with pytest.raises(LogError, match="unknown encoding"):
            read("lr,loss\n1,2\n", encoding=name)


def test_delimiters_are_sniffed_from_the_header() -> None:
    assert sniff("a;b\n1,5;2,5\n") == ";"
    assert sniff("a,b;c\n1,2;3\n") == ","
    assert sniff("text\nx;y\n") == ","
    assert sniff("a\tb,c\td\n1\t2\t3\n") == "\t"


def test_parquet_is_read_and_checked(read: Read) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    def parquet(**columns: list[Any]) -> bytes:
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink)
        return sink.getvalue()

    table = read(parquet(lr=[1.0, 2.0], loss=[3, None], note=["NA", None], other=[[1], [2]]))
    assert (table.frame.index.tolist(), table.dropped, table.frame["note"].tolist()) == ([1], 1, ["NA"])
    for columns in (
        {"lr": [0.0], "loss": [1]},
        {"lr": [True], "loss": [1]},
        {"lr": [[1]], "loss": [1]},
        {"lr": [None], "loss": [1]},
    ):
        with pytest.raises(LogError):
            read(parquet(**columns))
    with pytest.raises(LogError, match="Parquet"):
        read(b"PAR1 and nothing more")


def test_without_pyarrow_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LogError) as caught:
        read(b"PAR1")
    assert "advisor-fits[parquet]" in caught.value.advice


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite), min_size=1), st.sampled_from(",\t;|"))
def test_any_finite_floats_read_back_equal(rows: list[tuple[float, float]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("a", "b"), *rows])
    assert list(from_bytes(out.getvalue().encode(), Plain).frame.itertuples(index=False, name=None)) == rows


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(["NA", "None", "null", "nan"])


@given(st.lists(words, min_size=1))
def test_any_text_reads_back_equal(texts: list[str]) -> None:
    out = io.StringIO()
    # QUOTE_ALL, because csv.writer leaves a lone "\r" bare when the line ends in "\n"
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "word"), *((1, text) for text in texts)])
    expected = [text or None for text in texts]
    assert from_bytes(out.getvalue().encode(), Words).frame["word"].tolist() == expected
    lines = "".join(json.dumps({"a": 1, "word": text}) + "\n" for text in texts)
    assert from_bytes(lines.encode(), Words).frame["word"].tolist() == expected


magic = st.sampled_from([b"", b"a,b\n", b'{"a": 1, "b": ', b"PAR1", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"])


@given(magic, st.binary())
def test_arbitrary_bytes_raise_nothing_but_our_own_errors(head: bytes, tail: bytes) -> None:
    with contextlib.suppress(AdvisorError):
        from_bytes(head + tail, Plain)
