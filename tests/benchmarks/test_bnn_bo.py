"""The benchmark of bnn-bo: its problems have the optima that it says, its scores are right, and its short form runs."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import bnn_bo
import bnn_bo_calibration
import bnn_bo_runs
import bnn_bo_tables
import numpy as np
import pytest
import torch
from bnn_bo_ours import space_of
from bnn_bo_problems import MADE, Network, Problem, made
from bnn_bo_rival_spaces import Coded
from bnn_bo_runs import STARTS, Rows, run
from bnn_bo_scores import compare, efficient, expected_best, hypervolume, regrets
from bnn_bo_spaces import Places, categorical, configuration, ordinal, real, sobol
from botorch.test_functions import Ackley, Branin, Hartmann
from botorch.utils.multi_objective.hypervolume import Hypervolume

from fits.space import Encoding

TABLES = [name for names in bnn_bo_tables.names().values() for name in names]
needs_tables = pytest.mark.skipif(not TABLES, reason="../shared/data/bnn-bo is absent")
AVERAGED = {
    "alkox",
    "benzylation",
    "colors_bob",
    "fullerenes",
    "photo_pce10",
    "photo_wf3",
}  # whose bars count rows of one configuration


def best_and_others(problem: Problem, count: int = 64) -> tuple[float, list[float]]:
    ((name, direction),) = problem.directions.items()
    sign = 1.0 if direction == "minimize" else -1.0
    assert problem.best is not None
    return sign * problem.best, [sign * problem.evaluate(config)[name] for config in sobol(problem.parameters, count, 3)]


# --- problems


@pytest.mark.parametrize("name", sorted(set(MADE) - {"svr-diabetes"}))
def test_no_point_of_a_function_beats_its_best(name: str) -> None:
    problem = made(name)
    if problem.several:
        missing = regrets(problem, [problem.evaluate(config) for config in sobol(problem.parameters, 64, 3)], (8, 64))
        assert 0.0 <= missing[1] <= missing[0] <= 1.0
    else:
        best, others = best_and_others(problem)
        assert min(others) >= best
        assert regrets(problem, [{"y": problem.usual}, {"y": best}], (1, 2)) == [1.0, 0.0]


def test_the_real_model_is_near_what_the_page_measured() -> None:
    problem = made("svr-diabetes")
    u = (0.9334986246874049, 0.4620126046023502, 0.8676235376869372)
    assert problem.evaluate(configuration(problem.parameters, u))["y"] == pytest.approx(problem.best, abs=1e-4)
    assert min(best_and_others(problem, 30)[1]) == pytest.approx(55.5, abs=1.5)


def test_functions_are_those_of_botorch() -> None:
    theirs = {"branin": Branin(), "hartmann6": Hartmann(dim=6), "ackley10": Ackley(dim=10)}
    for name, function in theirs.items():
        for config in sobol(made(name).parameters, 16, 5):
            x = torch.tensor([list(config.values())], dtype=torch.float64)
            assert made(name).evaluate(config)["y"] == pytest.approx(float(function.evaluate_true(x)[0]), rel=1e-6)


def test_a_network_has_the_gradient_by_which_its_minimum_was_sought() -> None:
    draw, rng = Network(20, 0), np.random.default_rng(0)
    x, step = rng.uniform(-1.0, 1.0, 20), 1e-6 * rng.standard_normal(20)
    value, gradient = draw.with_gradient(x)
    assert draw(x + step) - value == pytest.approx(float(gradient @ step), rel=1e-4)


@needs_tables
@pytest.mark.parametrize("name", TABLES)
def test_tables_evaluate_and_have_the_best_and_the_random_search_that_was_computed_for_them(name: str) -> None:
    problem = bnn_bo_tables.table(name)
    configs = problem.pool or sobol(problem.parameters, 16, 0)
    assert all(np.isfinite(list(problem.evaluate(config).values())).all() for config in configs[:16])
    group, _, stem = name.partition("/")
    bars = json.loads((bnn_bo_tables.DATA / "random_search_bars.json").read_text())
    known: dict[str, Any] = bars["hpo"].get(stem) or bars["lookup"].get(name) or bars["lookup"].get(f"edbo/{stem}.csv") or {}
    if problem.several or "best" not in known or stem in AVERAGED:
        return
    ((_, direction),) = problem.directions.items()
    assert problem.values is not None
    assert problem.best == pytest.approx(known["best"], rel=1e-5)
    assert problem.median == pytest.approx(known["median"], rel=1e-5)
    for draws, value in (known.get("random") or known["random_expected_best"]).items():
        mean = expected_best(problem.values[:, 0], int(draws), maximize=direction == "maximize")
        assert mean == pytest.approx(value, rel=1e-3 if group != "hpo" else 5e-3)


@needs_tables
def test_a_pool_gives_each_row_once_and_the_nearest_for_what_it_has_not() -> None:
    problem = bnn_bo_tables.table("olympus/electrochem")
    assert problem.pool is not None
    rows, rng = Rows(problem), np.random.default_rng(0)
    assert rows.take(problem.pool[3]) == problem.pool[3]
    asked = problem.pool[5] | {"ligand_metal_ratio": float(problem.pool[5]["ligand_metal_ratio"]) + 1e-9}
    assert rows.take(asked) == problem.pool[5]
    taken = [rows.take(configuration(problem.parameters, rng.random(4).tolist())) for _ in range(len(problem.pool) - 2)]
    assert len({tuple(config.items()) for config in taken}) == len(problem.pool) - 2
    assert not rows


def test_places_lie_in_the_cube_and_two_categories_one_apart() -> None:
    places = Places({"a": real(1.0, 100.0, log=True), "b": ordinal(8, 16, 64), "c": categorical("x", "y", "z")})
    points = places.of([{"a": 10.0, "b": 16, "c": "x"}, {"a": 10.0, "b": 16, "c": "z"}])
    assert points[0, :2] == pytest.approx([0.5, 0.5])
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", [*sorted(MADE), *(["hpo/hpolib_naval_propulsion", "olympus/vapdiff_crystal"] if TABLES else [])])
def test_ours_is_given_the_same_space_as_the_rivals(name: str) -> None:
    problem = bnn_bo.problem(name)
    encoding = Encoding(space_of(problem))
    configs = [dict(config) for config in (problem.pool or sobol(problem.parameters, 8, 0))[:8]]
    for config, back in zip(configs, encoding.decode(encoding.encode(configs)), strict=True):
        assert {key: value if isinstance(value, str) else pytest.approx(value) for key, value in config.items()} == back
    coded = Coded(problem.parameters)
    assert [coded.decode(coded.code(config, numbered=True), numbered=True) for config in configs] == configs


# --- scores


@pytest.mark.parametrize("m", [2, 3])
def test_hypervolume_is_that_of_botorch(m: int) -> None:
    values = np.random.default_rng(m).standard_normal((30, m))
    theirs = Hypervolume(torch.full((m,), -0.5, dtype=torch.float64)).compute(torch.from_numpy(efficient(values)))
    assert hypervolume(values, np.full(m, -0.5)) == pytest.approx(theirs)


def test_the_expected_best_is_the_mean_over_all_draws() -> None:
    values = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    draws = [max(draw) for draw in itertools.combinations(values.tolist(), 3)]
    assert expected_best(values, 3, maximize=True) == pytest.approx(np.mean(draws))


def test_methods_are_compared_on_the_problems_and_seeds_of_both() -> None:
    found = compare({"a": {0: 1.0, 1: 3.0}, "b": {0: 1.0}}, {"a": {0: 2.0, 1: 4.0, 2: 9.0}, "c": {0: 0.0}})
    assert found is not None
    assert (found.problems, found.worse, found.difference) == (1, 0.0, -1.0)
    assert found.ratio == pytest.approx(2.0 / 3.0)
    assert found.difference_within == (-1.0, -1.0)


# --- the command


def stub(space: Any, history: Sequence[Any], *, surrogate: str, pool: Sequence[Mapping[str, Any]] | None, seed: int) -> list[Any]:
    """In place of the solver: the row that was measured last, or any of the pool."""
    expected = {name: SimpleNamespace(low=-np.inf, high=np.inf) for name in space.objectives}
    return [SimpleNamespace(config=pool[0] if pool is not None else history[-1][0], expected=expected)]


@pytest.fixture
def _stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("fits.bnn_bo.proposing")
    module.propose = stub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fits.bnn_bo.proposing", module)


@pytest.mark.usefixtures("_stubbed")
def test_the_quick_form_runs_and_what_is_kept_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bnn_bo.py", "--quick", "--methods", "random", "sobol", "gp", "--cache", str(tmp_path)])
    bnn_bo.main()
    first = capsys.readouterr().out
    assert "## The page's problems" in first
    assert "## Several objectives: 1 problems" in first
    assert len(list(tmp_path.glob("*/gp/0.json"))) == len(bnn_bo.expanded(bnn_bo.QUICK))
    monkeypatch.setattr(bnn_bo, "run", None)
    bnn_bo.main()
    assert capsys.readouterr().out == first


@pytest.mark.usefixtures("_stubbed")
def test_all_methods_begin_with_the_same_points() -> None:
    runs = [run(made("func2c"), method, seed=4, evaluations=STARTS + 2) for method in ("random", "sobol", "gp")]
    assert all(one.configs[:STARTS] == runs[0].configs[:STARTS] for one in runs)
    assert len(runs[0].seconds) == 2
    assert [one.held for one in runs] == [[], [], [True, True]]


@needs_tables
@pytest.mark.usefixtures("_stubbed")
def test_what_is_asked_beside_a_pool_is_evaluated_at_a_row_of_it() -> None:
    problem = bnn_bo_tables.table("olympus/suzuki")
    for method in ("gp", "gp+nearest", "sobol"):
        found = run(problem, method, seed=0, evaluations=STARTS + 3).configs
        assert all(config in (problem.pool or ()) for config in found)
        assert len({tuple(config.items()) for config in found}) == STARTS + 3


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_rivals_propose_what_can_be_evaluated(method: str) -> None:
    pytest.importorskip("optuna", reason='the rivals are in the extra "benchmark"')
    for name in ("integer-levy6", *(["olympus/suzuki"] if TABLES else [])):
        found = bnn_bo_runs.run(bnn_bo.problem(name), method, seed=0, evaluations=9)
        assert len(found.outcomes) == 9


def test_forecasts_of_random_trials_are_judged(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "--problems branin func2c --surrogates gp gp-rbf --rows 9 --most 2"
    monkeypatch.setattr(sys, "argv", ["bnn_bo_calibration.py", *asked.split()])
    bnn_bo_calibration.main()
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| gp")]
    assert [(row[0], len(row)) for row in rows] == [("gp", 3), ("gp-rbf", 4)]
    assert all(0.0 <= float(row[1].partition("%")[0]) <= 100.0 for row in rows)
