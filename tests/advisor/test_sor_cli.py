"""`advisor ... sor`: the columns of a log, a table by pattern, and the loop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fits.sor.sequences import random_log, table


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with the columns t, c, omega and iterations."""
    path = tmp_path_factory.mktemp("sor") / "log.csv"
    renamed = {"step": "t", "contexts.c": "c", "cost": "iterations"}
    random_log(200).rename(columns=renamed).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with the columns t, c and it_w1.00 to it_w1.95."""
    path = tmp_path_factory.mktemp("sor") / "table.csv"
    full = table(60)
    full.rename(columns={name: name.removeprefix("grid.").removeprefix("contexts.") for name in full}).to_csv(path, index=False)
    return path


@pytest.fixture
def two_costs(log, tmp_path):
    lines = log.read_text().splitlines()
    path = tmp_path / "two.csv"
    path.write_text("\n".join([lines[0] + ",seconds", *(line + f",{0.1 + 0.01 * i}" for i, line in enumerate(lines[1:]))]))
    return path


def test_a_fit_goes_through_a_pipe_to_a_recommendation(run, log):
    made = run("fit", "sor", log, "--context", "c")
    assert made.code == 0, made.err
    answer = run("recommend", "sor", "--fit", "-", "--context", "c=0.31", stdin=made.out)
    assert answer.code == 0, answer.err
    advice = json.loads(answer.out)["advice"][0]
    assert 1.0 <= advice["config"]["omega"] <= 1.95
    assert "best fixed omega" in run("fit", "sor", log, "--context", "c", terminal=True).out
    at_once = run("recommend", "sor", "--log", log, "--contexts", "c=0.31")
    assert json.loads(at_once.out)["advice"] == json.loads(answer.out)["advice"]
    assert "policy" in run("recommend", "sor", "--fit", "-", "--context", "c=0.31", stdin=made.out, terminal=True).out


def test_a_table_is_named_by_a_pattern(run, wide):
    result = run("backtest", "sor", wide, "--grid", "it_w*", "--context", "c", "--policies", "gp-ts", "--seeds", "2")
    assert result.code == 0, result.err
    document = json.loads(result.out)["backtest"]
    assert document["summary"][0]["method"] in ("gp-ts", "best fixed")
    assert {"low", "high"} <= set(document["summary"][0])
    assert {row["method"] for row in document["tables"]["regret"]} == {"gp-ts", "best fixed", "omega=1"}
    shown = run("backtest", "sor", wide, "--grid", "it_w*", "--policies", "uniform", terminal=True).out
    assert "low" in shown
    assert "regret to best fixed" in shown


def test_a_pattern_that_matches_nothing_is_an_error(run, wide):
    result = run("backtest", "sor", wide, "--grid", "iter_*")
    assert result.code == 3
    assert "no column matches this pattern" in result.err
    assert "iter_*" in result.err


def test_a_column_matched_twice_is_an_error(run, wide):
    result = run("fit", "sor", wide, "--grid", "it_w*", "--contexts", "c,it_w1.00")
    assert (result.code, "used 2 times" in result.err) == (2, True)


def test_a_pattern_works_for_json_lines_too(run, wide, tmp_path):
    header, *lines = [line.split(",") for line in wide.read_text().splitlines()]
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(dict(zip(header, map(float, line), strict=True))) + "\n" for line in lines))
    assert run("fit", "sor", path, "--grid", "it_w*", "--context", "c").code == 0


def test_several_contexts_are_named_one_by_one_or_at_once(run, two_costs):
    for named in (["--context", "c,t"], ["--context", "c", "--context", "t"], ["--contexts", "c,t"]):
        made = run("fit", "sor", two_costs, *named, "--cost", "iterations")
        assert made.code == 0, made.err
        assert list(json.loads(made.out)["fit"]["contexts"]) == ["c", "t"]


def test_two_columns_that_could_be_the_cost(run, two_costs):
    result = run("fit", "sor", two_costs)
    assert result.code == 3
    assert "several columns could be cost: iterations, seconds" in result.err
    chosen = run("fit", "sor", two_costs, "--cost", "seconds")
    assert chosen.code == 0, chosen.err
    assert json.loads(chosen.out)["log"]["columns"]["cost"] == "seconds"
    assert run("recommend", "sor", "--log", two_costs, "--cost", "seconds").code == 0
    assert run("backtest", "sor", two_costs, "--cost", "seconds", "--seeds", "1").code == 0
    assert run("fit", "sor", two_costs, "--cost", "seconds", "--map", "cost=iterations").code == 2
    assert run("recommend", "sor", "--fit", "x.json", "--cost", "seconds").code == 2


def test_what_is_missing_is_named(run, wide):
    result = run("fit", "sor", wide)
    assert result.code == 4
    assert "no column is cost" in result.err
    assert "--grid" in result.err
    bad = run("fit", "sor", wide, "--grid", "it_w*,step")
    assert bad.code == 2
    assert "does not end in an omega" in bad.err


def test_an_unknown_context_is_refused(run, log):
    result = run("recommend", "sor", "--log", log, "--context", "c=0.1", "--context", "t=3")
    assert result.code == 0  # the query says which columns are contexts
    made = run("fit", "sor", log, "--context", "c").out
    refused = run("recommend", "sor", "--fit", "-", "--context", "k=0.1", stdin=made)
    assert refused.code == 2
    assert "unknown: k; there are: c" in refused.err


def test_the_loop_asks_and_tells_with_a_context(run, log, tmp_path):
    lines = ['{"ask": {"c": 0.31}}', '{"tell": {"id": 1, "cost": 41}, "ask": {"c": 0.4}}', '{"tell": {"id": 2, "cost": 1, "x": 1}}']
    lines += ['{"tell": {"id": 2, "cost": 50, "converged": false}}', '{"ask": {}}']
    state = tmp_path / "state.json"
    result = run("serve", "sor", "--context", "c", "--state", state, stdin="\n".join(lines))
    replies = [json.loads(line) for line in result.out.splitlines()]
    assert set(replies[0]) == {"id", "omega", "limit", "fallback"}
    assert replies[1]["told"] == 1
    assert replies[2]["error"]["code"] == "bad-outcome"
    assert replies[3] == {"told": 2}
    assert replies[4]["error"]["code"] == "bad-query"
    resumed = run("serve", "sor", "--context", "c", "--state", state, stdin='{"ask": {"c": 0.31}}')
    assert json.loads(resumed.out)["id"] > 2
    fit = tmp_path / "fit.json"
    assert run("fit", "sor", log, "--context", "c", "-o", fit).code == 0
    assert "omega" in json.loads(run("serve", "sor", "--fit", fit, stdin='{"ask": {"c": 0.31}}').out)
    assert run("serve", "sor", "--method", "chebcb").code == 2


@pytest.mark.parametrize("argv", [["serve", "sor", "--help"], ["fit", "sor", "--help"], ["backtest", "sor", "--help"]])
def test_help_loads_nothing_heavy(argv):
    code = f"import sys; from advisor.cli import main; main({argv!r}); print([m for m in ('numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
