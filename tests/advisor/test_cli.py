"""The command line as a person and a pipeline meet it: exit codes, formats, messages, pipes, hostile text."""

from __future__ import annotations

import json
import re

import pytest

from advisor import cli
from fits import registry
from fits import solver as contract

TARGET = ("--target", "1.1")


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["fti"], 2, "No such command 'fti'. Did you mean 'fit'?"),
        (["fit", "toy-budgt"], 2, "did you mean toy-budget?"),
        (["fit", "toy-budget", "LOG", "--sed", "1"], 2, "--seed"),
        (["fit", "toy-budget"], 2, "Missing argument 'LOG'"),
        (["fit", "toy-budget", "LOG", "--ridge", "-3"], 2, "--ridge: Input should be greater than or equal to 0 (got -3)"),
        (["fit", "toy-budget", "LOG", "--loss-kind", "x"], 2, "'squared'"),
        (["fit", "toy-budget", "LOG", "--map", "x"], 2, "--map: expected ROLE=COLUMN (got 'x')"),
        (["fit", "toy-budget", "none.csv"], 3, "none.csv"),
        (["recommend", "toy-budget", "--log", "LOG"], 2, "--target: required, but not given"),
        (["recommend", "toy-budget", "--log", "LOG", "--fit", "f", *TARGET], 2, "exclude each other"),
        (["recommend", "toy-budget", "--log", "-", "--requests", "-"], 2, "stdin (-)"),
        (["recommend", "toy-budget", "--fit", "f", "--ridge", "2", *TARGET], 2, "--ridge says how to read and fit a log"),
        (["recommend", "toy-budget", "--log", "LOG", "--contexts", "q=1", *TARGET], 3, "q"),
        (["recommend", "toy-budget", "--log", "LOG", "--table", "none", *TARGET], 2, "there are: budgets"),
        (["recommend", "toy-budget", "--log", "LOG", "--requests", "-", "--format", "csv"], 2, "NDJSON"),
        (["solvers", "none"], 2, "no solver named"),
        (["solvers", "--schema", "log"], 2, "name a solver"),
        (["inspect", "none.json"], 3, "cannot read none.json"),
        ([], 2, "Usage: advisor"),
        (["fit"], 2, "Usage: advisor fit"),
    ],
)
def test_mistakes_have_an_exit_code_and_say_what_to_do(run, toy, toy_log, argv, code, message):
    result = run(*[toy_log if item == "LOG" else item for item in argv])
    assert result.code == code
    assert result.out == ""
    assert message in result.err
    assert "Traceback" not in result.err


def test_too_little_data_ends_with_4(run, toy):
    result = run("fit", toy, "-", stdin="tokens,loss\n1,2\n2,1.9\n")
    assert (result.code, result.out) == (4, "")
    assert "at least three different token budgets" in result.err


def test_degenerate_data_ends_with_4_and_names_the_remedy(run, toy):
    result = run("fit", toy, "-", stdin="tokens,loss\n1,1\n2,2\n3,3\n")
    assert result.code == 4
    assert "hint: log runs with more different budgets" in result.err


def test_a_bad_row_names_file_line_and_column_as_they_stand_in_the_file(run, toy, tmp_path):
    log = tmp_path / "runs.csv"
    log.write_text("D,eval loss\n1,3\n2,2\n\n3,5000\n")
    result = run("fit", toy, log)
    assert result.code == 3
    assert "runs.csv, line 5, column 'eval loss': expected a loss below 1000 nats" in result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [(RuntimeError("x\x1b[31m"), 1), (MemoryError(), 1), (RecursionError(), 1), (KeyboardInterrupt(), 130)],
)
def test_bugs_and_interrupts(run, monkeypatch, error, code):
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)
    result = run("solvers")
    assert (result.code, result.out) == (code, "")
    assert ("bug" in result.err) == (code == 1)
    assert "Traceback" not in result.err
    assert "\x1b" not in result.err
    assert ("Traceback" in run("solvers", "--debug").err) == (code == 1)


def test_a_missing_extra_says_what_to_install():
    error = cli.translated(contract.MissingExtra("pyarrow", extra="parquet"))
    assert (error.exit_code, error.advice) == (2, "pip install 'advisor-fits[parquet]'")


