"""bnn-bo from the terminal: files in, proposals out, errors that say what to do."""

from __future__ import annotations

import json

import numpy as np
import pytest

SPACE = """
[parameters.lr]
type = "float"
low = 1e-5
high = 0.1
log = true
[parameters.layers]
type = "integer"
low = 1
high = 8
[objectives.loss]
direction = "minimize"
"""


@pytest.fixture
def folder(tmp_path):
    rows = [(10 ** (-5 + 4 * (i * 0.37 % 1.0)), 1 + i * 3 % 8) for i in range(16)]
    cells = [f"{lr!r},{layers},{(i * 0.61) % 1.0!r},{0.1 * layers + lr!r},done" for i, (lr, layers) in enumerate(rows)]
    (tmp_path / "sweep.csv").write_text("\n".join(["lr,layers,seconds,loss,status", *cells]) + "\n")
    (tmp_path / "space.toml").write_text(SPACE)
    return tmp_path


def test_a_log_alone_is_answered_and_the_guess_is_told(run, folder):
    result = run(
        "recommend", "bnn-bo", "--log", folder / "sweep.csv", "--minimize", "loss", "--outcome", "seconds", "--surrogate", "gp"
    )
    assert result.code == 0
    advice = json.loads(result.out)["advice"][0]
    assert advice["config"].keys() == {"lr", "layers"}
    assert advice["config"]["layers"] == 1
    assert "guessed" in result.err


def test_a_fit_and_a_batch_as_csv(run, folder):
    fit = folder / "fit.json"
    made = run("fit", "bnn-bo", folder / "sweep.csv", "--space", folder / "space.toml", "--surrogate", "gp", "-o", fit)
    assert made.code == 0, made.err
    result = run("recommend", "bnn-bo", "--fit", fit, "-n", "3", "--format", "csv")
    head, *rows = result.out.splitlines()
    assert head.startswith("lr,layers,expected_loss")
    assert len(rows) == 3


def test_only_candidates_of_the_pool_are_proposed(run, folder):
    (folder / "pool.csv").write_text("lr,layers\n0.05,3\n0.00002,4\n")
    common = ("--space", folder / "space.toml", "--surrogate", "gp", "--format", "csv", "-n", "5")
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", "--pool", folder / "pool.csv", *common)
    assert sorted(row.split(",")[1] for row in result.out.splitlines()[1:]) == ["3", "4"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--minimize", "los"), 3, "there is no such column"),
        (("--surrogate", "gp"), 2, "--minimize"),
        (("--minimize", "loss", "--space", "none.toml"), 3, "none.toml"),
        (("--minimize", "loss", "--limit", "seconds ~ 3"), 2, "expected a rule"),
        (("--minimize", "loss", "--maximize", "loss"), 2, "named twice"),
    ],
)
def test_what_is_wrong_is_said(run, folder, arguments, code, words):
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", *arguments)
    assert (result.code, words in result.err) == (code, True), result.err


def test_a_bad_space_names_the_key(run, folder):
    (folder / "bad.toml").write_text(SPACE.replace("high = 8", "high = 0"))
    result = run("fit", "bnn-bo", folder / "sweep.csv", "--space", folder / "bad.toml")
    assert result.code == 3
    assert "bad.toml: parameters.layers" in result.err


def test_an_optuna_study_s_distributions_are_a_space(run, folder):
    lr = {"name": "FloatDistribution", "attributes": {"step": None, "low": 1e-5, "high": 0.1, "log": True}}
    layers = {"name": "IntDistribution", "attributes": {"log": False, "step": 1, "low": 1, "high": 8}}
    (folder / "optuna.json").write_text(json.dumps({"lr": lr, "layers": layers}))
    log = folder / "sweep.csv"
    result = run("recommend", "bnn-bo", "--log", log, "--space", folder / "optuna.json", "--minimize", "loss", "--surrogate", "gp")
    assert result.code == 0, result.err
    assert json.loads(result.out)["advice"][0]["config"].keys() == {"lr", "layers"}


