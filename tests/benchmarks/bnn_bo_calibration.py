"""How far the forecasts of bnn-bo can be trusted: random trials, each foretold from those before it, as `advisor backtest` does.

    python tests/benchmarks/bnn_bo_calibration.py [--problems NAME…] [--surrogates NAME…] [--rows 40] [--most 10] [--seeds 1]

Problems are those of bnn_bo.py, with one objective. Held: how many outcomes were in their interval of 90 %, with an interval of
95 % over problems. Gain: in log density of the outcome, in nats a trial, over a normal distribution with the mean and deviation of
the trials before; −gp: beside `gp` on the same trials.
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import sys
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from bnn_bo import expanded, one_thread, problem
from bnn_bo_ours import OURS, space_of
from bnn_bo_problems import Problem
from bnn_bo_scores import middle, redrawn
from bnn_bo_spaces import Array, sobol
from markdown import print_head, print_row

from fits.bnn_bo.schema import BacktestOptions
from fits.bnn_bo.solver import backtest
from fits.solver import Backtest

YARDSTICK = "mean"


def log_of(its: Problem, rows: int, seed: int) -> pd.DataFrame:
    """Random configurations and what they gave, as the reader of logs hands them on: rows of a pool, else points that fill it."""
    rng = np.random.default_rng(seed)
    configs = (
        sobol(its.parameters, rows, seed) if its.pool is None else [its.pool[i] for i in rng.permutation(len(its.pool))[:rows]]
    )
    measured = [its.evaluate(config) for config in configs]
    table = pd.DataFrame(configs).add_prefix("parameters.").join(pd.DataFrame(measured).add_prefix("outcomes."))
    return table.astype(str).astype(object).set_axis(pd.RangeIndex(2, 2 + len(configs), name="line"))


def foretold(its: Problem, surrogates: Sequence[str], rows: int, most: int, seed: int) -> Backtest:
    options = BacktestOptions.model_validate({"space": space_of(its), "surrogates": list(surrogates), "most": most, "seed": seed})
    return backtest(log_of(its, rows, seed), options)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--problems", nargs="+", default=["page", "hpo", "olympus", "chemistry"], metavar="NAME")
    parser.add_argument("--surrogates", nargs="+", default=list(OURS), choices=OURS, metavar="NAME")
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--most", type=int, default=10, help="trials that are foretold of each log")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    held: dict[str, list[float]] = defaultdict(list)  # by surrogate, of each problem
    gain: dict[str, list[float]] = defaultdict(list)
    names = [name for name in expanded(given.problems) if not problem(name).several]
    with one_thread():
        for name in names:
            found = [foretold(problem(name), given.surrogates, given.rows, given.most, seed) for seed in range(given.seeds)]
            folds = [fold for its in found for fold in its.folds]
            for surrogate in given.surrogates:
                hits = [hit for fold in folds for key, hit in fold.covered.items() if key.startswith(f"{surrogate}: ")]
                held[surrogate].append(float(np.mean(hits)))
                gains = [_score(fold.scores[YARDSTICK]) - _score(fold.scores[surrogate]) for fold in folds]
                gain[surrogate].append(float(np.mean(gains)))
    print(f"# Forecasts of bnn-bo\n\n{datetime.date.today()}, `python {shlex.join(sys.argv)}`: {len(names)} problems\n")
    print_head("surrogate", "held", "gain", "−gp")
    for surrogate in given.surrogates:
        beside = np.subtract(gain[surrogate], gain["gp"]) if "gp" in gain and surrogate != "gp" else None
        print_row(
            surrogate,
            "{:.1%} [{:.1%}, {:.1%}]".format(*_spread(held[surrogate])),
            "{:+.3f} [{:+.3f}, {:+.3f}]".format(*_spread(gain[surrogate])),
            "" if beside is None else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*_spread(beside)),
        )


def _score(value: float | None) -> float:
    assert value is not None
    return value


def _spread(values: Sequence[float] | Array) -> tuple[float, float, float]:
    """The mean, and an interval of 95 % for it over problems."""
    each = np.asarray(values, dtype=float)
    return float(each.mean()), *middle(redrawn(each[:, None])[:, 0])


if __name__ == "__main__":
    main()
