"""Fill the console blocks of the pages of examples with what their commands print now.

python tests/examples/refresh_pages.py [learning_curve/sample_size learning_curve/tagging learning_curve/llm bnn_bo/sweep]
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGES = ["learning_curve/sample_size", "learning_curve/tagging", "learning_curve/llm", "bnn_bo/sweep"]


def printed(command: str, folder: Path) -> str:
    """What a command prints to stdout, 80 columns wide."""
    program, *arguments = shlex.split(command)
    line = [sys.executable, *(["-m", "advisor"] if program == "advisor" else []), *arguments]
    environment = {**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        line, cwd=folder, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=True
    )
    return done.stdout.rstrip("\n")


def refreshed(page: Path) -> str:
    """The text of the page with each command's output of today."""

    def block(found: re.Match[str]) -> str:
        commands = [part.partition("\n")[0] for part in ("\n" + found[1]).split("\n$ ")[1:]]
        return "```console\n" + "".join(f"$ {command}\n{printed(command, page.parent)}\n" for command in commands) + "```"

    return re.sub(r"```console\n(.*?)```", block, page.read_text(encoding="utf-8"), flags=re.DOTALL)


if __name__ == "__main__":
    for name in sys.argv[1:] or PAGES:
        path = EXAMPLES / name / "README.md"
        path.write_text(refreshed(path), encoding="utf-8")
