"""`advisor recommend --follow`: an answer for every change of a growing log, and patience where there is none yet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

WAIT = 30.0  # s until a line must be there, on a busy machine


class Follower:
    """A process of `advisor recommend toy-budget --follow` whose lines on stdout and stderr are read as they come."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "advisor", "recommend", "toy-budget", "--target", "1.1", "--follow", "--interval", "0.05"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([*command, *argv], env=environment, stdout=pipe, stderr=pipe, text=True)
        self._lines: dict[str, Queue[str]] = {}
        self._readers = [self._reader("out", self.process.stdout), self._reader("err", self.process.stderr)]

    def _reader(self, name: str, stream: Any) -> threading.Thread:
        lines = self._lines.setdefault(name, Queue())
        thread = threading.Thread(target=lambda: [lines.put(line) for line in stream], daemon=True)
        thread.start()
        return thread

    def answer(self) -> dict[str, Any]:
        """The next line of stdout."""
        document: dict[str, Any] = json.loads(self._lines["out"].get(timeout=WAIT))
        return document

    def rows(self) -> int:
        rows: int = self.answer()["source"]["rows_used"]
        return rows

    def told(self) -> str:
        """The next line of stderr."""
        return self._lines["err"].get(timeout=WAIT)

    def nothing_more(self) -> None:
        for lines in self._lines.values():
            with pytest.raises(Empty):
                lines.get(timeout=0.4)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; the exit code, and the rest of stderr."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=WAIT)
        self.clear()
        rest = ""
        with suppress(Empty):
            while True:
                rest += self._lines["err"].get_nowait()
        return code, rest

    def clear(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._readers:
            thread.join(timeout=WAIT)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()


@pytest.fixture
def follow(plugin_path: list[str]) -> Iterator[Callable[..., Follower]]:
    started: list[Follower] = []

    def start(*argv: str | Path) -> Follower:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(plugin_path)}
        started.append(Follower(list(map(str, argv)), environment))
        return started[-1]

    yield start
    for item in started:
        item.clear()


HEADER = "tokens,loss\n"


def row(k: int) -> str:
    tokens = 1e9 * 2**k
    return f"{tokens:g},{12 * tokens**-0.1 * (1 + (-1) ** k * 0.001):.6f}\n"


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def test_each_change_of_the_log_gets_one_line(follow, tmp_path):
    log = tmp_path / "runs.csv"
    log.write_text(HEADER + "".join(map(row, range(4))))
    follower = follow("--log", log)
    first = follower.answer()
    assert (first["schema"], first["source"]["rows_used"]) == ("advisor/recommend/1", 4)
    append(log, row(4))
    assert follower.rows() == 5
    append(log, row(5) + row(6)[:7])
    assert follower.rows() == 6, "a line that is not complete is passed over"
    append(log, row(6)[7:-1])
    follower.nothing_more()
    append(log, row(6)[-1:])
    assert follower.rows() == 7
    os.utime(log)
    follower.nothing_more()
    assert follower.end(signal.SIGTERM) == (0, "")


def test_an_answer_is_that_of_recommend_on_the_same_log(follow, run, toy, tmp_path):
    log = tmp_path / "runs.csv"
    log.write_text(HEADER + "".join(map(row, range(5))))
    line = follow("--log", log).answer()
    assert line == json.loads(run("recommend", toy, "--log", log, "--target", "1.1").out)


def test_it_waits_for_the_file_for_rows_and_for_enough_of_them(follow, tmp_path):
    log = tmp_path / "runs.csv"
    follower = follow("--log", log)
    assert "no such file; waiting" in follower.told()
    for text in ("", HEADER[:4], HEADER[4:]):
        append(log, text)
        follower.nothing_more()
    append(log, row(0))
    assert "not enough data" in follower.told()
    append(log, row(1))
    follower.nothing_more()
    append(log, row(2))
    assert follower.rows() == 3
    code, rest = follower.end(signal.SIGINT)
    assert (code, rest) == (130, "interrupted\n")