def test_a_report_shows_the_search(run, folder):
    result = run("report", "bnn-bo", folder / "sweep.csv", "--space", folder / "space.toml", "--surrogate", "gp")
    assert result.code == 0
    assert next(figure["name"] for figure in json.loads(result.out)["figures"]) == "progress"


@pytest.mark.parametrize("log", [None, "lr,layers,loss\n", "lr,layers,loss,status\n0.01,3,,failed\n0.001,4,nan,\n0.1,8,,running\n"])
def test_a_space_is_enough_to_begin_with(run, folder, log):
    """No log, one without rows, one of failed and pending rows."""
    given = []
    if log is not None:
        (folder / "begun.csv").write_text(log)
        given = ["--log", folder / "begun.csv"]
    result = run("recommend", "bnn-bo", *given, "--space", folder / "space.toml", "-n", "8", "--format", "csv")
    assert result.code == 0, result.err
    head, *rows = result.out.splitlines()
    assert head == "lr,layers"
    found = np.array([row.split(",") for row in rows], dtype=float)
    assert len(set(map(tuple, found.tolist()))) == 8
    halves = np.column_stack([np.log10(found[:, 0]) < -3.0, found[:, 1] < 4.5])
    assert 2 <= halves.sum(axis=0).min() <= halves.sum(axis=0).max() <= 6


def test_the_next_points_of_an_empty_space_are_others(run, folder):
    space = ("--space", folder / "space.toml", "--format", "csv")
    first = run("recommend", "bnn-bo", *space, "-n", "3").out
    (folder / "begun.csv").write_text("lr,layers,loss\n" + "".join(f"{row},\n" for row in first.splitlines()[1:]))
    after = run("recommend", "bnn-bo", "--log", folder / "begun.csv", *space, "-n", "3").out
    assert not set(first.splitlines()[1:]) & set(after.splitlines()[1:])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--minimize"),
        (("--minimize", "loss"), 4, "a --space"),
        (("--space", "space.toml", "--map", "status=x"), 2, "--map says how to read"),
        (("--space", "space.toml", "--log", "none.csv"), 3, "no such file"),
        (("--space", "space.toml", "--log", "empty.csv"), 3, "the file is empty"),
    ],
)
def test_what_is_missing_to_begin_is_said(run, folder, monkeypatch, arguments, code, words):
    monkeypatch.chdir(folder)
    (folder / "empty.csv").write_text("")
    result = run("recommend", "bnn-bo", *arguments)
    assert (result.code, words in result.err) == (code, True), result.err


def test_a_known_outcome_needs_no_column_in_the_log(run, folder):
    (folder / "known.toml").write_text(SPACE + '[objectives.price]\nknown = "3*layers + 10*lr"\n')
    given = ("--space", folder / "known.toml", "--surrogate", "gp", "--limit", "price <= 9")
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", *given)
    assert result.code == 0, result.err
    advice = json.loads(result.out)["advice"][0]
    price = 3.0 * advice["config"]["layers"] + 10.0 * advice["config"]["lr"]
    assert price <= 9.0
    assert advice["expected"]["price"]["low"] == advice["expected"]["price"]["high"] == pytest.approx(price)


@pytest.mark.parametrize(
    ("known", "problem"), [('"layers * lr"', "product of parameters"), ('"width"', "no parameter"), ("3", "a sum")]
)
def test_what_is_known_must_be_a_sum(run, folder, known, problem):
    (folder / "known.toml").write_text(SPACE + f"[objectives.price]\nknown = {known}\n")
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", "--space", folder / "known.toml")
    assert (result.code, problem in result.err) == (3, True), result.err


def test_a_pool_with_a_known_column_is_priced(run, folder):
    (folder / "known.toml").write_text(SPACE + "[objectives.price]\nknown = true\n")
    rows = [line.split(",")[:2] for line in (folder / "sweep.csv").read_text().splitlines()[1:]]
    cells = [f"{lr},{layers},{i}.5" for i, (lr, layers) in enumerate([*rows, ["0.03", "2"]])]
    (folder / "pool.csv").write_text("\n".join(["lr,layers,price", *cells]) + "\n")
    given = ("--space", folder / "known.toml", "--surrogate", "gp", "--pool", folder / "pool.csv")
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", *given)
    assert result.code == 0, result.err
    assert json.loads(result.out)["advice"][0]["expected"]["price"]["mean"] == 16.5
    refused = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", *given[:4])
    assert (refused.code, "give a pool" in refused.err) == (2, True), refused.err


