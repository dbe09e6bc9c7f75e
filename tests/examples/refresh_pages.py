"""Fill the console blocks of the pages of examples with what their commands print now.

python tests/examples/refresh_pages.py [learning_curve/llm bnn_bo/sweep ...]       # without names: all of PAGES
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGES = [
    *("learning_curve/sample_size", "learning_curve/tagging", "learning_curve/llm"),
    *("bnn_bo/sweep", "bnn_bo/chemistry", "bnn_bo/high_dimensional"),
]


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
    """The text of the page with each command's output of today; what the commands write goes to a copy of the page's folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / page.parent.name
        shutil.copytree(page.parent, folder)

        def block(found: re.Match[str]) -> str:
            commands = [part.partition("\n")[0] for part in ("\n" + found[1]).split("\n$ ")[1:]]
            lines = [line for command in commands for line in (f"$ {command}", printed(command, folder)) if line]
            return "\n".join(["```console", *lines, "```"])

        return re.sub(r"```console\n(.*?)```", block, page.read_text(encoding="utf-8"), flags=re.DOTALL)


if __name__ == "__main__":
    for name in sys.argv[1:] or PAGES:
        path = EXAMPLES / name / "README.md"
        path.write_text(refreshed(path), encoding="utf-8")
