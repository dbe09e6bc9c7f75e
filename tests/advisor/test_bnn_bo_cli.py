"""bnn-bo from the terminal: files in, proposals out, errors that say what to do."""

from __future__ import annotations

import json

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


def test_a_backtest_beside_the_mean(run, folder):
    arguments = ("--space", folder / "space.toml", "--surrogate", "gp", "--most", "3")
    result = run("backtest", "bnn-bo", folder / "sweep.csv", *arguments)
    assert {score["method"] for score in json.loads(result.out)["backtest"]["summary"]} == {"gp", "mean"}
