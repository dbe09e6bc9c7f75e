"""What following the advice costs on the released Step-Law tables, method by method.

    python tests/benchmarks/step_law.py [FOLDER]

FOLDER holds dense_lr_bs_loss.csv and moe_lr_bs_loss.csv (default: ../shared/data/step-law). A gap is the loss above the
held-out cell's own minimum, in per cent.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import pandas as pd

from fits.solver import Backtest
from fits.step_law.schema import BacktestOptions, Options
from fits.step_law.solver import backtest, fit

DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "step-law"


def load(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    log = {"params": raw["N"], "tokens": raw["D"], "lr": raw["lr"], "batch_sequences": raw["bs"], "loss": raw["smooth loss"]}
    return pd.DataFrame(log).astype(float)


def show(title: str, report: Backtest, *, by_draw: bool = False) -> None:
    print(f"\n{title}")
    for score in report.summary:
        mean, worst = score.mean, score.worst
        if by_draw:
            draws: dict[str, list[float]] = {}
            for fold in report.folds:
                value = fold.scores.get(score.method)
                if value is not None:
                    draws.setdefault(fold.held_out.partition("(")[2], []).append(value)
            worst = max(statistics.fmean(values) for values in draws.values())
        print(f"  {score.method:10s} {mean:6.3f} / {worst:.3f}")
    print("  coverage of the 90 % intervals: " + ", ".join(f"{k} {v:.0%}" for k, v in report.coverage.items()))


def main(folder: Path) -> None:
    dense, moe = load(folder / "dense_lr_bs_loss.csv"), load(folder / "moe_lr_bs_loss.csv")
    seconds = []
    for _ in range(5):
        start = time.process_time()
        fit(dense, Options(seq_len=2048))
        seconds.append(time.process_time() - start)
    print(f"fit of {len(dense)} runs: {statistics.median(seconds):.2f} CPU-s (median of 5)")
    show("dense, leave one cell out (mean / worst cell)", backtest(dense, BacktestOptions(seq_len=2048)))
    show(
        "dense, leave one N out (mean / worst cell)",
        backtest(dense, BacktestOptions(seq_len=2048, protocol="leave-one-params-out")),
    )
    small = BacktestOptions(seq_len=2048, protocol="split", split_compute=3e19)
    show("dense, trained on 6ND <= 3e19 (mean / worst cell)", backtest(dense, small))
    few = BacktestOptions(seq_len=2048, protocol="split", split_params=3e8, runs_per_cell=8, draws=20)
    show(
        "dense, 8 random runs a cell of N <= 2.7e8, tested on 4.3e8, 20 draws (mean / worst draw)",
        backtest(dense, few),
        by_draw=True,
    )
    show("MoE, leave one cell out (mean / worst cell)", backtest(moe, BacktestOptions(seq_len=2048)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
