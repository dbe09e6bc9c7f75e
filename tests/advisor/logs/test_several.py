"""Several logs as one: whose row is whose, and where an error stands."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.commands.shared import translated
from advisor.errors import LogError, UsageError
from advisor.logs import read_log, read_logs
from advisor.logs.several import short_names
from fits.learning_curve.schema import Log as Curve
from fits.solver import BadRow
from fits.step_law.schema import Log as Sweep


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Two runs that log the same file name in folders of their own; the second has a value that is dropped."""
    paths = [tmp_path / name / "version_0" / "metrics.csv" for name in ("adam", "sgd")]
    for path, text in zip(paths, ("step,loss\n1,4\n2,3\n", "step,loss\n1,nan\n\n2,5\n3,4\n"), strict=True):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return [str(path) for path in paths]


def test_rows_are_named_after_their_log(runs: list[str]) -> None:
    table = read_logs(runs, Curve)
    assert table.frame["curve"].tolist() == ["adam", "adam", "sgd", "sgd"]
    assert table.frame["score"].tolist() == [4, 3, 5, 4]
    assert (table.rows, table.dropped) == (5, 1)
    assert table.frame.attrs["columns"] == table.columns == {"x": "step", "score": "loss"}
    assert table.warnings[0].message.startswith(f"{runs[1]}: 1 of 3 rows dropped")
    digests = "".join(hashlib.sha256(Path(run).read_bytes()).hexdigest() for run in runs)
    assert table.sha256 == hashlib.sha256(digests.encode()).hexdigest()


def test_a_row_at_fault_is_told_with_its_file_and_line(runs: list[str]) -> None:
    table = read_logs(runs, Curve)
    assert table.frame.index.tolist() == [1, 2, 4, 5]
    assert [table.place(label) for label in table.frame.index] == [(runs[0], 2), (runs[0], 3), (runs[1], 4), (runs[1], 5)]
    error = translated(BadRow(row=5, column="score", value=4, expected="less than 4"), table)
    assert isinstance(error, LogError)
    assert (error.source, error.line, error.column) == (runs[1], 5, "loss")
    alone = read_log(runs[1], Curve)
    assert [alone.place(label) for label in alone.frame.index] == [(runs[1], 4), (runs[1], 5)]


def test_one_log_alone_has_no_name_and_is_read_as_ever(runs: list[str]) -> None:
    one, same = read_logs(runs[:1], Curve), read_log(runs[0], Curve)
    assert "curve" not in one.frame
    assert one.frame.equals(same.frame)
    assert (one.sha256, one.frame.index.name) == (same.sha256, "line")


def test_a_column_that_names_the_run_wins(runs: list[str]) -> None:
    Path(runs[0]).write_text("step,loss,run\n1,4,a\n2,3,b\n")
    assert read_logs(runs, Curve).frame["curve"].tolist() == ["a", "b", "sgd", "sgd"]


def test_a_row_model_without_a_source_puts_rows_together(tmp_path: Path) -> None:
    for name, extra in [("a.csv", ""), ("b.csv", ",note")]:
        row = "1e9,2e10,1e-3,1e5,2.5" + (",x" if extra else "")
        (tmp_path / name).write_text(f"N,D,lr,bs,loss{extra}\n{row}\n")
    table = read_logs([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], Sweep)
    assert len(table.frame) == 2
    assert set(table.frame.columns) == set(read_log(str(tmp_path / "a.csv"), Sweep).frame.columns)


def test_what_is_measured_must_be_one_thing(runs: list[str]) -> None:
    Path(runs[1]).write_text("step,accuracy\n1,4\n")
    with pytest.raises(LogError, match="score is this column here, but loss in"):
        read_logs(runs, Curve)
    with pytest.raises(UsageError, match="given twice"):
        read_logs([runs[0], runs[0]], Curve)


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["a.csv", "b.csv"], ["a.csv", "b.csv"]),
        (["x/a.csv", "y/b.csv"], ["a.csv", "b.csv"]),
        (["x/m.csv", "y/m.csv"], ["x", "y"]),
        (["r/x/v0/m.csv", "r/y/v0/m.csv"], ["x", "y"]),
        (["x/1/m.csv", "y/1/m.csv", "y/2/m.csv"], ["x/1", "y/1", "y/2"]),
        (["m.csv", "x/m.csv"], ["m.csv", "x/m.csv"]),
        (["stdin", "m.csv"], ["stdin", "m.csv"]),
    ],
)
def test_names_are_short_and_different(sources: list[str], names: list[str]) -> None:
    assert short_names(sources) == names


parts = st.lists(st.sampled_from(["a", "b", "metrics.csv"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(parts, min_size=2, max_size=5, unique=True))
def test_names_always_differ(sources: list[str]) -> None:
    names = short_names(sources)
    assert len(set(names)) == len(names)
    assert all(names)


def test_the_commands_take_several_logs(run: Any, tmp_path: Path) -> None:
    header, *rows = (Path(__file__).parents[3] / "examples/step_law/sweep.csv").read_text().splitlines(keepends=True)
    logs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for log, part in zip(logs, (rows[::2], rows[1::2]), strict=True):
        log.write_text(header + "".join(part))
    fitted = run("fit", "step-law", *logs)
    assert (fitted.code, json.loads(fitted.out)["log"]["rows"]) == (0, len(rows))
    answer = run("recommend", "step-law", "--log", logs[0], "--log", logs[1], "--params", "1B", "--tokens", "20B")
    assert json.loads(answer.out)["source"]["sha256"] == json.loads(fitted.out)["log"]["sha256"]
    assert run("recommend", "step-law", "--log", "-", "--log", "-", "--params", "1B", "--tokens", "20B").code == 2
