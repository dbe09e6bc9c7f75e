"""How the loop ends, and what it goes on after: signals, closed pipes, a full device, lines without end."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.serving.loop import serve
from advisor.serving.protocol import Server


def content(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGTERM, 0, ""), (signal.SIGINT, 130, "interrupted\n")])
def test_a_signal_saves_and_ends(client, state, number, code, said):
    process = client("--state", state)
    assert process.started == f"toy-dial: new state {state}\n"
    process.request(ask={"c": 0.5})
    assert process.request(tell={"id": 1, "cost": 2}, ask={"c": 0.5})["told"] == 1
    process.process.send_signal(number)
    assert process.process.wait(timeout=20) == code, "the end of stdin is not waited for"
    assert process.end() == (code, said)
    assert content(state)["policy"]["told"] == [[1, 2.0]]
    assert content(state)["ids_below"] == 3, "a clean end skips no id"


ASK_AND_TELL = '{"ask": {"c": 0.5}}\n{"tell": {"id": 1, "cost": 2}}\n{"ask": {"c": 0.5}}\n'


def signalling(monkeypatch: pytest.MonkeyPatch, *signals: int, pause: float = 0.0) -> None:
    """While the toy is told an outcome, the process gets `signals`."""
    from toy_dial.solver import Policy

    tell = Policy.tell

    def told(self: Policy, id_: int, outcome: Any) -> None:
        for number in signals:
            os.kill(os.getpid(), number)
            time.sleep(pause)
        tell(self, id_, outcome)

    monkeypatch.setattr(Policy, "tell", told)


def test_a_signal_waits_for_the_request_that_is_under_way(run, dial, state, monkeypatch):
    signalling(monkeypatch, signal.SIGINT, signal.SIGTERM)  # as when the terminal and the client both pass it on
    result = run("serve", dial, "--state", state, stdin=ASK_AND_TELL)
    assert result.code == 130
    assert [next(iter(json.loads(line))) for line in result.out.splitlines()] == ["id", "told"], (
        "that request is answered, no other"
    )
    assert content(state)["tells"] == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_signal_gives_up_a_policy_that_does_not_come_back(run, dial, state, monkeypatch):
    monkeypatch.setattr("advisor.signals.PATIENCE", 0.01)
    signalling(monkeypatch, signal.SIGTERM, signal.SIGTERM, pause=0.02)
    result = run("serve", dial, "--state", state, stdin=ASK_AND_TELL)
    assert (result.code, len(result.out.splitlines())) == (130, 1)
    assert result.err.endswith("interrupted\n")
    assert content(state)["tells"] == 0, "a policy that was cut off in mid-work is not saved"


def test_a_client_that_does_not_read_keeps_no_signal_waiting(client, state):
    process = client("--state", state, "--save-every", "100000")
    writer = threading.Thread(target=flood, args=(process, b'{"ask": {"c": 0.5}}\n' * 2000))
    writer.start()
    waiting, before = 0, -1
    while waiting == 0 or waiting != before:  # until the pipe is full and the process stands still
        time.sleep(0.1)
        waiting, before = unread(process), waiting
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(timeout=20) == 0
    writer.join()
    saved = content(state)
    assert saved["ids_below"] == saved["policy"]["next_id"] > 1000


def unread(process: Any) -> int:
    """Bytes of replies that wait in the pipe."""
    return int.from_bytes(fcntl.ioctl(process.process.stdout, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def flood(process: Any, lines: bytes) -> None:
    """Write until the process has gone."""
    try:
        while True:
            process.send(lines)
    except (BrokenPipeError, ConnectionResetError):
        return


def test_nobody_reads_any_more(client, state):
    process = client("--state", state)
    process.request(ask={"c": 0.5})
    process.process.stdout.close()
    process.send(tell={"id": 1, "cost": 2})
    assert process.process.wait(timeout=20) == 0
    assert process.end() == (0, "")
    assert content(state)["tells"] == 1


def test_a_line_without_end_takes_no_memory(client):
    process = client()
    process.request(ask={"c": 0.5})
    before = memory(process)
    for _ in range(64):
        process.send(b"x" * (1 << 20))
    process.send(b"\n")
    error = process.receive()["error"]
    assert (error["code"], error["line"]) == ("too-long", 2)
    process.send(b" " * (1 << 20) + b'{"ask": {"c": 0.5}}\n')
    assert process.receive()["error"]["code"] == "too-long"
    assert process.request(ask={"c": 0.5})["id"] == 2
    assert memory(process) - before < 4096


def memory(process: Any) -> int:
    """Peak resident memory in KiB."""
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$ADVISOR serve toy-dial -q --state s.json <&-", 0, b""),
        ('echo \'{"ask": {"c": 1}}\' | $ADVISOR serve toy-dial -q --state s.json >&-', 0, b""),
        (
            'echo \'{"ask": {"c": 1}}\' | $ADVISOR serve toy-dial -q --state s.json >/dev/full',
            3,
            b"error: cannot write to stdout: No space left",
        ),
    ],
)
def test_streams_that_are_closed_or_broken(shell, dial_path, tmp_path, line, code, said):
    done = shell(line, PYTHONPATH=os.pathsep.join(dial_path))
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr.startswith(said)
    assert said or not done.stderr
    assert content(tmp_path / "s.json")["tells"] == 0


def test_a_stdin_that_breaks_ends_the_loop_with_a_save(dial):
    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    saves = []

    class Saving(Server):
        def close(self) -> None:
            saves.append(self.tells)

    from toy_dial.schema import PolicyOptions
    from toy_dial.solver import policy

    with pytest.raises(InputError, match="cannot read stdin: Input/output error"):
        serve(Saving(policy(PolicyOptions())), Broken())
    assert saves == [0]


def test_two_processes_never_share_a_state(client, state):
    first = client("--state", state)
    second = client("--state", state)
    assert "is in use by another process" in second.started
    assert second.end()[0] == 3
    first.process.kill()  # the lock goes with the process
    first.process.wait()
    assert client("--state", state).started.startswith("toy-dial: resumed")
