"""Solve a sequence of linear systems for real and compare who chose omega.

    python solve_sequence.py paper_hv --policy gp-ts chebcb --steps 2000 --plot regret.svg
    python solve_sequence.py heat25 --steps 1000 --log heat_log.csv

The first prints a table; the second writes a log as a user would have it, each solve with a random omega.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import get_args

import numpy as np
from plotting import plot_regret
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sequences import Problem, Step
from solving import PROBLEMS, YOUNG_HOLDS, ByPolicy, Each, Reference, Run, by_young, fixed, omega_range, policy_for, warm_up
from solving import reference as solve_for_reference
from solving import run as solve_by

from fits.sor.schema import DEFAULT_METHOD
from fits.sor.schema import Method as PolicyName

POLICIES = [name for name in get_args(PolicyName) if name not in ("fixed", "young")]  # these two have lines of their own


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("problem", choices=PROBLEMS)
    parser.add_argument("--policy", nargs="+", choices=POLICIES, default=[DEFAULT_METHOD], help=f"default: {DEFAULT_METHOD}")
    parser.add_argument("--steps", type=int, help="number of linear systems; default: that of the paper's sequence")
    parser.add_argument("--seed", type=int, default=0, help="of the sequence and of the policies")
    parser.add_argument("--plot", metavar="FILE", help="draw the regret: .svg or .png")
    parser.add_argument("--log", metavar="FILE.csv", help="only write a log of solves with random omegas")
    given = parser.parse_args()
    if given.steps is not None and given.steps < 1:
        parser.error("--steps needs at least 1")
    return given


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress bars on stderr, on a terminal only."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        yield bars


def under(bars: Progress, label: str) -> Each:
    """The steps of a problem, under a progress bar."""

    def each(problem: Problem) -> Iterator[Step]:
        return iter(bars.track(problem, total=problem.steps, description=label))

    return each


def write_log(problem: Problem, path: Path, seed: int) -> None:
    """One row a solve with a random omega: step, contexts, omega, iterations, seconds."""
    rng = np.random.default_rng(seed)
    low, high = omega_range(problem)
    problem.step.costs([1.5], cap=1)
    with path.open("w", newline="") as file, progress() as bars:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["step", *problem.step.context, "omega", "iterations", "seconds"])
        for step in under(bars, "solving")(problem):
            omega = round(float(rng.uniform(low, high)), 4)
            start = perf_counter()
            solve = step.solve(omega)
            seconds = perf_counter() - start
            context = [f"{value:.6g}" for value in step.context.values()]
            writer.writerow([step.number, *context, omega, solve.iterations, f"{seconds:.3g}"])


def compare(name: str, methods: list[PolicyName], steps: int | None, seed: int) -> tuple[Reference, dict[str, Run]]:
    """Solve the sequence once for each line of the table."""

    def problem() -> Problem:
        return PROBLEMS[name](steps, seed)

    runs: dict[str, Run] = {}
    warm_up(methods, problem())
    with progress() as bars:
        possible = solve_for_reference(problem(), under(bars, "every omega"))
        for method in methods:
            runs[method] = solve_by(problem(), ByPolicy(policy_for(method, problem(), seed)), under(bars, method))
        best = float(possible.omegas[possible.best_fixed])
        runs[f"best fixed, {best:.2f}"] = solve_by(problem(), fixed(best), under(bars, "best fixed"))
        runs["ω = 1"] = solve_by(problem(), fixed(1.0), under(bars, "ω = 1"))
        if name in YOUNG_HOLDS:
            runs["Young"] = solve_by(problem(), by_young(), under(bars, "Young"))
    return possible, runs


def table(possible: Reference, runs: dict[str, Run]) -> Table:
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("ω chosen by", no_wrap=True)
    for heading in ("iterations", "÷ optimal", "solver s", "deciding s", "given up"):
        shown.add_column(heading, justify="right")
    optimal = int(possible.optimal.sum())
    for name, run in runs.items():
        total = int(run.iterations.sum())
        cells = f"{total:,}", f"{total / optimal:.3f}", f"{run.solving:.2f}", f"{run.deciding:.2f}", str(run.gave_up)
        shown.add_row(name, *cells)
    shown.add_row("instance-optimal", f"{optimal:,}", "1.000", "", "", "")
    return shown


def main() -> None:
    given = arguments()
    if given.log:
        write_log(PROBLEMS[given.problem](given.steps, given.seed), Path(given.log), given.seed)
        return
    possible, runs = compare(given.problem, given.policy, given.steps, given.seed)
    solves = len(possible.optimal)
    print(f"{given.problem}: {solves:,} solves, {possible.optimal.mean():.2f} iterations each with the best ω of each\n")
    Console().print(table(possible, runs))
    if given.plot:
        lines = {name.partition(",")[0]: run.iterations for name, run in runs.items()}
        plot_regret(given.plot, f"{given.problem}: {solves:,} linear systems", lines, possible.optimal)


if __name__ == "__main__":
    main()
