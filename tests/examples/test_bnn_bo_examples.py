"""The pages of examples/bnn_bo print what they say, and their scripts log what they measure."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.conftest import Run

HERE = Path(__file__).resolve().parents[2] / "examples" / "bnn_bo"
EXAMPLES = ["sweep", "chemistry", "high_dimensional"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an example, and the working directory."""
    copy = tmp_path / str(request.param)
    shutil.copytree(HERE / request.param, copy, ignore=shutil.ignore_patterns("__pycache__", "*.svg"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("COLUMNS", "80")
    return copy


def python(*arguments: str, stdin: str = "") -> str:
    """What a script of the example prints to stdout."""
    done = subprocess.run(
        [sys.executable, *arguments], input=stdin, encoding="utf-8", capture_output=True, env=ENVIRONMENT, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def module(path: Path) -> ModuleType:
    """A script that imports no other one of its folder."""
    spec = importlib.util.spec_from_file_location(f"example_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def answer(*configs: dict[str, Any]) -> str:
    return json.dumps({"advice": [{"config": config} for config in configs]})


def words(text: str) -> list[str]:
    """Without the numbers, which another processor may give otherwise in their last digits."""
    return re.sub(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", "#", text).replace("─", "").split()


@pytest.mark.parametrize("folder", EXAMPLES, indirect=True)
def test_the_commands_print_what_the_page_says(folder: Path, run: Run) -> None:
    blocks = re.findall(r"```console\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    commands = [part for block in blocks for part in ("\n" + block).split("\n$ ")[1:]]
    assert commands
    for part in commands:
        command, _, printed = part.partition("\n")
        program, *arguments = shlex.split(command)
        if program == "python":
            assert python(*arguments).split() == printed.split()
            continue
        result = run(*arguments)
        assert result.code == 0, result.err
        assert words(result.out) == words(printed)


def test_every_example_is_listed() -> None:
    listed = re.findall(r"\((\w+)/README\.md\)", (HERE / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(EXAMPLES) == sorted(path.parent.name for path in HERE.glob("*/README.md"))


# --- sweep


@pytest.mark.parametrize("folder", ["sweep"], indirect=True)
def test_an_answer_is_trained_and_logged(folder: Path) -> None:
    python("evaluate.py", "sweep.csv", stdin=answer({"kernel": "linear", "C": 0.62845, "epsilon": 0.49062}))
    logged = rows(folder / "sweep.csv")
    assert len(logged) == 13
    assert float(logged[-1]["rmse"]) == pytest.approx(54.985, abs=0.01)


def test_the_advice_paid() -> None:
    """The best of the fourteen rounds beats the best of the twelve random rows."""
    first, tuned = ([float(row["rmse"]) for row in rows(HERE / "sweep" / name)] for name in ("sweep.csv", "tuned.csv"))
    assert min(tuned) < min(first)


# --- chemistry

MILD = {"ligand": "RuPhos", "base": "NaOtBu", "solvent": "toluene", "temp": 60.0, "minutes": 120.0, "equiv": 1.5}


@pytest.fixture(scope="module")
def laboratory() -> ModuleType:
    return module(HERE / "chemistry" / "laboratory.py")


def test_more_heat_speeds_the_coupling_up_and_the_impurity_more(laboratory: ModuleType) -> None:
    short = {**MILD, "minutes": 5.0}
    cold, hot = laboratory.outcome(short), laboratory.outcome({**short, "temp": 80.0})
    assert 1.0 < hot["yield"] / cold["yield"] < hot["impurity"] / cold["impurity"]


def test_time_turns_product_into_impurity_and_bromide_is_never_made(laboratory: ModuleType) -> None:
    tight = {**MILD, "temp": 100.0, "equiv": 1.0}
    runs = [laboratory.outcome({**tight, "minutes": minutes}) for minutes in (10.0, 60.0, 600.0)]
    impurities = [run["impurity"] for run in runs]
    assert impurities == sorted(impurities)
    assert all(run["yield"] + run["impurity"] <= 100.0 for run in runs)


def test_an_analysis_errs_by_the_same_amount_each_time(laboratory: ModuleType) -> None:
    texts = {name: str(value) for name, value in MILD.items()}
    assert laboratory.measured(MILD) == laboratory.measured(texts) == laboratory.measured({**MILD, "minutes": 120.00000000000001})
    errors = [
        laboratory.measured(config)["yield"] - laboratory.outcome(config)["yield"]
        for config in ({**MILD, "minutes": float(minutes)} for minutes in range(20, 220))
    ]
    assert np.std(errors) == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize("folder", ["chemistry"], indirect=True)
def test_the_pool_and_the_first_experiments_are_those_of_the_page(folder: Path) -> None:
    python("evaluate.py", "again.csv", "--candidates", "400")
    assert (folder / "again.csv").read_text() == (folder / "pool.csv").read_text()
    pool = {tuple(row.values()) for row in rows(folder / "pool.csv")}
    for seed in range(5):
        python("evaluate.py", f"{seed}.csv", "--random", "pool.csv", "8", "--seed", str(seed))
        logged = rows(folder / "logs" / f"{seed}.csv")
        assert rows(folder / f"{seed}.csv") == logged[:8]
        configs = [tuple(row.values())[:6] for row in logged]
        assert len(configs) == len(set(configs)) == 32
        assert {(*config[:3], *map(float, config[3:])) for config in configs} <= {(*row[:3], *map(float, row[3:])) for row in pool}


@pytest.mark.parametrize("folder", ["chemistry"], indirect=True)
def test_an_answer_is_run_and_logged(folder: Path) -> None:
    python("evaluate.py", "new.csv", stdin=answer({**MILD, "minutes": 119.99999999999999}, {**MILD, "base": "K3PO4"}))
    mild, slow = rows(folder / "new.csv")
    assert mild["minutes"] == "120"
    assert float(mild["yield"]) > float(slow["yield"])


@pytest.mark.parametrize("folder", ["chemistry"], indirect=True)
def test_advice_reaches_more_than_random_picks(folder: Path) -> None:
    last = python("compare.py", *(f"logs/{seed}.csv" for seed in range(5))).splitlines()[7].split()
    shares = [float(share.removesuffix("%")) for share in last[1:]]
    assert last[0] == "32"
    assert 100.0 >= shares[0] > shares[1] + 10.0


# --- high dimensional


@pytest.fixture(scope="module")
def mixing() -> ModuleType:
    return module(HERE / "high_dimensional" / "mixing.py")


@pytest.mark.parametrize("folder", ["high_dimensional"], indirect=True)
def test_a_mixture_is_trained_and_logged(folder: Path, mixing: ModuleType) -> None:
    mixture = dict(zip(mixing.SOURCES, np.random.default_rng(3).random(300).round(3).tolist(), strict=True))
    python("evaluate.py", "new.csv", stdin=answer(mixture))
    (logged,) = rows(folder / "new.csv")
    assert float(logged.pop("error")) == pytest.approx(mixing.error(mixture), abs=1e-4)
    assert {name: float(weight) for name, weight in logged.items()} == mixture


def test_bad_sources_do_harm_and_good_ones_help(mixing: ModuleType) -> None:
    bad = mixing.data().bad
    good_only, bad_only = (dict(zip(mixing.SOURCES, kept.astype(float), strict=True)) for kept in (~bad, bad))
    alike = mixing.error(dict.fromkeys(mixing.SOURCES, 1.0))
    assert (alike, mixing.error(good_only)) == (pytest.approx(0.461, abs=1e-3), pytest.approx(0.364, abs=1e-3))
    assert alike + 0.1 < mixing.error(bad_only)


@pytest.mark.parametrize("folder", ["high_dimensional"], indirect=True)
def test_the_log_begins_as_the_page_says_and_the_loops_alike(folder: Path) -> None:
    python("evaluate.py", "again.csv", "--random", "20")
    again, logged = (rows(folder / name) for name in ("again.csv", "log.csv"))
    assert len(logged) == 40
    for one, other in zip(again, logged[:20], strict=True):
        assert float(one.pop("error")) == pytest.approx(float(other.pop("error")), abs=2e-4)
        assert one == other
    for name in ("progress.csv", "wiggly.csv"):
        loops: dict[tuple[str, str], list[str]] = {}
        for row in rows(folder / name):
            loops.setdefault((row["surrogate"], row["seed"]), []).append(row["error"])
        assert {len(loop) for loop in loops.values()} == {60}
        assert all(loop[:20] == loops["random", seed][:20] for (_, seed), loop in loops.items())


def test_a_network_ends_lower_than_a_gaussian_process_on_the_wiggly_function() -> None:
    """The mean over the seeds of the best after 60 trials, as measured."""
    best: dict[str, dict[str, float]] = {}
    for row in rows(HERE / "high_dimensional" / "wiggly.csv"):
        seeds = best.setdefault(row["surrogate"], {})
        seeds[row["seed"]] = min(seeds.get(row["seed"], np.inf), float(row["error"]))
    mean = {surrogate: float(np.mean(list(seeds.values()))) for surrogate, seeds in best.items()}
    assert mean["ibnn"] < mean["gp"] < mean["random"]
