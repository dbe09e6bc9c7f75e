"""Help and completion stay quick: they load no numerical package, and rich only where a table is drawn."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["pandas", "numpy", "scipy", "sklearn", "torch", "botorch", "gpytorch", "rich", "matplotlib"]


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["fit", "--help"],
        ["recommend", "step-law", "--help"],
        ["fit", "step-law", "--help"],
        ["report", "--help"],
        ["report", "sor", "--help"],
        ["--version"],
        ["solvers", "step-law", "--schema", "query"],
        ["recommend", "step-law", "--params", "7B", "--tokens", "1.4T"],
    ],
)
def test_loads_nothing_heavy(argv):
    code = (
        f"import sys; from advisor.cli import main; code = main({argv!r}); print([m for m in {HEAVY!r} if m in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"
