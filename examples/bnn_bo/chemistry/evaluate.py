"""Run the experiments of an answer in the laboratory of `laboratory.py`, and log what was measured.

advisor recommend bnn-bo --log LOG --space space.toml --pool pool.csv -n 4 --format json | python evaluate.py LOG
python evaluate.py LOG --random pool.csv 8       # a log to begin with
python evaluate.py pool.csv --candidates 400     # a pool: random experiments that can be set up, none of them run
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from laboratory import BASES, CONDITIONS, LIGANDS, REAGENTS, SOLVENTS, measured

PARAMETERS = [*REAGENTS, *CONDITIONS]


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path: Path, rows: Iterable[Mapping[str, object]], columns: list[str]) -> None:
    """Add rows to a CSV file, which begins with them where there is none."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def picked(pool: list[dict[str, str]], count: int, seed: int) -> list[dict[str, str]]:
    """Different rows of a pool, as somebody without advice might pick them."""
    return [pool[i] for i in np.random.default_rng(seed).permutation(len(pool))[:count]]


def candidates(count: int, seed: int) -> list[dict[str, object]]:
    """Experiments in steps that a robot can set: 1 °C, a minute, a tenth of an equivalent."""
    random = np.random.default_rng(seed)
    return [
        {
            "ligand": random.choice(list(LIGANDS)),
            "base": random.choice(list(BASES)),
            "solvent": random.choice(list(SOLVENTS)),
            "temp": random.integers(40, 121),
            "minutes": round(math.exp(random.uniform(math.log(10), math.log(600)))),
            "equiv": round(random.uniform(1.0, 2.0), 1),
        }
        for _ in range(count)
    ]


def logged(config: Mapping[str, str | float]) -> dict[str, object]:
    """A row of the log: what was set, and what came of it."""
    reagents = {name: config[name] for name in REAGENTS}
    conditions = {name: format(float(config[name]), "g") for name in CONDITIONS}
    return {**reagents, **conditions, **measured(config)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--random", nargs=2, metavar=("POOL", "COUNT"), help="run random rows of a pool, not an answer on stdin")
    parser.add_argument("--candidates", type=int, help="write a pool of so many experiments, and run none")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.candidates is not None:
        append(options.file, candidates(options.candidates, options.seed), PARAMETERS)
        return
    if options.random is not None:
        configs = picked(read(Path(options.random[0])), int(options.random[1]), options.seed)
    else:
        configs = [item["config"] for item in json.load(sys.stdin)["advice"]]
    rows = [logged(config) for config in configs]
    append(options.file, rows, [*PARAMETERS, "yield", "impurity"])
    for row in rows:
        print(*(f"{name} {value}" for name, value in row.items()), sep="  ", file=sys.stderr)


if __name__ == "__main__":
    main()
