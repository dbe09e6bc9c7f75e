"""Train a support vector regression on scikit-learn's diabetes data with the configurations of an answer, and log what they gave.

advisor recommend bnn-bo --log LOG --space space.toml --format json | python evaluate.py LOG
python evaluate.py LOG --random 12       # a log to begin with

The score is the root mean squared error in ten-fold cross-validation, of a disease measure with a standard deviation of 77.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

COLUMNS = ["kernel", "C", "epsilon", "gamma", "degree", "rmse", "seconds"]
MOST_STEPS = 20_000  # of the solver; linear kernels with a large C would take minutes


def rmse(config: dict[str, Any]) -> float:
    """Ten-fold cross-validated error of a configuration; a parameter that its kernel does not have is absent."""
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(StandardScaler(), SVR(**config, max_iter=MOST_STEPS))
    folds = KFold(10, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a run that is cut off has the score that it has
        scores = cross_val_score(model, X, y, cv=folds, scoring="neg_mean_squared_error")
    return float(np.sqrt(-scores.mean()))


def drawn(random: np.random.Generator) -> dict[str, Any]:
    """A configuration as somebody without advice might try it."""
    kernel = str(random.choice(["linear", "poly", "rbf"]))
    config: dict[str, Any] = {"kernel": kernel, "C": 10 ** random.uniform(-2, 4), "epsilon": 10 ** random.uniform(-2, 2)}
    if kernel != "linear":
        config["gamma"] = 10 ** random.uniform(-5, 1)
    if kernel == "poly":
        config["degree"] = int(random.integers(2, 5))
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--random", type=int, help="try so many random configurations instead of those of an answer on stdin")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.random is None:
        configs = [item["config"] for item in json.load(sys.stdin)["advice"]]
    else:
        random = np.random.default_rng(options.seed)
        configs = [drawn(random) for _ in range(options.random)]
    new = not options.log.exists()
    with options.log.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        for config in configs:
            started = time.perf_counter()
            score = rmse(config)
            writer.writerow({**config, "rmse": f"{score:.4f}", "seconds": f"{time.perf_counter() - started:.2f}"})
            file.flush()
            print(f"rmse {score:.2f}  {config}", file=sys.stderr)


if __name__ == "__main__":
    main()
