"""The page of examples/bnn_bo/sweep prints what it says, and its script logs what it measures."""

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

import pytest

from tests.conftest import Run

HERE = Path(__file__).resolve().parents[2] / "examples" / "bnn_bo" / "sweep"
LOGS = ("sweep.csv", "tuned.csv")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, and the working directory."""
    copy = tmp_path / "sweep"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.svg"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("COLUMNS", "80")
    return copy


def words(text: str) -> list[str]:
    """Without the numbers, which another processor may give otherwise in their last digits."""
    return re.sub(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", "#", text).replace("─", "").split()


def test_the_commands_print_what_the_page_says(folder: Path, run: Run) -> None:
    blocks = re.findall(r"```console\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    commands = [part for block in blocks for part in ("\n" + block).split("\n$ ")[1:]]
    assert len(commands) == 3
    for part in commands:
        command, _, printed = part.partition("\n")
        result = run(*shlex.split(command)[1:])
        assert result.code == 0, result.err
        assert words(result.out) == words(printed)


def test_an_answer_is_trained_and_logged(folder: Path) -> None:
    answer = {"advice": [{"config": {"kernel": "linear", "C": 0.62845, "epsilon": 0.49062}}]}
    command = [sys.executable, "evaluate.py", "sweep.csv"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, input=json.dumps(answer), text=True, check=True, capture_output=True, env=environment, timeout=60)
    with (folder / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert float(rows[-1]["rmse"]) == pytest.approx(54.985, abs=0.01)


def test_the_advice_paid() -> None:
    """The best of the fourteen rounds beats the best of the twelve random rows."""
    first, tuned = ([float(row["rmse"]) for row in csv.DictReader((HERE / name).read_text().splitlines())] for name in LOGS)
    assert min(tuned) < min(first)
