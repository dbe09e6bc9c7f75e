"""How well the rest of a learning curve is foretold from its beginning, and what is decided by it.

    python tests/benchmarks/learning_curve.py [--quick] [--data FOLDER]

FOLDER is ../shared/data/learning-curve. Three parts: error rates of LCDB 1.1, accuracies of two POS taggers, and losses of language
models whose learning rate is known. Of LCDB, `meta` answers for each data set with networks and offsets that saw none of its
curves: the model is trained four times, which takes some minutes. The families need no training, but the mixture's choices and
intervals, the constants of `quantiles`, and the priors of the loss law were set on these same files. --quick takes every sixth data
set and trains on as few: it shows that everything runs, and little else.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed  # type: ignore[import-untyped]
from learning_curve_cases import POINT, SHARES, Case, cases
from learning_curve_methods import Answer, answers, by_trace
from learning_curve_scores import Asked, covered, errors, pairs_right, regrets, stop_or_continue, targets, width
from markdown import print_head, print_row

from fits.learning_curve.families import combine
from fits.learning_curve.lr_aware import Run, fit_lr_aware, predict
from fits.learning_curve.meta import forecast
from fits.learning_curve.meta.curves import PROCESSES, examples, read
from fits.learning_curve.meta.training import fold_models
from fits.learning_curve.trace import trace

DATA = Path(__file__).parents[3] / "shared" / "data" / "learning-curve"
QUICK, SAMPLE = 6, 12  # every so many data sets: of the quick form, and for a method that takes a second a curve

Results = dict[str, dict[float, Asked]]
"""By method and share of the curve seen."""


# --- error rates


def error_rates(path: Path, quick: bool) -> None:
    groups = read(path)
    names = sorted({group.data_set for group in groups})
    groups = [group for group in groups if group.data_set in set(names[:: QUICK if quick else 1])]
    models = {name: model for model, its in fold_models(examples(groups)) for name in its}
    asked = list(cases(groups))
    found = Parallel(PROCESSES)(delayed(answers)(case, models[case.data_set], POINT) for case in asked)
    results = by_method(asked, found)
    counts = [sum(len(case.truth) for case, _ in one) for one in results["meta"].values()]
    print("\n## Error rates\n")
    print(f"LCDB 1.1, {len({case.data_set for case in asked})} data sets with at least 2,000 training points, ", end="")
    print(f"{' / '.join(map(str, counts))} curves seen up to 10 / 20 / 50 %. Truth: the mean over the last three anchors.")
    how_far_off(results)
    decisions(results)
    intervals(results)
    data_to_target(results)
    some = sorted({case.data_set for case in asked})[::SAMPLE]
    sample([(case, its) for case, its in zip(asked, found, strict=True) if case.data_set in some])


def sample(answered: Sequence[tuple[Case, dict[str, Answer]]]) -> None:
    """trace, which takes a second a curve, and what to hold against it."""
    asked = [case for case, _ in answered]
    traces = Parallel(PROCESSES)(delayed(by_trace)(case, POINT) for case in asked)
    kept = ("last value", "pow3", "mixture", "meta")
    found = [
        {name: its[name] for name in kept} | {"trace": its_trace} for (_, its), its_trace in zip(answered, traces, strict=True)
    ]
    results = by_method(asked, found)
    silent = [np.concatenate([a.silent for _, a in one if a.silent is not None]) for one in results["trace"].values()]
    print(f"\n### A sample: {len({case.data_set for case in asked})} of the data sets\n")
    print("`trace` has no prediction level in ", end="")
    print(" / ".join(f"{one.sum()} of {len(one)}" for one in silent), end=" curves; there the last value stands in.\n")
    how_far_off(results, page=False)
    decisions(results, page=False)
    intervals(results, page=False)
    data_to_target(results, page=False)


def by_method(asked: Sequence[Case], found: Sequence[dict[str, Answer]]) -> Results:
    pairs = list(zip(asked, found, strict=True))
    return {name: {s: [(c, a[name]) for c, a in pairs if c.share == s] for s in SHARES} for name in found[0]}


def how_far_off(results: Results, page: bool = True) -> None:
    print("\n### How far off\n")
    print_head("method", *over_shares("MAE"), *over_shares("median"))
    for name, by_share in results.items():
        off = [errors(asked) for asked in by_share.values()]
        print_row(name, *(f"{one.mean():.4f}" for one in off), *(f"{np.median(one):.4f}" for one in off))
    if page:
        print_row("page: last value", ".0465", ".0298", ".0130", ".0164", ".0096", ".0035")
        print_row("page: median of five", ".0405", ".0276", ".0172", ".0101", ".0073", ".0047")
        print_row("page: a first meta model", ".0303", ".0194", ".0114", ".0070", ".0039", ".0016")
        print_row("goal", "≤ .028", "≤ .018", "≤ .0105", "", "", "")


def decisions(results: Results, page: bool = True) -> None:
    print("\n### What is decided\n")
    print(
        "Pairs of learners on the same data set, more than .02 apart, ordered right. Regret: by how much the learner picked ends "
    )
    print(
        "above the best, and in brackets the mean difference to a pick by the last value with its standard error. Whether a point"
    )
    print("is still to gain: balanced accuracy.\n")
    print_head("method", *over_shares("pairs"), *over_shares("regret"), *over_shares("stop"))
    for name, by_share in results.items():
        picked = [regret_beside(asked, results["last value"][share]) for share, asked in by_share.items()]
        print_row(name, *each(by_share, pairs_right, ".3f"), *picked, *each(by_share, stop_or_continue, ".3f"))
    if page:
        print_row("page: last value", ".911", ".946", ".983", *[""] * 6)
        print_row("page: families", *["below"] * 3, *[""] * 3, *["≤ .70"] * 3)
        print_row("page: a first meta model", ".925", ".954", ".977", *[""] * 3, ".79", ".82", ".78")
        print_row("goal", "≥ .93", "≥ .955", "≥ .983", *["≤ last value"] * 3, "≥ .82", "≥ .84", "≥ .80")


def regret_beside(asked: Asked, by_last: Asked) -> str:
    its, beside = regrets(asked), regrets(by_last)
    more = its - beside
    return f"{its.mean():.4f} ({more.mean():+.4f} ± {more.std() / np.sqrt(len(more)):.4f})" if more.any() else f"{its.mean():.4f}"


def intervals(results: Results, page: bool = True) -> None:
    print("\n### Intervals of 90 %\n")
    print_head("method", *over_shares("covered"), *over_shares("median width"))
    for name, by_share in results.items():
        if by_share[SHARES[0]][0][1].interval is not None:
            print_row(name, *each(by_share, covered, ".3f"), *each(by_share, width, ".4f"))
    if page:
        print_row("page: a first meta model", ".86", ".93", ".96", "", "", "")
        print_row("goal", *[".88–.92"] * 3, "≤ .055", "≤ .040", "≤ .022")


def data_to_target(results: Results, page: bool = True) -> None:
    shares = SHARES[:2]  # beyond half of a curve nothing lies four times ahead
    counts = [sum(int((~np.isnan(case.arrival)).sum()) for case, _ in results["meta"][share]) for share in shares]
    print("\n### How much x a target needs\n")
    print(f"Targets ({' / '.join(map(str, counts))}) that the curve gets to four times ahead, a point or more below all it showed.")
    print("All of them are reached. An answer that ignores the target and always says four times would be right in all.\n")
    print_head("method", *over_shares("within a factor 2", 2), *over_shares("no answer", 2), *over_shares("false never", 2))
    for name, by_share in results.items():
        found = [targets(by_share[share]) for share in shares]
        print_row(name, *(f"{one[k]:.0%}" for k in range(3) for one in found))
    if page:
        print_row("page: a log-log line", "49 %", "49 %", *[""] * 4)
        print_row("page: families", "15–27 %", "15–27 %", "", "", "≤ 68 %", "≤ 68 %")
        print_row("goal", "≥ 65 %", "≥ 65 %", "", "", "≤ 5 %", "≤ 5 %")


def over_shares(name: str, count: int = len(SHARES)) -> list[str]:
    return [f"{name} {share:.0%}" for share in SHARES[:count]]


def each(by_share: dict[float, Asked], score: Callable[[Asked], float], form: str) -> list[str]:
    return [format(score(asked), form) for asked in by_share.values()]


# --- POS taggers


def taggers(path: Path) -> None:
    print("\n## POS taggers\n\nMean absolute error in per cent of the accuracy at all later sizes.\n")
    print_head("tagger, share seen", "last value", "mixture", "meta", "trace")
    for tagger, rows in pd.read_csv(path).groupby("tagger"):
        x, accuracy = rows["tokens"].to_numpy(dtype=np.float64), rows["accuracy"].to_numpy(dtype=np.float64)
        for share in (0.1, 0.2, 0.3, 0.5):
            n = int((x <= share * x[-1]).sum())
            ahead, truth = x[n:], accuracy[n:]
            trend = trace(x[:n], 100.0 * accuracy[:n]).trend
            mixture = 1.0 - combine(x[:n], 1.0 - accuracy[:n], 0.0, 1.0).predict(ahead)[0]
            meta = 1.0 - forecast(x[:n], 1.0 - accuracy[:n], ahead).median[0]
            by_trend = None if trend is None else trend.at(ahead) / 100.0
            forecasts = [np.full(len(ahead), accuracy[n - 1]), mixture, meta, by_trend]
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
    parser.add_argument("--quick", action="store_true", help="every sixth data set of LCDB")
    options = parser.parse_args()
    data = options.data
    error_rates(data / "lcdb11_error_dev.csv.gz", options.quick)
    taggers(data / "pos_ewt_curves.csv")
    losses(data / "multipowerlaw")


if __name__ == "__main__":
    main()
