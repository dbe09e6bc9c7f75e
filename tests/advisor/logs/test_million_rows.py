"""The budget of a million rows: 3 s of CPU and 400 MB, the import of pandas included."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import resource, sys
from advisor.logs import read_log
from fits.step_law.schema import Log
assert read_log(sys.argv[1], Log).rows == 1_000_000
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


@pytest.mark.benchmark
def test_a_million_rows_stay_within_the_budget(tmp_path: Path) -> None:
    number = random.Random(0).random
    path = tmp_path / "log.csv"
    with path.open("w") as file:
        file.write("N,D,lr,bs,loss,x,a,b,c,name\n")
        for i in range(1_000_000):
            file.write(f"{i + 1},{number() + 1},{number() + 1},{i % 512 + 1},{number() + 2},960,{number()},{number()},{i},run{i}\n")
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True)
    cpu, megabytes = map(float, done.stdout.split())
    print(f"{cpu:.2f} s CPU, {megabytes:.0f} MB")
    assert cpu <= 3.0
    assert megabytes <= 400
