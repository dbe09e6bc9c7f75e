"""Train the classifier of `mixing.py` with the mixtures of an answer, and log their errors.

advisor recommend bnn-bo --log LOG --space space.toml --format json | python evaluate.py LOG
python evaluate.py LOG --random 20       # a log to begin with
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
from mixing import SOURCES, error


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--random", type=int, help="train so many random mixtures instead of those of an answer on stdin")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.random is None:
        asked = [[item["config"][name] for name in SOURCES] for item in json.load(sys.stdin)["advice"]]
    else:
        asked = np.random.default_rng(options.seed).random((options.random, len(SOURCES))).tolist()
    new = not options.log.exists()
    with options.log.open("a", newline="") as file:
        writer = csv.DictWriter(file, [*SOURCES, "error"], lineterminator="\n")
        if new:
            writer.writeheader()
        for mixture in asked:
            config = dict(zip(SOURCES, (round(float(weight), 3) for weight in mixture), strict=True))
            value = error(config)
            writer.writerow({**config, "error": f"{value:.4f}"})
            print(f"error {value:.4f}", file=sys.stderr)


if __name__ == "__main__":
    main()