def test_dry_run_writes_nothing(run, toy, toy_log, tmp_path):
    result = run("fit", toy, toy_log, "--dry-run", "-o", tmp_path / "fit.json")
    assert (result.code, result.out) == (0, "")
    assert "8 rows read, 0 dropped" in result.err
    assert "loss <- val loss" in result.err
    assert not (tmp_path / "fit.json").exists()


def test_dropped_rows_are_told_and_kept_in_the_fit_and_refused_when_strict(run, toy, toy_log):
    toy_log.write_text(toy_log.read_text() + "1e12,nan,0\n")
    result = run("fit", toy, toy_log)
    assert "warning: 1 of 9 rows dropped" in result.err
    document = json.loads(result.out)
    assert document["log"]["dropped"] == 1
    assert document["warnings"][0]["code"] == "dropped-rows"
    assert run("fit", toy, toy_log, "--quiet").err == ""
    assert run("fit", toy, toy_log, "--strict").code == 3


def test_a_terminal_gets_a_table_and_a_pipe_gets_json(run, toy, toy_log):
    for argv in (["fit", toy, toy_log], ["recommend", toy, "--log", toy_log, *TARGET], ["backtest", toy, toy_log], ["solvers"]):
        assert json.loads(run(*argv).out)
        shown = run(*argv, terminal=True).out
        assert shown
        assert not shown.startswith("{")
        assert all(len(line) <= 80 for line in shown.splitlines())
        assert json.loads(run(*argv, "--format", "json", terminal=True).out)


def test_a_table_says_what_to_do_what_to_expect_and_why(run, toy, toy_log):
    shown = run("recommend", toy, "--log", toy_log, *TARGET, "--format", "table").out
    for part in ("tokens", "90% interval", "expected loss", "a power law with exponent", "cost.ratio", "budgets"):
        assert part in shown


def test_several_proposals_are_one_row_each(run, toy, toy_log):
    shown = run("recommend", toy, "--log", toy_log, *TARGET, "-n", "3", "--format", "csv").out
    header, *rows = shown.splitlines()
    assert header == "tokens,tokens_low,tokens_high,expected_loss,expected_loss_low,expected_loss_high"
    assert len(rows) == 3
    assert len(run("recommend", toy, "--log", toy_log, *TARGET, "-n", "3", "--format", "table").out.splitlines()) >= 5


def test_one_table_alone_can_be_had_as_csv(run, toy, toy_log):
    argv = ["recommend", toy, "--log", toy_log, *TARGET, "--steps", "1.0", "--table", "budgets"]
    assert run(*argv, "--format", "csv").out.startswith("loss,tokens\n1.1,")
    assert [json.loads(line)["loss"] for line in run(*argv, "--format", "ndjson").out.splitlines()] == [1.1, 1.0]
    assert "budgets" not in run(*argv, "--format", "table").out


def test_backtest_as_csv_has_one_row_a_fold(run, toy, toy_log):
    out = run("backtest", toy, toy_log, "--held-out", "2", "--format", "csv").out
    assert out.splitlines()[0] == "held_out,rows,power law,last loss"
    assert len(out.splitlines()) == 3


def test_inspect_shows_the_fit(run, toy, toy_log):
    fit = run("fit", toy, toy_log).out
    document = json.loads(run("inspect", "-", stdin=fit).out)
    assert document["schema"] == "advisor/inspect/1"
    assert document["fit"]["runs"] == 8
    assert "largest_tokens" in run("inspect", "-", "--format", "table", stdin=fit).out
    assert run("inspect", "-", "--format", "csv", stdin=fit).code == 2


def test_json_names_no_file_and_is_the_same_for_the_same_log(run, toy, toy_log, tmp_path):
    other = tmp_path / "other name.csv"
    other.write_bytes(toy_log.read_bytes())
    first, second = (run("recommend", toy, "--log", log, *TARGET).out for log in (toy_log, other))
    assert first == second


