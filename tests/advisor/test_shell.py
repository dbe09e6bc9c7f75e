"""What only a real shell can show: pipes that close, terminals that are odd, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def test_a_fit_goes_through_a_pipe(shell, toy_log):
    done = shell("$ADVISOR fit toy-budget runs.csv | $ADVISOR recommend toy-budget --fit - --target 1.1 | python3 -m json.tool")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"]["kind"] == "fit"


def test_head_ends_quietly(shell, toy_log):
    lines = "for k in $(seq 400); do echo '{\"target\": 1.1}'; done"
    done = shell(f"({lines}) | $ADVISOR recommend toy-budget --log runs.csv --requests - | head -1")
    assert done.stderr == b""
    assert done.returncode in (0, 141)  # 141: the loop of the shell itself was cut off
    assert len(done.stdout.splitlines()) == 1


def test_requests_are_answered_at_once(plugin_path, toy_log):
    """A driver may send the next request only after it has read the last answer."""
    argv = [sys.executable, "-m", "advisor", "recommend", "toy-budget", "--log", str(toy_log), "--requests", "-"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(plugin_path)}
    with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        for line in (1, 2, 3):
            driver.stdin.write('{"target": 1.1}\n')
            driver.stdin.flush()
            assert json.loads(driver.stdout.readline())["line"] == line
        driver.stdin.close()
        assert driver.wait(timeout=30) == 0


def test_closed_stdout_and_stderr_end_quietly(shell, toy_log):
    assert (shell("$ADVISOR fit toy-budget runs.csv >&-").stderr, shell("$ADVISOR --help >&-").stderr) == (b"", b"")
    done = shell("$ADVISOR fit toy-budget runs.csv 2>&- >&-; echo $?")
    assert done.stdout == b"0\n"


def test_a_full_device_is_told(shell, toy_log):
    done = shell("$ADVISOR recommend toy-budget --log runs.csv --target 1.1 > /dev/full")
    assert done.returncode == 3
    assert b"No space left" in done.stderr


def test_odd_terminals(shell, toy_log):
    environment = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "40", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = shell("$ADVISOR recommend toy-budget --log runs.csv --target 1.1 --format table", **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert all(len(line) <= 40 for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("advisor fit ", {"step-law", "learning-curve", "sor", "bnn-bo", "toy-budget"}),
        ("advisor recommend toy-budget --tar", {"--target"}),
        ("advisor bac", {"backtest"}),
    ],
)
def test_shell_completion(shell, words, expected):
    position = words.count(" ")
    done = shell("$ADVISOR", _ADVISOR_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(position))
    assert set(done.stdout.decode().split()) == expected


def test_the_completion_script_is_shown(shell):
    assert b"_ADVISOR_COMPLETE" in shell("$ADVISOR --show-completion bash").stdout
