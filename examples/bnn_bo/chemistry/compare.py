"""How much of what the pool can give was found: logs of loops beside random picks from the same pool.

python compare.py LOG [LOG ...]

What counts is the hypervolume: the area between the Pareto front of the experiments that were run and the reference point of
`space.toml`, without the error of analysis, as a share of that of all experiments in the pool.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import numpy as np
from evaluate import read
from laboratory import outcome
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST, BATCH = 8, 4  # experiments before the first advice, and in a round of it
DRAWS = 500


def outcomes(configs: list[dict[str, str]]) -> Array:
    """``n x 2``: yield and impurity."""
    return np.array([list(outcome(config).values()) for config in configs])


def hypervolume(Y: Array, reference: Array) -> float:
    """Area that rows of ``n x 2``, the first to be made large and the second small, take from the reference point."""
    area, least = 0.0, float(reference[1])
    for high, low in Y[np.argsort(-Y[:, 0], kind="stable")]:
        if high > reference[0] and low < least:
            area, least = area + (high - reference[0]) * (least - low), low
    return area


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("logs", type=Path, nargs="+")
    options = parser.parse_args()
    sought = tomllib.loads(Path("space.toml").read_text())["objectives"]
    reference = np.array([sought["yield"]["reference"], sought["impurity"]["reference"]], dtype=float)
    whole = outcomes(read(Path("pool.csv")))
    loops = [outcomes(read(log)) for log in options.logs]
    orders = np.random.default_rng(0)
    draws = [orders.permutation(whole) for _ in range(DRAWS)]
    most = hypervolume(whole, reference)
    print("experiments  by advice  at random")
    for n in range(FIRST, min(map(len, loops)) + 1, BATCH):
        advised, random = (np.mean([hypervolume(Y[:n], reference) for Y in runs]) / most for runs in (loops, draws))
        print(f"{n:11}  {advised:9.0%}  {random:9.0%}")
    print(f"\n{len(whole)} in the pool; means of {len(loops)} loops and {DRAWS} random orders")


if __name__ == "__main__":
    main()
