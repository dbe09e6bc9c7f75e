"""The programs of examples/sor run as their README says."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOR = Path(__file__).resolve().parents[2] / "examples" / "sor"
ADVISOR = [sys.executable, "-m", "advisor", "serve", "sor", "--contexts", "coef", "--quiet"]
SWEEPS = re.compile(r"omega = 1: +(\d+) sweeps\nomega = 1\.35: +(\d+) sweeps\nthe advisor: +(\d+) sweeps, (\d+) solves given up\n")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "80", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=True, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def heat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled C client."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc)")
    program = tmp_path_factory.mktemp("heat") / "heat"
    run(compiler, "-O2", SOR / "heat.c", "-lm", "-o", program, cwd=program.parent)
    return program


def sweeps(printed: str) -> tuple[int, ...]:
    match = SWEEPS.fullmatch(printed)
    assert match is not None, printed
    return tuple(map(int, match.groups()))


def test_a_sequence_is_solved_and_compared(tmp_path: Path) -> None:
    done = run(sys.executable, SOR / "solve_sequence.py", "paper_lv", "--steps", "200", "--policy", "gp-ts", "greedy", cwd=tmp_path)
    assert done.stderr == ""
    lines = [re.split(r" {2,}", line.strip()) for line in done.stdout.splitlines()]
    ratios = {line[0].partition(",")[0]: float(line[2]) for line in lines if len(line) > 2 and line[0] != "ω chosen by"}
    assert list(ratios) == ["gp-ts", "greedy", "best fixed", "ω = 1", "Young", "instance-optimal"]
    assert ratios["instance-optimal"] == 1.0
    assert ratios["Young"] < 1.05 < ratios["best fixed"] < ratios["ω = 1"]
    assert 1.0 < ratios["gp-ts"] < ratios["best fixed"]


def test_the_regret_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run(sys.executable, SOR / "solve_sequence.py", "heat25", "--steps", "30", "--plot", "regret.svg", cwd=tmp_path)
    drawn = (tmp_path / "regret.svg").read_text(encoding="utf-8")
    assert ">linear systems solved<" in drawn
    assert ">gp-ts<" in drawn
    assert len(drawn) < 150_000


def test_the_log_is_the_one_of_the_readme(tmp_path: Path) -> None:
    run(sys.executable, SOR / "solve_sequence.py", "heat25", "--steps", "50", "--log", "log.csv", cwd=tmp_path)
    with (tmp_path / "log.csv").open(newline="") as made, (SOR / "heat_log.csv").open(newline="") as kept:
        pairs = list(zip(csv.DictReader(made), csv.DictReader(kept), strict=False))
    assert len(pairs) == 50
    for one, other in pairs:
        assert float(one.pop("seconds")) > 0.0
        other.pop("seconds")
        assert list(one) == ["step", "coef", "omega", "iterations"]
        assert abs(int(one.pop("iterations")) - int(other.pop("iterations"))) <= 1  # the last digit of a norm may differ
        assert one == other


def test_the_c_client_saves_sweeps(heat: Path, tmp_path: Path) -> None:
    done = run(heat, "700", *ADVISOR, cwd=tmp_path)
    assert done.stderr == ""
    one, fixed, advised, _ = sweeps(done.stdout)
    assert advised < fixed < one


def test_the_c_client_goes_on_when_the_advisor_ends(heat: Path, tmp_path: Path) -> None:
    quitter = 'import sys; sys.stdin.readline(); print(\'{"id":1,"omega":1.2,"limit":null,"fallback":1.5}\', flush=True)'
    done = run(heat, "60", sys.executable, "-c", quitter, cwd=tmp_path)
    assert done.stderr == "heat: the advisor has ended; going on with omega = 1.50\n"
    assert sweeps(done.stdout)[2] > 0


def test_the_c_client_gives_up_at_the_limit_and_tells_it(heat: Path, tmp_path: Path) -> None:
    strict = """
import json, sys
told = []
for number, line in enumerate(sys.stdin, 1):
    request = json.loads(line)
    if "tell" in request:
        told.append(request["tell"])
    print(json.dumps({"id": number, "omega": 1.9, "limit": 5.5, "fallback": 1.2}), flush=True)
json.dump(told, open("told.json", "w"))
"""
    done = run(heat, "4", sys.executable, "-c", strict, cwd=tmp_path)
    *_, given_up = sweeps(done.stdout)
    assert given_up == 4
    expected = [f'{{"id": {number}, "cost": 5, "converged": false}}' for number in (1, 2, 3)]
    assert (tmp_path / "told.json").read_text() == f"[{', '.join(expected)}]"


def test_the_python_client_is_answered(tmp_path: Path) -> None:
    if shutil.which("advisor") is None:
        pytest.skip("the advisor is not on the PATH")
    assert re.fullmatch(r"\d+ iterations\n", run(sys.executable, SOR / "pipe_client.py", cwd=tmp_path).stdout)
