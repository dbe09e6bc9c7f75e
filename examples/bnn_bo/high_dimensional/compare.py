"""The loop with several surrogates, each from the same random trials.

python compare.py                                            # the table of what progress.csv holds
python compare.py --run gp ibnn --seeds 5 --trials 60        # run these, and add them to progress.csv
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mixing import SOURCES, data, error

PROGRESS = Path("progress.csv")
COLUMNS = ["surrogate", "seed", "trial", "error"]
FIRST = 40  # random trials, the same for all surrogates


def trials(surrogate: str, seed: int, count: int) -> Iterator[float]:
    """The error of each trial of a loop; "random" goes on as all begin."""
    from fits.bnn_bo.proposing import propose  # imports PyTorch, which the table does without
    from fits.space import Space

    space = Space.model_validate(tomllib.loads(Path("space.toml").read_text()))
    history: list[tuple[dict[str, float], dict[str, float]]] = []
    for mixture in np.random.default_rng(seed).random((count, len(SOURCES))):
        if surrogate != "random" and len(history) >= FIRST:
            (proposal,) = propose(space, history, surrogate=surrogate, seed=seed)
            mixture = np.array([proposal.config[name] for name in SOURCES], dtype=float)
        config = dict(zip(SOURCES, mixture.tolist(), strict=True))
        history.append((config, {"error": error(config)}))
        yield history[-1][1]["error"]


def run(surrogate: str, seed: int, count: int) -> None:
    """Add a loop to `PROGRESS`."""
    new = not PROGRESS.exists()
    with PROGRESS.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        for trial, value in enumerate(trials(surrogate, seed, count), start=1):
            writer.writerow([surrogate, seed, trial, f"{value:.4f}"])
            file.flush()


def table() -> None:
    """The best so far, mean over the seeds, and how often a surrogate ended below `gp`."""
    with PROGRESS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    loops: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        loops.setdefault(row["surrogate"], {}).setdefault(row["seed"], []).append(float(row["error"]))
    count = min(len(loop) for seeds in loops.values() for loop in seeds.values())
    shown = range(FIRST, count + 1, 5)
    print("best after   " + "".join(f"{n:7}" for n in shown) + "   below gp")
    for surrogate, seeds in loops.items():
        best = np.array([np.minimum.accumulate(loop[:count]) for loop in seeds.values()])
        below = sum(min(loop[:count]) < min(loops["gp"][seed][:count]) for seed, loop in seeds.items())
        figures = "".join(f"{value:7.3f}" for value in best.mean(axis=0)[[n - 1 for n in shown]])
        print(f"{surrogate:<13}{figures}   {below} of {len(seeds)}")
    good = dict(zip(SOURCES, (~data().bad).astype(float), strict=True))
    print(f"\nall sources alike {error(dict.fromkeys(SOURCES, 1.0)):.3f}; the good ones only, if they were known {error(good):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run", nargs="*", metavar="SURROGATE", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=60)
    options = parser.parse_args()
    for seed in range(options.seeds):
        for surrogate in options.run:
            run(surrogate, seed, options.trials)
    if not options.run:
        table()


if __name__ == "__main__":
    main()
