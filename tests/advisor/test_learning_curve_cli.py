"""`advisor ... learning-curve`: logs of trainers, questions, stopping, several logs, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.fits.learning_curve.made import SIZES, power_law, three

TRAINERS = Path(__file__).parent / "logs" / "trainers"


@pytest.fixture(scope="module")
def curves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three curves: learner, n_train, error."""
    path = tmp_path_factory.mktemp("curves") / "curves.csv"
    three().rename(columns={"curve": "learner", "x": "n_train", "score": "error"}).to_csv(path, index=False)
    return path


@pytest.fixture
def one(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("epoch,val_loss\n" + "".join(f"{int(x)},{y:.5f}\n" for x, y in zip(SIZES, power_law(SIZES, 0.3), strict=True)))
    return path


def answer(result):
    assert result.code == 0, result.err
    return json.loads(result.out)["advice"]


def test_a_fit_goes_through_a_pipe_and_ranks_the_curves(run, curves):
    made = run("fit", "learning-curve", curves)
    assert made.code == 0, made.err
    advice = answer(run("recommend", "learning-curve", "--fit", "-", "--at", "16K", "-n", "3", stdin=made.out))
    assert [item["config"]["curve"] for item in advice] == ["good", "early", "poor"]
    assert all(item["config"]["x"] == 16000.0 for item in advice)
    ranking = advice[0]["tables"]["ranking"]
    assert [row["curve"] for row in ranking] == ["good", "early", "poor"]
    assert sum(row["ends_best"] for row in ranking) == pytest.approx(1.0)
    assert all(pair["probability"] > 0.9 for pair in advice[0]["tables"]["pairs"])
    at_once = answer(run("recommend", "learning-curve", "--log", curves, "--at", "16000", "-n", "3"))
    assert at_once == advice


def test_the_forecast_holds_the_truth(run, curves):
    truth = power_law(np.array([16000.0]), 0.05)[0]
    expected = answer(run("recommend", "learning-curve", "--log", curves, "--at", "16000", "--curve", "good"))[0]["expected"][
        "score"
    ]
    assert expected["low"] <= truth <= expected["high"]
    assert expected["mean"] == pytest.approx(truth, abs=0.01)


def test_a_target_says_how_much_more_is_needed(run, curves):
    advice = answer(run("recommend", "learning-curve", "--log", curves, "--curve", "good", "--target", "0.06"))[0]
    needs = advice["needs"]
    assert needs["low"] <= 10_000.0 <= (needs["high"] or np.inf)
    assert advice["config"]["x"] == needs["x"]
    never = answer(run("recommend", "learning-curve", "--log", curves, "--curve", "poor", "--target", "0.06"))[0]
    assert never["needs"]["x"] is None
    assert "cannot tell" in never["why"]
    assert never["warnings"][0]["code"] == "cannot-tell"
    reached = answer(run("recommend", "learning-curve", "--log", curves, "--curve", "good", "--target", "0.2"))[0]
    assert reached["needs"]["chance"] == 1.0
    assert reached["needs"]["x"] < 100.0


def test_a_rule_decides_whether_to_stop(run, one):
    command = ("recommend", "learning-curve", "--log", one, "--at", "16K", "--stop-if")
    stop = answer(run(*command, "gain < 0.05"))[0]
    assert stop["stopping"]["action"] == "stop"
    assert stop["config"]["x"] == 4000.0
    assert stop["stopping"]["saves"] == 12000.0
    assert "sure that stopping does no harm" in stop["why"]
    go = answer(run(*command, "gain < 0.0001"))[0]
    assert go["stopping"]["action"] == "continue"
    assert go["stopping"]["harmless"] < stop["stopping"]["harmless"]
    wrong = run(*command, "when done")
    assert wrong.code == 2
    assert "gain < 0.01" in wrong.err


def test_a_table_on_a_terminal(run, curves, one):
    shown = run("recommend", "learning-curve", "--log", curves, "--at", "16K", terminal=True)
    assert shown.code == 0, shown.err
    assert "ranking" in shown.out
    assert "good" in shown.out
    fitted = run("fit", "learning-curve", one, terminal=True)
    assert fitted.code == 0, fitted.err
    assert len(fitted.out.splitlines()) < 60
    ranking = run("recommend", "learning-curve", "--log", curves, "--table", "ranking", "--format", "csv")
    assert ranking.out.splitlines()[0].startswith("curve,last_x,score")


def test_two_candidates_are_never_chosen_between(run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,epoch,loss,eval_loss\n" + "".join(f"{10 * i},{i},{1 / i},{2 / i}\n" for i in range(1, 20)))
    asked = run("fit", "learning-curve", path)
    assert asked.code == 3
    assert "step, epoch" in asked.err
    asked = run("fit", "learning-curve", path, "--x", "step")
    assert asked.code == 3
    assert "loss, eval_loss" in asked.err
    assert run("fit", "learning-curve", path, "--x", "step", "--score", "eval_loss").code == 0


def test_a_metric_whose_goal_is_unknown_asks_for_it(run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,score\n" + "".join(f"{i},{1 - 1 / i}\n" for i in range(1, 20)))
    asked = run("fit", "learning-curve", path)
    assert asked.code == 2
    assert "--goal" in asked.err
    assert run("fit", "learning-curve", path, "--goal", "max").code == 0


def test_a_score_outside_the_range_names_its_row(run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,accuracy\n" + "".join(f"{i},{1 - 1 / i}\n" for i in range(1, 20)) + "20,1.5\n")
    wrong = run("fit", "learning-curve", path)
    assert wrong.code == 3
    assert "line 21" in wrong.err
    assert "1.5" in wrong.err


def test_too_little_is_refused_with_a_reason(run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,3\n2,2\n3,1.5\n")
    short = run("recommend", "learning-curve", "--log", path)
    assert short.code == 4
    assert "4 observations" in short.err


def test_several_logs_are_several_curves(run, one, tmp_path):
    other = tmp_path / "two.csv"
    other.write_text(one.read_text().replace("\n4000,", "\n4001,"))
    advice = answer(run("recommend", "learning-curve", "--log", one, "--log", other, "--at", "9K", "-n", "2"))
    assert {item["config"]["curve"] for item in advice} == {"one.csv", "two.csv"}


def test_an_unknown_curve_is_named_with_those_there_are(run, curves):
    wrong = run("recommend", "learning-curve", "--log", curves, "--curve", "god")
    assert wrong.code == 2
    assert "good" in wrong.err


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("keras.csv", ("--score", "val_loss")),
        ("trainer_state.json", ("--x", "step", "--score", "loss")),
        ("speedrun.txt", ("--score", "val_loss")),
        ("learning_curve.json", ("--goal", "max")),
        ("wandb.csv", ()),
    ],
)
def test_logs_of_trainers_are_answered_or_refused_with_a_reason(run, name, options):
    result = run("recommend", "learning-curve", "--log", TRAINERS / name, *options)
    assert result.code in (0, 4), result.err
    assert result.code == 0 or "needs" in result.err or "cannot" in result.err


def test_backtest_replays_the_finished_curves(run, curves):
    result = run("backtest", "learning-curve", curves)
    assert result.code == 0, result.err
    document = json.loads(result.out)["backtest"]
    assert {row["method"] for row in document["summary"]} == {"meta", "families", "last value"}
    assert document["summary"][-1]["method"] == "last value"
    assert [row["seen"] for row in document["tables"]["stopping"]] == ["10%", "20%", "50%"]
