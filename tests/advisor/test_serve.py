"""`advisor serve` as a command: its options, what it says, and the state file from one run to the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from advisor.serving.protocol import Refused, Server


def asks(count: int, first: int = 1) -> str:
    """Requests: ask, then tell and ask, `count` decisions in all; the last is not told."""
    lines = [{"ask": {"c": 0.1}}] if first == 1 else []
    lines += [{"tell": {"id": k, "cost": k % 7 + 0.1}, "ask": {"c": 0.1 * (k % 5)}} for k in range(first, first + count)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def policy_of(path: Path) -> Any:
    return json.loads(path.read_text())["policy"]


def test_replies_go_to_stdout_and_one_line_for_people_to_stderr(run, dial):
    result = run("serve", dial, stdin='{"ask": {"c": 0.5}}\n\n  \nx\n{"tell": {"id": 1, "cost": 2}}')
    assert result.code == 0
    replies = [json.loads(line) for line in result.out.splitlines()]
    assert replies[0] == {"id": 1, "dial": 0.5}
    assert (replies[1]["error"]["code"], replies[1]["error"]["line"]) == ("bad-json", 4)
    assert replies[2] == {"told": 1}
    assert result.err == "toy-dial: no --state, so nothing will be kept\n"
    assert run("serve", dial, "--quiet", stdin="").err == ""


def test_the_options_are_those_of_the_policy(run, dial):
    help_text = run("serve", dial, "--help").out
    assert "--width FLOAT" in help_text
    assert "--state FILE.json" in help_text
    assert '{"ask": {"x": 0.31}}' in help_text
    wide = run("serve", dial, "--width", "0.25", stdin='{"ask": {"c": 0.375}}').out
    assert json.loads(wide) == {"id": 1, "dial": 0.125}
    refused = run("serve", dial, "--width", "0")
    assert (refused.code, refused.out) == (2, "")
    assert "--width" in refused.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["step-law"], "cannot be used in a loop"),
        (["toy-dial", "--state", "-"], "stdin (-) brings the requests"),
        (["toy-dial", "--fit", "-"], "stdin (-) brings the requests"),
        (["toy-dial", "--save-every", "5"], "give --state"),
        (["toy-dial", "--state", "s.json", "--save-every", "0"], "--save-every"),
        (["toy-dail"], "did you mean toy-dial"),
    ],
)
def test_wrong_usage(run, dial, argv, message):
    result = run("serve", *argv)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_solver_without_a_policy_names_those_that_have_one(run, dial):
    hint = run("serve", "step-law").err.splitlines()[-1]
    assert hint.startswith("hint: these can: ")
    assert "toy-dial" in hint
    assert "step-law" not in hint


def test_help_loads_nothing_heavy(dial_path):
    heavy = ["pandas", "numpy", "scipy", "sklearn", "torch", "rich", "filelock"]
    for argv in (["serve", "--help"], ["serve", "toy-dial", "--help"]):
        code = f"import sys; from advisor.cli import main; main({argv!r}); print([m for m in {heavy!r} if m in sys.modules])"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dial_path)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.splitlines()[-1] == "[]"


def test_a_fit_is_where_the_policy_starts_and_stays_with_its_state(run, dial, state, tmp_path):
    for name, cost in (("fit.json", "0.25"), ("other.json", "0.5")):
        assert run("fit", dial, "-", "-o", tmp_path / name, stdin=f"cost\n{cost}\n").code == 0
    fit, other = ["--fit", tmp_path / "fit.json"], ["--fit", tmp_path / "other.json"]
    result = run("serve", dial, "--state", state, *fit, stdin='{"ask": {"c": 0.5}}')
    assert json.loads(result.out) == {"id": 1, "dial": 0.75}
    assert run("serve", dial, "--state", state, *fit).code == 0
    for argv, began in ((other, "from another --fit"), ([], "from a fit")):
        result = run("serve", dial, "--state", state, *argv)
        assert result.code == 3
        assert began in result.err
        assert "give the same --fit" in result.err
    assert run("serve", dial, "--fit", tmp_path / "none.json").code == 3


def test_a_restart_goes_on_as_if_there_had_been_none(run, dial, state, tmp_path):
    whole = run("serve", dial, "--state", tmp_path / "whole.json", stdin=asks(30)).out
    parts = ""
    for first, count in ((1, 4), (5, 1), (6, 0), (6, 25)):
        result = run("serve", dial, "--state", state, stdin=asks(count, first))
        parts += result.out
    assert parts == whole
    assert f"resumed {state}, outcomes told: 5, next id: 7" in result.err
    assert policy_of(state) == policy_of(tmp_path / "whole.json")


def test_saves_are_said(run, dial, state):
    argv = ["serve", dial, "--state", state, "--save-every", "3"]
    out = run(*argv, stdin=asks(7) + '{"save": true}\n').out
    replies = [json.loads(line) for line in out.splitlines()]
    assert [(reply.get("told"), reply["saved"]) for reply in replies if "saved" in reply] == [(3, 3), (6, 6), (None, 7)]
    again = run(*argv, stdin=asks(3, first=8)).out
    assert [json.loads(line).get("saved") for line in again.splitlines()] == [None, None, 10]


def test_a_decision_waits_across_a_restart_and_is_told_once(run, dial, saved):
    request = '{"tell": {"id": 8, "cost": 1}}\n'
    for expected in ("told", "error"):
        assert list(json.loads(run("serve", dial, "--state", saved, stdin=request).out)) == [expected]
    assert [id_ for id_, _ in policy_of(saved)["told"]] == list(range(1, 9))


def test_ids_go_on_above_the_bound_after_a_crash(run, dial, saved, monkeypatch):
    monkeypatch.setattr("advisor.serving.protocol.Server.close", lambda self: None)  # it dies before the last save
    monkeypatch.setattr("advisor.serving.protocol.IDS_AHEAD", 20)

    def ids(count: int) -> list[int]:
        out = run("serve", dial, "--state", saved, stdin='{"ask": {"c": 1}}\n' * count).out
        return [json.loads(line)["id"] for line in out.splitlines()]

    assert ids(50) == list(range(9, 59)), "the bound moves ahead before it is reached"
    assert 59 <= ids(1)[0] <= 59 + 20
    monkeypatch.setattr("advisor.serving.protocol.Server._save", refuse)
    first = ids(1)[0]
    assert first > 59
    out = run("serve", dial, "--state", saved, stdin='{"ask": {"c": 1}}\n' * 30).out
    codes = [json.loads(line).get("error", {}).get("code") for line in out.splitlines()]
    assert codes == [None] * 20 + ["not-saved"] * 10, "no id without a bound on the disk"


def refuse(self: Server) -> None:
    raise Refused("not-saved", "no space left")


def test_a_full_disk_stops_no_simulation(run, dial, state, monkeypatch):
    from advisor.errors import OutputError

    writes = []

    def write(path: str, text: str) -> None:
        writes.append(text)
        if len(writes) in (2, 3):  # the first save is that of the start
            raise OutputError("no space left")

    monkeypatch.setattr("advisor.serving.state.write_atomically", write)
    result = run("serve", dial, "--state", state, "--save-every", "2", stdin=asks(4) + '{"save": true}\n' * 2)
    replies = [json.loads(line) for line in result.out.splitlines()]
    assert [reply.get("told") for reply in replies[1:5]] == [1, 2, 3, 4]
    assert not any("saved" in reply for reply in replies[:5])
    assert replies[5] == {"saved": 4}
    assert result.err.count("warning: no space left; trying again after 2 more outcomes") == 2
    assert result.code == 0


def test_a_bug_of_a_policy_ends_the_loop_and_leaves_the_last_save(run, dial, saved):
    before = policy_of(saved)
    result = run("serve", dial, "--state", saved, stdin='{"ask": {"c": 1}}\n{"tell": {"id": 8, "cost": -1}}\n{"ask": {"c": 1}}\n')
    assert result.code == 1
    assert len(result.out.splitlines()) == 1
    assert policy_of(saved) == before
