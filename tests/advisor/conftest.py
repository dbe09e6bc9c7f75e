"""What the tests of `advisor serve` share: the toy solver with an online form, and a client of a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).parents[1] / "plugin_policy"


class Client:
    """A process of `advisor serve` that has started, and the lines to and from it."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "advisor", "serve", *argv]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self.started = self._line(self.process.stderr).decode()

    @staticmethod
    def _line(stream: Any) -> bytes:
        line: bytes = stream.readline()
        if not line.endswith(b"\n"):
            raise EOFError  # the process has gone
        return line

    def send(self, data: bytes | None = None, **request: Any) -> None:
        """Write a line: `data` as it is, or a request."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request).encode() + b"\n" if data is None else data)

    def receive(self) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(self._line(self.process.stdout))
        return reply

    def request(self, **request: Any) -> dict[str, Any]:
        self.send(**request)
        return self.receive()

    def end(self) -> tuple[int, str]:
        """Close stdin and wait; the exit code, and what was written to stderr after the start."""
        assert self.process.stdin
        assert self.process.stderr
        self.process.stdin.close()
        code = self.process.wait(timeout=20)
        return code, self.process.stderr.read().decode()

    def clear(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


@pytest.fixture(scope="session")
def dial_path(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Folders that make the toy solver importable and discoverable, as an installation would."""
    site = tmp_path_factory.mktemp("site")
    info = site / "toy_dial-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-dial\nVersion: 0.1\nSummary: sets a dial\n")
    (info / "entry_points.txt").write_text("[fits.solvers]\ntoy-dial = toy_dial\n")
    return [str(site), str(PLUGIN)]


@pytest.fixture
def dial(dial_path: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the toy solver, installed for the time of a test."""
    for folder in dial_path:
        monkeypatch.syspath_prepend(folder)
    return "toy-dial"


@pytest.fixture
def client(dial_path: list[str]) -> Iterator[Callable[..., Client]]:
    """``client("--state", file)`` starts a process; all of them have ended after the test."""
    started: list[Client] = []

    def start(*argv: str | Path, solver: str = "toy-dial") -> Client:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dial_path)}
        started.append(Client([solver, *map(str, argv)], environment))
        return started[-1]

    yield start
    for item in started:
        item.clear()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where a state may be kept; there is none yet."""
    return tmp_path / "state.json"


@pytest.fixture
def saved(run: Callable[..., Any], dial: str, state: Path) -> Path:
    """A state of seven outcomes and an eighth decision that waits."""
    requests = ['{"ask": {"c": 0.5}}', *(f'{{"tell": {{"id": {k}, "cost": {k}}}, "ask": {{"c": 0.5}}}}' for k in range(1, 8))]
    assert run("serve", dial, "--state", state, stdin="\n".join(requests)).code == 0
    return state
