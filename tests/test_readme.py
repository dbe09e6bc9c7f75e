"""The examples of the READMEs print what they say, and the README's test command is the one that CI runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*/README.md"))
PAGES = [page for page in (ROOT / "README.md", *EXAMPLES) if "```console" in page.read_text(encoding="utf-8")]


def commands(page: Path) -> list[tuple[str, str]]:
    """Every ``$ advisor …`` of the console blocks with what is printed below it."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    parts = [part.partition("\n") for block in blocks for part in ("\n" + block).split("\n$ advisor ")[1:]]
    return [(command, printed.rstrip("\n")) for command, _, printed in parts]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for log in page.parent.glob("*.csv"):
        shutil.copy(log, tmp_path)
    found = commands(page)
    assert found
    for command, printed in found:
        line = [sys.executable, "-m", "advisor", *shlex.split(command)]
        environment = {**os.environ, "COLUMNS": "80"}
        done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.rstrip("\n") == printed


def test_ci_runs_the_readme_s_install_and_tests() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-c constraints.txt -e '.[dev]'" in ci
    assert "-c constraints.txt -e '.[dev]' && pytest" in README
