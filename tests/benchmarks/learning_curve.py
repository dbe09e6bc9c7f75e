"""How well the rest of a learning curve is foretold from its beginning.

    python tests/benchmarks/learning_curve.py [--data FOLDER]

FOLDER is ../shared/data/learning-curve. Three parts: error rates of LCDB 1.1, accuracies of two POS taggers, and losses of language
models whose learning rate is known. The families need no training, but the mixture's choices and intervals, and the priors of the
loss law, were set on these same files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from markdown import print_head, print_row
from numpy.typing import NDArray

from fits.learning_curve.families import FAMILIES, combine, fit_many
from fits.learning_curve.lr_aware import Run, fit_lr_aware, predict
from fits.learning_curve.trace import trace

DATA = Path(__file__).parents[3] / "shared" / "data" / "learning-curve"
SHARES = (0.1, 0.2, 0.5)
LEAST_X, LEAST_POINTS, SHORTEST, TAIL = 2000.0, 12, 4, 5
FIVE = ("pow3", "pow4", "mmf4", "wbl4", "expp3")

Array = NDArray[np.float64]


# --- error rates


def groups(path: Path) -> Iterator[tuple[Array, Array]]:
    """Curves with the same x: x (n,) and y (S, n), of the data sets with enough training points."""
    table = pd.read_csv(path).sort_values(["openmlid", "learner", "anchor"])
    found: dict[tuple[object, ...], list[Array]] = {}
    for (data_set, _), rows in table.groupby(["openmlid", "learner"]):
        x = rows["anchor"].to_numpy(dtype=np.float64)
        if x[-1] >= LEAST_X and len(x) >= LEAST_POINTS:
            found.setdefault((data_set, *x), []).append(rows["val_mean"].to_numpy(dtype=np.float64))
    for (_, *x), ys in found.items():
        yield np.array(x), np.stack(ys)


def error_rates(path: Path) -> None:
    print("\n## Error rates\n")
    print(f"The mean over the last {TAIL} anchors from the anchors up to 10, 20 and 50 % of the largest: MAE and median error.\n")
    errors: dict[str, dict[float, list[Array]]] = {}
    inside: dict[float, list[Array]] = {share: [] for share in SHARES}
    width: dict[float, list[Array]] = {share: [] for share in SHARES}
    for x, ys in groups(path):
        truth = ys[:, -TAIL:].mean(axis=1)
        for share in SHARES:
            n = int((x <= share * x[-1]).sum())
            if n < SHORTEST:
                continue
            at = x[-TAIL:]
            each = {name: fit.predict(at).mean(axis=1) for name, fit in fit_many(x[:n], ys[:, :n], None, 0.0, 1.0).items()}
            mixture = combine(x[:n], ys[:, :n], 0.0, 1.0)
            each["median of five"] = np.median([each[name] for name in FIVE], axis=0)
            each["mixture"] = mixture.predict(at).mean(axis=1)
            for name, forecast in each.items():
                errors.setdefault(name, {}).setdefault(share, []).append(np.abs(forecast - truth))
            low, high = np.moveaxis(mixture.quantiles(at, (0.05, 0.95)).mean(axis=1), -1, 0)
            inside[share].append((low <= truth) & (truth <= high))
            width[share].append(high - low)
    print_head("method", *(f"MAE {share:.0%}" for share in SHARES), *(f"median {share:.0%}" for share in SHARES))
    for name in (*FAMILIES, "median of five", "mixture"):
        all_ = [np.concatenate(errors[name][share]) for share in SHARES]
        print_row(name, *(f"{one.mean():.4f}" for one in all_), *(f"{np.median(one):.4f}" for one in all_))
    counted = ", ".join(str(len(np.concatenate(inside[share]))) for share in SHARES)
    print(f"\n{counted} curves. 90 % intervals of the mixture: covered ", end="")
    print(" / ".join(f"{np.concatenate(inside[share]).mean():.3f}" for share in SHARES), end=", median width ")
    print(" / ".join(f"{np.median(np.concatenate(width[share])):.4f}" for share in SHARES))


# --- POS taggers


def taggers(path: Path) -> None:
    print("\n## POS taggers\n\nMean absolute error in per cent of the accuracy at all later sizes.\n")
    print_head("tagger, share seen", "last value", "mixture", "trace")
    for tagger, rows in pd.read_csv(path).groupby("tagger"):
        x, accuracy = rows["tokens"].to_numpy(dtype=np.float64), rows["accuracy"].to_numpy(dtype=np.float64)
        for share in (0.1, 0.2, 0.3, 0.5):
            n = int((x <= share * x[-1]).sum())
            ahead, truth = x[n:], accuracy[n:]
            trend = trace(x[:n], 100.0 * accuracy[:n]).trend
            mixture = 1.0 - combine(x[:n], 1.0 - accuracy[:n], 0.0, 1.0).predict(ahead)[0]
            forecasts = [np.full(len(ahead), accuracy[n - 1]), mixture, None if trend is None else trend.at(ahead) / 100.0]
            cells = ["no prediction level" if f is None else f"{100 * np.abs(f / truth - 1).mean():.2f}" for f in forecasts]
            print_row(f"{tagger}, {share:.0%}", *cells)


# --- losses


def losses(folder: Path) -> None:
    print("\n## Losses with a known learning rate\n")
    print("The last loss of a run: mean absolute error (worst), share of 90 % intervals that held it, their median width.\n")
    runs = {}
    for path in sorted(folder.glob("*.csv")):
        steps, rate, loss = np.loadtxt(path, delimiter=",", skiprows=1).T
        runs[path.stem] = Run(steps, loss, steps, rate)
    small, large = ([run for name, run in runs.items() if name.startswith(size)] for size in ("25_", "100_"))
    print_head("siblings → run", *(f"{share:.0%} seen" for share in SHARES))
    print_row("25M → 100M", *(ends([(run, small) for run in large], share) for share in SHARES))
    print_row("100M → 25M", *(ends([(run, large) for run in small], share) for share in SHARES))
    others = [(run, [runs[other] for other in runs if differs(name, other)]) for name, run in runs.items()]
    print_row("other schedules of its size", *(ends(others, share) for share in SHARES))
    print_row("none", *(ends([(run, []) for run in runs.values()], share) for share in SHARES))


def differs(name: str, other: str) -> bool:
    """Whether two runs have the same size and another kind of schedule, as their files are named."""
    (size, _, schedule), (other_size, _, other_schedule) = name.partition("_"), other.partition("_")
    return size == other_size and schedule.rstrip("0123456789_") != other_schedule.rstrip("0123456789_")


def ends(cases: Sequence[tuple[Run, Sequence[Run]]], share: float) -> str:
    found = []
    for run, siblings in cases:
        n = max(3, round(share * len(run.steps)))
        fit = fit_lr_aware(Run(run.steps[:n], run.loss[:n], run.plan_steps, run.plan_lr), siblings)
        mean, sd = predict(fit, run, run.steps[-1:])
        found.append((abs(float(mean[0] - run.loss[-1])), 1.645 * float(np.hypot(sd[0], fit.noise))))
    error, half = np.array(found).T
    return f"{error.mean():.4f} ({error.max():.4f}), {(error <= half).mean():.2f}, {2 * np.median(half):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER")
    data = parser.parse_args().data
    error_rates(data / "lcdb11_error_dev.csv.gz")
    taggers(data / "pos_ewt_curves.csv")
    losses(data / "multipowerlaw")


if __name__ == "__main__":
    main()
