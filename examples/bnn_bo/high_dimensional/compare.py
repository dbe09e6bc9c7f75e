"""The loop with several surrogates, each from the same random trials.

python compare.py [wiggly]                                   # the table of what progress.csv, or wiggly.csv, holds
python compare.py --run gp ibnn --seeds 10 --trials 60       # run these, and add them to it
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import mixing
import numpy as np
import wiggly

PROBLEMS = {"mixing": (mixing.SOURCES, mixing.error, "progress.csv"), "wiggly": (wiggly.INPUTS, wiggly.error, "wiggly.csv")}
COLUMNS = ["surrogate", "seed", "trial", "error"]
FIRST = 20  # random trials, the same for all surrogates


def trials(problem: str, surrogate: str, seed: int, count: int) -> Iterator[float]:
    """The error of each trial of a loop; "random" goes on as all begin."""
    from fits.bnn_bo.proposing import propose  # imports PyTorch, which the table does without
    from fits.space import Space

    names, error, _ = PROBLEMS[problem]
    parameters = {name: {"type": "float", "low": 0.0, "high": 1.0} for name in names}
    space = Space.model_validate({"parameters": parameters, "objectives": {"error": {"direction": "minimize"}}})
    history: list[tuple[dict[str, float], dict[str, float]]] = []
    for point in np.random.default_rng(seed).random((count, len(names))):
        if surrogate != "random" and len(history) >= FIRST:
            (proposal,) = propose(space, history, surrogate=surrogate, seed=seed)
            point = np.array([proposal.config[name] for name in names], dtype=float)
        config = dict(zip(names, point.tolist(), strict=True))
        history.append((config, {"error": error(config)}))
        yield history[-1][1]["error"]


def run(problem: str, surrogate: str, seed: int, count: int) -> None:
    """Add a loop to the file of the problem."""
    progress = Path(PROBLEMS[problem][2])
    new = not progress.exists()
    with progress.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        for trial, value in enumerate(trials(problem, surrogate, seed, count), start=1):
            writer.writerow([surrogate, seed, trial, f"{value:.4f}"])
            file.flush()


def table(problem: str) -> None:
    """The best so far, mean over the seeds, and how often a surrogate ended below `gp`."""
    with Path(PROBLEMS[problem][2]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    loops: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        loops.setdefault(row["surrogate"], {}).setdefault(row["seed"], []).append(float(row["error"]))
    count = min(len(loop) for seeds in loops.values() for loop in seeds.values())
    shown = range(FIRST, count + 1, 10)
    print("best after   " + "".join(f"{n:7}" for n in shown) + "   below gp")
    for surrogate, seeds in loops.items():
        best = np.array([np.minimum.accumulate(loop[:count]) for loop in seeds.values()])
        below = sum(min(loop[:count]) < min(loops["gp"][seed][:count]) for seed, loop in seeds.items())
        figures = "".join(f"{value:7.3f}" for value in best.mean(axis=0)[[n - 1 for n in shown]])
        print(f"{surrogate:<13}{figures}   {below} of {len(seeds)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("problem", nargs="?", choices=PROBLEMS, default="mixing")
    parser.add_argument("--run", nargs="*", metavar="SURROGATE", default=[])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=60)
    options = parser.parse_args()
    for seed in range(options.seeds):
        for surrogate in options.run:
            run(options.problem, surrogate, seed, options.trials)
    if not options.run:
        table(options.problem)


if __name__ == "__main__":
    main()
