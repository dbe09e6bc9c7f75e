"""The pages of examples/learning_curve print what they say, and their scripts make logs like those that are checked in."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

HERE = Path(__file__).resolve().parents[2] / "examples" / "learning_curve"
EXAMPLES = ["sample_size", "tagging", "llm"]
NO_CACHE = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def python(script: Path, *arguments: str | Path, cwd: Path) -> str:
    """What a script of an example prints to stdout."""
    command = [sys.executable, script, *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=NO_CACHE, capture_output=True, encoding="utf-8", timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def same(one: str, other: str) -> bool:
    """The same words, and numbers that differ by no more than rounding does from processor to processor."""
    number = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
    words = [" ".join(number.sub("#", text).replace("─", "").split()) for text in (one, other)]
    values = [[float(found.replace(",", "")) for found in number.findall(text)] for text in (one, other)]
    return words[0] == words[1] and values[0] == pytest.approx(values[1], rel=0.01, abs=0.002)


def rows(log: Path) -> list[dict[str, str]]:
    with log.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an example, and the working directory."""
    copy = tmp_path / str(request.param)
    shutil.copytree(HERE / request.param, copy, ignore=shutil.ignore_patterns("__pycache__", "*.svg"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("COLUMNS", "80")
    return copy


@pytest.mark.parametrize("folder", EXAMPLES, indirect=True)
def test_the_commands_print_what_the_page_says(folder: Path, run: Run) -> None:
    blocks = re.findall(r"```console\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    shown = [part.partition("\n") for block in blocks for part in ("\n" + block).split("\n$ ")[1:]]
    assert {command.split()[0] for command, _, _ in shown} == {"advisor", "python"}
    for command, _, printed in shown:
        program, *arguments = shlex.split(command)
        if program == "python":
            out = python(folder / arguments[0], *arguments[1:], cwd=folder)
        else:
            done = run(*arguments)
            assert done.code == 0, done.err
            out = done.out
        assert same(out, printed), command


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_checked_in_is_small_and_drawn(example: str) -> None:
    for log in (HERE / example).glob("*.csv"):
        assert log.stat().st_size < 50_000
    pictures = re.findall(r"!\[.+\]\((.+\.svg)\)", (HERE / example / "README.md").read_text(encoding="utf-8"))
    assert pictures
    for picture in pictures:
        drawn = (HERE / example / picture).read_text(encoding="utf-8")
        assert drawn.startswith(("<?xml", "<svg"))
        assert len(drawn) < 100_000


def asked(run: Run, *arguments: str) -> dict[str, Any]:
    """The document of `advisor recommend learning-curve`."""
    done = run("recommend", "learning-curve", *arguments, "--format", "json")
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def score(answer: dict[str, Any]) -> tuple[float, float, float]:
    """Low, mean and high of the first advice."""
    found = answer["advice"][0]["expected"]["score"]
    return found["low"], found["mean"], found["high"]


# --- sample_size


@pytest.mark.parametrize("data", ["digits", "breast_cancer"])
def test_the_beginning_is_that_of_the_whole_log(data: str) -> None:
    seen, whole = rows(HERE / "sample_size" / f"{data}_seen.csv"), rows(HERE / "sample_size" / f"{data}.csv")
    last = max(int(row["train_size"]) for row in seen)
    assert last <= 0.3 * max(int(row["train_size"]) for row in whole)
    assert seen == [row for row in whole if int(row["train_size"]) <= last]
    assert len({row["model"] for row in seen}) == 8


def test_more_rows_are_foretold_better_than_by_the_last_value(run: Run) -> None:
    folder = HERE / "sample_size"
    truth = {row["model"]: float(row["accuracy"]) for row in rows(folder / "digits.csv")}
    now = {row["model"]: float(row["accuracy"]) for row in rows(folder / "digits_seen.csv")}
    answer = asked(run, "--log", str(folder / "digits_seen.csv"), "--at", "1257", "-n", "8")
    ranking = answer["advice"][0]["tables"]["ranking"]
    assert {row["curve"] for row in ranking} == set(truth)
    errors = [abs(row["score"] - truth[row["curve"]]) for row in ranking]
    assert sum(errors) < 0.5 * sum(abs(now[name] - truth[name]) for name in truth)
    inside = {row["curve"] for row in ranking if row["low"] <= truth[row["curve"]] <= row["high"]}
    assert {"svm-rbf", "random-forest", "nearest-neighbours", "logistic", "lda"} <= inside
    assert "naive-bayes" not in inside  # as the page says


def test_the_rows_for_a_target_are_foretold(run: Run) -> None:
    log = HERE / "sample_size" / "digits_seen.csv"
    needs = asked(run, "--log", str(log), "--curve", "random-forest", "--target", "0.95")["advice"][0]["needs"]
    assert needs["low"] < 457 < needs["high"]
    assert 457 / 1.3 < needs["x"] < 457 * 1.3


def test_accuracies_are_measured_as_in_the_log(tmp_path: Path) -> None:
    python(HERE / "sample_size" / "measure.py", "--share", "0.02", "--out", "log.csv", cwd=tmp_path)
    made, kept = rows(tmp_path / "log.csv"), rows(HERE / "sample_size" / "digits.csv")
    assert [row["train_size"] for row in made] == ["20"] * 8
    then = {row["model"]: float(row["accuracy"]) for row in kept if row["train_size"] == "20"}
    assert {row["model"] for row in made} == set(then)
    for row in made:
        assert float(row["accuracy"]) == pytest.approx(then[row["model"]], abs=0.03)  # another scikit-learn may differ a little


# --- tagging

ROLES = ["--x", "words", "--map", "curve=tagger"]


def test_the_trace_tells_when_it_can_be_believed(run: Run, tmp_path: Path) -> None:
    folder = HERE / "tagging"
    whole, seen = rows(folder / "tagging.csv"), rows(folder / "seen.csv")
    assert seen == [row for row in whole if int(row["words"]) <= 120_010]
    truth = next(float(row["accuracy"]) for row in whole if (row["tagger"], row["words"]) == ("perceptron", "300000"))
    trace = [*ROLES, "--at", "300000", "--method", "trace", "--curve", "perceptron"]
    answer = asked(run, "--log", str(folder / "seen.csv"), *trace)
    low, middle, high = score(answer)
    assert low < truth < high
    assert abs(middle - truth) < 0.003
    marks = {row["mark"]: row["level"] for row in answer["advice"][0]["tables"]["trace"] if row["mark"]}
    assert marks == {"working, prediction": 16, "convergence": 18}
    assert answer["advice"][0]["audit"]["robustness"] == 0.875

    third = tmp_path / "third.csv"
    third.write_text(
        "tagger,words,accuracy\n" + "".join(",".join(row.values()) + "\n" for row in whole if int(row["words"]) < 90_010)
    )
    assert [one["code"] for one in asked(run, "--log", str(third), *trace)["advice"][0]["warnings"]] == ["cannot-tell"]
    accuracy = score(asked(run, "--log", str(third), *ROLES, "--at", "300000", "--curve", "perceptron"))
    assert abs(accuracy[1] - truth) < 0.005

    whole_log = asked(run, "--log", str(folder / "tagging.csv"), *trace)
    assert "hypothesis-failed" in [one["code"] for one in whole_log["warnings"]]


def test_taggers_are_trained_and_tested(tmp_path: Path) -> None:
    small = ["--words", "3000", "--step", "1000", "--pool", "4000", "--held-out", "1000"]
    python(HERE / "tagging" / "tag.py", *small, "--out", "log.csv", cwd=tmp_path)
    made = rows(tmp_path / "log.csv")
    assert [row["tagger"] for row in made] == ["perceptron"] * 3 + ["counts"] * 3
    assert [int(row["words"]) // 1000 for row in made] == [1, 2, 3] * 2
    assert all(0.5 < float(row["accuracy"]) < 1.0 for row in made)


def test_names_are_tagged_with_their_roles(tmp_path: Path) -> None:
    source = "@cache\ndef f(a, *, b=1):\n    self.x = a.y(b, key=g(C.d))\nimport os.path as p\nclass E(D): pass\n"
    code = f"from corpus import tagged\nfor s in tagged({source.encode()!r}): print(*(f'{{t.text}}/{{t.tag}}' for t in s if t.tag))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE / "tagging", capture_output=True, text=True, timeout=60, check=True, env=NO_CACHE
    )
    assert done.stdout.splitlines() == [
        "cache/decorator",
        "def/keyword f/function a/parameter b/parameter",
        "self/load x/set-attribute a/load y/method b/load key/argument g/call C/load d/attribute",
        "import/keyword os/import path/import as/keyword p/store",
        "class/keyword E/class D/load pass/keyword",
    ]


# --- llm


def last_loss(name: str) -> float:
    return float(rows(HERE / "llm" / f"{name}.csv")[-1]["loss"])


@pytest.mark.parametrize("name", ["cosine", "wsd"])
def test_half_a_run_is_the_first_half(name: str) -> None:
    assert rows(HERE / "llm" / f"{name}_half.csv") == rows(HERE / "llm" / f"{name}.csv")[:61]


@pytest.mark.parametrize(
    ("name", "finished", "plan", "error", "farther_off"),
    [
        ("cosine", ["small"], [], 0.03, ["families"]),
        ("wsd", ["small", "cosine"], ["4800=0.003", "5400=0.0015", "6000=0"], 0.08, ["meta", "families"]),
    ],
)
def test_a_known_schedule_tells_the_final_loss(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    finished: list[str],
    plan: list[str],
    error: float,
    farther_off: list[str],
) -> None:
    monkeypatch.chdir(HERE / "llm")
    logs = [part for log in [*finished, f"{name}_half"] for part in ("--log", f"{log}.csv")]
    question = [*logs, "--curve", f"{name}_half.csv"]
    low, middle, high = score(asked(run, *question, *(part for point in plan for part in ("--plan", point))))
    truth = last_loss(name)
    assert low < truth < high
    assert abs(middle - truth) < error
    for blind in farther_off:
        assert abs(middle - truth) < abs(score(asked(run, *question, "--method", blind))[1] - truth)


@pytest.mark.parametrize(("schedule", "rates"), [("cosine", [0.0, 0.00166151, 0.0003]), ("wsd", [0.0, 0.003, 0.0])])
def test_a_model_is_trained(tmp_path: Path, schedule: str, rates: list[float]) -> None:
    tiny = ["--width", "16", "--layers", "1", "--steps", "8", "--every", "4", "--schedule", schedule]
    python(HERE / "llm" / "train.py", *tiny, "--out", "log.csv", cwd=tmp_path)
    made = rows(tmp_path / "log.csv")
    assert [row["step"] for row in made] == ["0", "4", "8"]
    assert [float(row["lr"]) for row in made] == pytest.approx(rates, abs=2e-4)
    assert float(made[-1]["loss"]) < float(made[0]["loss"]) < 5.0