@pytest.mark.parametrize("verb", ["fit", "recommend", "backtest"])
@pytest.mark.parametrize(
    ("cell", "words"),
    [("1.7e308", "between -1e+305 and 1e+305"), ("[red]1[/red]", "a number"), ("=1+1", "a number")],
    ids=["too large", "markup", "a formula"],
)
def test_a_cell_that_is_no_outcome_is_named(run, folder, verb, cell, words):
    path = folder / "sweep.csv"
    path.write_text(path.read_text() + f"0.01,3,1,{cell},done\n")
    result = run(verb, "bnn-bo", *([path] if verb != "recommend" else ["--log", path]), "--space", folder / "space.toml")
    assert (result.code, words in result.err, "line 18" in result.err) == (3, True, True), result.err


@pytest.mark.parametrize(("option", "cell"), [("--cost", "0"), ("--cost", "-1"), ("--noise", "-1")])
def test_a_cost_or_an_error_that_cannot_be_is_named(run, folder, option, cell):
    path = folder / "sweep.csv"
    path.write_text(path.read_text().replace(",0.0,", ",1.0,") + f"0.01,3,{cell},0.5,done\n")
    result = run("fit", "bnn-bo", path, "--space", folder / "space.toml", option, "seconds")
    assert (result.code, "line 18, column 'seconds'" in result.err) == (3, True), result.err


@pytest.mark.parametrize("outcomes", [["1"] * 8, [*map(str, range(7)), "1e30"], [*map(str, range(6)), "1e309", "NaN"]])
def test_wild_outcomes_are_answered(run, folder, outcomes):
    path = folder / "wild.csv"
    path.write_text("lr,layers,loss\n" + "".join(f"{10 ** (-i / 2 - 1)!r},{i + 1},{y}\n" for i, y in enumerate(outcomes)))
    given = ("--space", folder / "space.toml", "--surrogate", "gp")
    result = run("recommend", "bnn-bo", "--log", path, *given, "-n", "2")
    assert result.code == 0, result.err
    assert all(abs(item["expected"]["loss"]["mean"]) < 1e6 for item in json.loads(result.out)["advice"])
    assert run("backtest", "bnn-bo", path, *given, "--first", "4").code == 0


def test_constraints_that_nothing_keeps_are_refused(run, folder):
    (folder / "none.toml").write_text('constraints = ["layers >= 9"]\n' + SPACE)
    result = run("recommend", "bnn-bo", "--log", folder / "sweep.csv", "--space", folder / "none.toml")
    assert (result.code, "layers >= 9" in result.err) == (4, True), result.err


def test_two_columns_of_one_name_are_refused(run, folder):
    path = folder / "twice.csv"
    path.write_text("lr,lr,loss\n0.1,0.2,3\n")
    result = run("fit", "bnn-bo", path, "--minimize", "loss")
    assert (result.code, "two columns have this name" in result.err) == (3, True), result.err


def test_markup_in_names_and_choices_is_text(run, folder):
    path = folder / "markup.csv"
    path.write_text("[/x],kind,loss\n" + "".join(f"{(i * 0.37) % 1},{'[red]a' if i % 2 else '<b>'},{i % 5}\n" for i in range(14)))
    result = run("recommend", "bnn-bo", "--log", path, "--minimize", "loss", "--surrogate", "gp", terminal=True)
    assert result.code == 0, result.err
    assert "[/x]" in result.out


def test_a_backtest_beside_the_mean(run, folder):
    arguments = ("--space", folder / "space.toml", "--surrogate", "gp", "--most", "3")
    result = run("backtest", "bnn-bo", folder / "sweep.csv", *arguments)
    assert {score["method"] for score in json.loads(result.out)["backtest"]["summary"]} == {"gp", "mean"}
