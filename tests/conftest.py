"""What the tests share: the toy plugin, and `run`, which is the command line without a new process."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in each run: a change is judged by what it changed. `--hypothesis-profile=search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1000, deadline=None)
settings.load_profile("same")

# Small matrices: with more threads, linear algebra waits longer than it computes. Set before NumPy and PyTorch are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PLUGIN = Path(__file__).parent / "plugin"
METADATA = "Metadata-Version: 2.1\nName: toy-budget\nVersion: 0.1\nSummary: how much more training a target loss needs\n"


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str


class Terminal(io.TextIOWrapper):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="session")
def plugin_path(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Folders that make the toy plugin importable and discoverable, as an installation would."""
    site = tmp_path_factory.mktemp("site")
    info = site / "toy_budget-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text("[fits.solvers]\ntoy-budget = toy_budget\n")
    return [str(site), str(PLUGIN)]


@pytest.fixture
def toy(plugin_path: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the toy solver, installed for the time of a test."""
    for folder in plugin_path:
        monkeypatch.syspath_prepend(folder)
    return "toy-budget"


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("fit", "toy-budget", log, stdin=b"", terminal=False)`` -> Result."""

    def start(*argv: str | Path, stdin: bytes | str = b"", terminal: bool = False, encoding: str = "utf-8") -> Result:
        from advisor.cli import main

        data = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = io.BytesIO(), io.BytesIO()
        kind = Terminal if terminal else io.TextIOWrapper
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
            patch.setattr(sys, "stdout", kind(out, encoding=encoding))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding))
            try:
                code = main([str(item) for item in argv])
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
            return Result(code, out.getvalue().decode(), err.getvalue().decode())

    return start


@pytest.fixture
def shell(plugin_path: list[str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a line of bash with the toy plugin installed; ``$ADVISOR`` is the command."""

    def start(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(plugin_path),
            "ADVISOR": f"{sys.executable} -m advisor",
            **environment,
        }
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line], env=env, cwd=tmp_path, capture_output=True, timeout=60, check=False
        )

    return start


@pytest.fixture
def toy_log(tmp_path: Path) -> Path:
    """Eight runs on loss = 12 tokens^-0.1, a little noise, and a context that shifts it."""
    path = tmp_path / "runs.csv"
    lines = ["D,val loss,lang"]
    for k, noise in enumerate([0.001, -0.002, 0.0015, 0.0, -0.001, 0.002, -0.0005, 0.0003]):
        tokens, lang = 1e9 * 2**k, k % 2
        lines.append(f"{tokens:g},{12 * tokens**-0.1 * (1 + noise + 0.05 * lang):.6f},{lang}")
    path.write_text("\n".join(lines) + "\n")
    return path
