"""The example sequences: they give the published tables, iteration by iteration, and step as a simulation does."""

from __future__ import annotations

import csv
import importlib.util
import sys
from itertools import islice
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[4]
TABLES = ROOT.parent / "shared" / "data" / "sor"
OMEGAS = np.linspace(1.0, 1.95, 20)
FIRST = {  # the counts of the first step, from the tables
    "paper_hv": [101, 90, 81, 72, 64, 57, 49, 42, 35, 27, 31, 35, 42, 46, 55, 67, 85, 116, 177, 362],
    "paper_lv": [153, 138, 124, 112, 100, 89, 79, 69, 60, 51, 41, 35, 40, 46, 55, 67, 84, 115, 176, 361],
    "heat25_sor": [3, 7, 8, 10, 12, 14, 16, 18, 21, 24, 27, 31, 37, 43, 52, 65, 83, 114, 175, 360],
    "heat25_ssorcg": [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
    "heat50_ssorcg": [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
    "fem_sor": [18, 15, 12, 12, 14, 16, 18, 20, 22, 25, 29, 33, 39, 45, 54, 67, 86, 118, 182, 373],
}


@pytest.fixture(scope="module")
def sequences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sor_sequences", ROOT / "examples" / "sor" / "sequences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _needs(name: str) -> None:
    if name == "fem_sor":
        pytest.importorskip("skfem")


@pytest.mark.parametrize("name", FIRST)
def test_the_first_step_costs_what_the_table_says(name: str, sequences: ModuleType) -> None:
    _needs(name)
    assert sequences.PUBLISHED[name]().step.costs(OMEGAS).tolist() == FIRST[name]


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.skipif(not TABLES.is_dir(), reason="the tables of ../shared/data/sor are not here")
def test_every_omega_takes_the_iterations_of_the_table(name: str, sequences: ModuleType) -> None:
    _needs(name)
    with (TABLES / f"table_{name}.csv").open(newline="") as file:
        rows = list(islice(csv.DictReader(file), 60))
    for step, row in zip(sequences.PUBLISHED[name](), rows, strict=False):
        assert step.context == pytest.approx({key: float(row[key]) for key in step.context}, rel=1e-5, abs=1e-6)
        assert step.costs(OMEGAS).tolist() == [int(row[f"it_w{omega:.2f}"]) for omega in OMEGAS], step.number


@pytest.mark.parametrize("name", FIRST)
def test_the_best_omega_is_the_cheapest_of_all(name: str, sequences: ModuleType) -> None:
    _needs(name)
    for step in islice(sequences.PUBLISHED[name](), 0, 30, 10):
        omega, fewest = step.best(OMEGAS)
        costs = step.costs(OMEGAS)
        assert fewest == costs.min()
        assert costs[np.flatnonzero(omega == OMEGAS)[0]] == fewest


@pytest.mark.parametrize("name", FIRST)
def test_contexts_are_known_beforehand_and_a_sequence_has_an_end(name: str, sequences: ModuleType) -> None:
    _needs(name)
    problem = {
        "paper": lambda: sequences.ShiftedLaplacian("lv", 12, seed=5),
        "heat": lambda: sequences.Heat(10, "ssor-cg" if "cg" in name else "sor", 12),
        "fem": lambda: sequences.NonlinearDiffusion(12, seed=5, refinements=2),
    }[name.partition("_")[0].rstrip("0123456789")]()
    beforehand = problem.contexts()
    met = [step.context for step in problem]
    assert len(met) == 12
    for one, other in zip(beforehand, met, strict=True):
        assert one == pytest.approx(other, rel=1e-9)


def test_the_next_step_starts_from_the_solution_that_was_reached(sequences: ModuleType) -> None:
    problem = sequences.Heat(10)
    problem.step.solve(1.2)
    reached = problem.step.solve(1.3).x
    problem.step.solve(1.3, cap=1)
    problem.step.costs([1.5])
    problem.advance()
    assert problem.step.x0 is reached


def test_a_seed_gives_the_same_sequence_and_another_seed_another(sequences: ModuleType) -> None:
    one, same, other = (sequences.ShiftedLaplacian("hv", 5, seed=seed) for seed in (3, 3, 4))
    assert one.contexts() == same.contexts() != other.contexts()
    assert np.array_equal(one.vectors, same.vectors)


def test_without_scikit_fem_it_is_said_what_to_install(sequences: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skfem", None)
    with pytest.raises(ImportError, match="pip install 'scikit-fem"):
        sequences.NonlinearDiffusion(3)