def test_a_log_that_shrinks_or_is_replaced_is_read_anew(follow, tmp_path):
    log = tmp_path / "runs.csv"
    log.write_text(HEADER + "".join(map(row, range(6))))
    follower = follow("--log", log)
    assert follower.rows() == 6
    log.write_text(HEADER + "".join(map(row, range(3))))
    while (rows := follower.rows()) != 3:  # it may have been seen half written
        assert rows < 6
    other = tmp_path / "new"
    other.write_text(HEADER + "".join(map(row, range(4))))
    other.replace(log)
    assert follower.rows() == 4


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("tokens,lss\n1e9,2\n", 3, "no column is loss"),
        ("tokens,loss\n1e9,two\n", 3, "line 2, column 'loss'"),
        ("tokens,loss\n1e9,2\n2e9,3\n4e9,4\n8e9,5\n", 4, "does not fall with the budget"),
    ],
)
def test_what_no_waiting_mends_ends_it(run, toy, tmp_path, monkeypatch, text, code, message):
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waited"))
    log = tmp_path / "runs.csv"
    log.write_text(text)
    result = run("recommend", toy, "--log", log, "--target", "1.1", "--follow")
    assert (result.code, result.out) == (code, "")
    assert message in result.err


def test_a_log_caught_while_it_is_rewritten_is_looked_at_once_more(run, toy, toy_log, monkeypatch):
    good, bad = toy_log.read_text(), "D,val loss,lang\n1e9,x,0\n"
    contents = [good, bad, good.replace("1e+09", "2e+09"), bad, bad]

    def sleep(_: float) -> None:
        contents.pop(0)
        toy_log.write_text(contents[0])

    monkeypatch.setattr("time.sleep", sleep)
    result = run("recommend", toy, "--log", toy_log, "--target", "1.1", "--follow")
    assert result.code == 3
    assert "line 2, column 'val loss'" in result.err
    assert len(contents) == 1
    assert len(result.out.splitlines()) == 2


def test_quiet_waits_in_silence(follow, tmp_path):
    follower = follow("--log", tmp_path / "runs.csv", "--quiet")
    follower.nothing_more()
    assert follower.end(signal.SIGTERM) == (0, "")


def test_several_logs_are_followed(follow, tmp_path):
    logs = [tmp_path / f"{i}.csv" for i in (1, 2)]
    for i, log in enumerate(logs):
        log.write_text(HEADER + row(3 * i) + row(3 * i + 1))
    follower = follow("--log", logs[0], "--log", logs[1])
    assert follower.rows() == 4
    append(logs[1], row(9))
    assert follower.rows() == 5


def test_rows_appended_one_by_one_all_arrive(follow, tmp_path):
    log = tmp_path / "runs.csv"
    log.write_text(HEADER + "".join(map(row, range(3))))
    follower = follow("--log", log)
    assert follower.rows() == 3

    def write() -> None:
        with log.open("a", buffering=1) as stream:
            for k in range(3, 40):
                for part in (row(k)[:4], row(k)[4:]):
                    stream.write(part)
                    stream.flush()
                    time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    seen = [3]
    while seen[-1] < 40:
        seen.append(follower.rows())
    writer.join()
    assert seen == sorted(set(seen))
    follower.nothing_more()


def test_a_terminal_gets_a_table_drawn_again(run, toy, toy_log, monkeypatch):
    from advisor.commands import follow

    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) > 3:
            raise KeyboardInterrupt
        append(toy_log, f"{1e12 * len(looks):g},0.75,0\n")

    monkeypatch.setattr(follow.time, "sleep", sleep)
    monkeypatch.setenv("TERM", "xterm")
    result = run("recommend", toy, "--log", toy_log, "--target", "1.1", "--follow", terminal=True)
    assert result.code == 130
    assert looks == [1.0] * 4
    screens = result.out.split("\x1b[H\x1b[2J")[1:]
    assert len(screens) == 4
    assert all("a power law with exponent" in screen and "\x1b" not in screen for screen in screens)
    assert "8 rows used; waiting for more, Ctrl-C ends" in result.err
    assert "11 rows used" in result.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--follow"], "--follow needs a file that grows"),
        (["--follow", "--log", "-"], "--follow needs a file that grows"),
        (["--follow", "--fit", "fit.json"], "--follow needs a file that grows"),
        (["--follow", "--log", "LOG", "--requests", "r"], "leave out --requests and --table"),
        (["--follow", "--log", "LOG", "--table", "budgets"], "leave out --requests and --table"),
        (["--follow", "--log", "LOG", "--format", "csv"], "csv holds one answer only"),
        (["--log", "LOG", "--interval", "2"], "give --follow, or leave it out"),
        (["--follow", "--log", "LOG", "--interval", "0"], "--interval"),
        (["--follow", "--log", "LOG", "--map", "none=loss"], "none"),
    ],
)
def test_what_makes_no_sense_is_refused(run, toy, toy_log, argv, message):
    result = run("recommend", toy, "--target", "1.1", *(toy_log if item == "LOG" else item for item in argv))
    assert (result.code, result.out) == (2, "")
    assert message in result.err
