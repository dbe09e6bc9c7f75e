"""How long forecasts of learning curves take.

    python tests/benchmarks/learning_curve_speed.py

CPU time of one thread, so that it does not matter what else the machine does. Curves of 60 points: power laws with noise. One curve
at a time, medians; and 1,000 curves with 90 % intervals at three positions, in one call and in a call a curve.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from markdown import print_head, print_row
from numpy.typing import NDArray

from fits.learning_curve.families import combine, fit_many
from fits.learning_curve.meta import forecast
from fits.learning_curve.quantiles import LEVELS, chances_of_best
from fits.learning_curve.trace import trace

Array = NDArray[np.float64]

X = np.arange(1.0, 61.0)
AT = np.array([100.0, 200.0, 600.0])
MANY, REPEATS = 1000, 30


def curves(count: int, seed: int = 0) -> Array:
    """(count, 60)"""
    rng = np.random.default_rng(seed)
    law = rng.uniform(0.02, 0.3, (count, 1)) + 0.5 * X ** -rng.uniform(0.3, 1.0, (count, 1))
    return np.asarray(np.clip(law + 0.01 * rng.standard_normal(law.shape), 0.0, 1.0))


def milliseconds(work: Callable[[Array], object], repeats: int = REPEATS) -> float:
    """Median time of one curve."""
    times = []
    for y in curves(repeats + 1):
        start = process_time()
        work(y[None])
        times.append(process_time() - start)
    return 1e3 * statistics.median(times[1:])


def seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def of_command(ys: Array) -> float:
    """CPU seconds of `advisor recommend` with a log of these curves."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        rows = (f"{i},{x:.6g},{y:.6g}" for i, curve in enumerate(ys) for x, y in zip(X, curve, strict=True))
        log.write_text("\n".join(["run,step,error", *rows]), encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "advisor", "recommend", "learning-curve", "--log", str(log)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    print("\n## One curve of 60 points\n")
    print_head("method", "ms", "goal")
    print_row("all fifteen families", f"{milliseconds(lambda ys: fit_many(X, ys, None, 0.0, 1.0)):.1f}", "≤ 20")
    print_row("mixture with intervals", f"{milliseconds(lambda ys: combine(X, ys, 0.0, 1.0).quantiles(AT, LEVELS)):.1f}", "≤ 50")
    print_row("meta with intervals", f"{milliseconds(lambda ys: forecast(X, ys, AT)):.1f}", "≤ 50")
    print_row("trace", f"{milliseconds(lambda ys: trace(X, 100.0 * (1.0 - ys[0])), 5):.0f}", "")
    many = curves(MANY)
    print(f"\n## {MANY:,} curves with intervals\n")
    print_head("method", "s", "goal")
    print_row("mixture, one call", f"{seconds(lambda: combine(X, many, 0.0, 1.0).quantiles(AT, LEVELS)):.1f}", "≤ 60")
    print_row("meta, one call", f"{seconds(lambda: forecast(X, many, AT)):.1f}", "≤ 60")
    print_row("meta, a call a curve", f"{seconds(lambda: [forecast(X, y, AT) for y in many]):.1f}", "≤ 60")
    q = forecast(X, many, AT[-1:]).quantiles[:, 0]
    print_row("the chance of each to be the best", f"{seconds(lambda: chances_of_best(q)):.1f}", "")
    print("\n## The command, CPU with its start\n")
    print_head("log", "s", "goal")
    print_row("one curve", f"{of_command(curves(1)):.1f}", "≤ 2")
    print_row(f"{MANY:,} curves", f"{of_command(many):.1f}", "≤ 60 on two cores")
    print(f"\ntorch was {'' if 'torch' in sys.modules else 'not '}imported.")


if __name__ == "__main__":
    main()
