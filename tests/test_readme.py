"""The README's examples print what it says, and its test command is the one that CI runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ advisor (.*)\n((?:.*\n)*?)```", README)


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(("command", "printed"), EXAMPLES)
def test_an_example_prints_what_the_readme_says(command: str, printed: str) -> None:
    done = subprocess.run([sys.executable, "-m", "advisor", *shlex.split(command)], capture_output=True, text=True, check=True)
    assert done.stdout == printed


def test_ci_runs_the_readme_s_install_and_tests() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-c constraints.txt -e '.[dev]'" in ci
    assert "-c constraints.txt -e '.[dev]' && pytest" in README