def test_requests_are_answered_in_order_and_errors_stand_in_their_line(run, toy, toy_log):
    requests = (
        '{"target": 1.2}\n\n{"target": -1}\nnot json\n[1]\n{"target": 1, "target": 2}\n{"steps": [1.3]}\n{"contexts": {"q": 1}}\n'
    )
    result = run("recommend", toy, "--log", toy_log, "--requests", "-", *TARGET, stdin=requests)
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 3
    assert "5 of 7 requests could not be answered" in result.err
    assert [answer["line"] for answer in answers] == [1, 3, 4, 5, 6, 7, 8]
    codes = [answer["error"]["code"] if "error" in answer else None for answer in answers]
    assert codes == [None, "bad-query", "bad-json", "bad-json", "bad-json", None, "bad-query"]
    assert answers[1]["error"]["message"] == "target: Input should be greater than 0 (got -1)"
    assert answers[5]["query"]["target"] == 1.1, "an option of the command line is the default of every request"
    assert all(answer["schema"] == "advisor/recommend/1" for answer in answers)


HOSTILE = "\x1b[31m\x1b]8;;http://evil\x1b\\[/x]\u202e"


def test_hostile_text_reaches_no_terminal(run, toy, tmp_path):
    rows = "".join(f"{10**k},{3 - k / 10},{k}\n" for k in range(1, 6))
    folder = tmp_path / "d\x1b[31m\u202e[/x]"
    folder.mkdir(parents=True)
    log = folder / "log\x1b[2J.csv"
    log.write_text(f"tokens,loss,c{HOSTILE}\n" + rows, encoding="utf-8")
    bad = folder / "bad.csv"
    bad.write_text(f"tokens,loss\n1,{HOSTILE}\n", encoding="utf-8")
    fit = folder / "fit.json"
    column = f"c{HOSTILE}"
    runs = [["fit", toy, log, "--contexts", column, "-o", fit], ["inspect", fit], ["fit", toy, bad], ["fit", toy, folder]]
    runs += [["fit", toy, log, "--contexts", column], ["fit", toy, log, "--contexts", column, "--dry-run"]]
    runs += [["recommend", toy, "--fit", fit, *TARGET, "--contexts", column + "=1"]]
    runs += [["recommend", toy, "--log", log, *TARGET, "--contexts", column + "=1", "-n", "2"]]
    runs += [["fit", HOSTILE], ["fit", toy, HOSTILE], [HOSTILE], ["fit", toy, log, "--" + HOSTILE], ["solvers", HOSTILE]]
    runs += [["fit", toy, log, "--map", HOSTILE], ["fit", toy, log, "--map", "loss=" + HOSTILE], ["inspect", HOSTILE]]
    runs += [
        ["fit", toy, log, "--encoding", HOSTILE],
        ["fit", toy, log, "--seed", HOSTILE],
        ["fit", toy, log, "--loss-kind", HOSTILE],
    ]
    for argv in runs:
        for terminal in (False, True):
            result = run(*argv, terminal=terminal)
            assert result.code != 1, (argv, result.err)
            for sign in ("\x1b", "\x07", "\u202e"):
                assert sign not in result.out + result.err, argv


def test_an_ascii_locale_prints_everything(run, toy, toy_log):
    log = toy_log.with_name("läufe.csv")
    log.write_text(toy_log.read_text().replace("lang", "größe"), encoding="utf-8")
    for form in ("table", "json", "ndjson", "csv"):
        result = run("recommend", toy, "--log", log, *TARGET, "--contexts", "größe=1", "--format", form, encoding="ascii")
        assert result.code == 0
        assert result.out.isascii()
    assert run("fit", toy, log, "--contexts", "größe", encoding="ascii", terminal=True).code == 0
    assert run("fit", toy, "ä.csv", encoding="ascii").code == 3


def test_version(run):
    assert run("--version").out.startswith("advisor 0.")


@pytest.mark.parametrize("name", ["step-law", "learning-curve", "sor"])
def test_help_shows_examples_whose_options_exist(run, name):
    for verb, lines in registry.load(name).examples.items():
        shown = run(verb, name, "--help").out
        for line in lines:
            assert line.startswith(f"advisor {verb} {name} ")
            assert line in shown
            assert all(f"{option} " in shown or f"{option}," in shown for option in re.findall(r" (--[a-z-]+)", line))
