"""How good the configurations are that bnn-bo proposes, beside random and Sobol points, Optuna, SMAC3, Ax and CMA-ES.

    python tests/benchmarks/bnn_bo.py [--problems NAME…] [--methods NAME…] [--seeds 20] [--evaluations 30] [--cache DIR] [--quick]

A problem is named, or a group of them (page, mixed, multi, high, hpo, olympus, chemistry, few: a dozen of the tables); the tables
are those of ../shared/data/bnn-bo. Methods: random, sobol, tpe, gpsampler, cmaes, smac, ax, which are in the extra "benchmark",
and ours: a surrogate or auto, with +nearest for pools (bnn_bo_ours). All begin with the same six points by seed. With --cache each
finished run is kept as JSON: what was interrupted goes on, what was run is not run again; --cached runs nothing and scores what is
there.

Regret is normalised: 0 is the best there is, 1 the median outcome (bnn_bo_scores). Of several objectives it is the share of the
hypervolume that is missing.
"""

from __future__ import annotations

import argparse
import datetime
import math
import shlex
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import bnn_bo_tables
import numpy as np
import torch
from bnn_bo_ours import NEAREST, OURS
from bnn_bo_problems import GROUPS, MADE, Problem, made
from bnn_bo_rivals import RIVALS, UnsuitedProblemError
from bnn_bo_runs import Run, keep, kept, run, seconds_of, share_held
from bnn_bo_scores import MARKS, best_of, compare, expected_best, regrets
from markdown import print_head, print_row
from threadpoolctl import threadpool_limits

FEW = (
    "olympus/agnp",
    "olympus/alkox",
    "olympus/buchwald_b",
    "olympus/colors_n9",
    "olympus/fullerenes",
    "olympus/liquid_water",
    "olympus/oer_plate_3851",
    "olympus/p3ht",
    "olympus/perovskites",
    "olympus/photo_wf3",
    "olympus/suzuki",
    "chemistry/baumgartner_aniline_cn_crosscoupling",
    "chemistry/suzuki",
)
QUICK = ("branin", "func2c", "branin-currin", "olympus/perovskites", "olympus/colors_n9")
QUICK_EVALUATIONS = 10
AGAINST = ("gpsampler", "tpe", "gp")
PAGE: dict[str, dict[str, float]] = {  # mean best after 30, and the goal
    "branin": {
        "random": 2.09,
        "sobol": 2.37,
        "tpe": 0.67,
        "gpsampler": 0.405,
        "cmaes": 4.27,
        "smac": 0.418,
        "gp-rbf": 0.4025,
        "gp": 0.4005,
        "goal": 0.402,
    },
    "hartmann6": {
        "random": -1.11,
        "sobol": -1.64,
        "tpe": -2.13,
        "gpsampler": -2.05,
        "cmaes": -1.65,
        "smac": -1.35,
        "gp-rbf": -3.06,
        "gp": -2.92,
        "goal": -3.1,
    },
    "ackley10": {
        "random": 14.2,
        "sobol": 14.5,
        "tpe": 12.7,
        "gpsampler": 11.4,
        "cmaes": 10.1,
        "smac": 14.1,
        "gp-rbf": 8.9,
        "gp": 10.2,
        "goal": 8.5,
    },
    "svr-diabetes": {
        "random": 55.30,
        "sobol": 55.62,
        "tpe": 54.76,
        "gpsampler": 54.64,
        "cmaes": 55.01,
        "smac": 55.41,
        "gp-rbf": 55.06,
        "gp": 54.51,
        "goal": 54.5,
    },
}

Runs = dict[str, dict[str, dict[int, Run]]]
"""By problem, method and seed."""


def problem(name: str) -> Problem:
    return made(name) if name in MADE else bnn_bo_tables.table(name)


def expanded(names: Sequence[str]) -> list[str]:
    """Names and groups of them as names, tables only where they are there."""
    tables = bnn_bo_tables.names()
    there = {name for group in tables.values() for name in group} | set(MADE)
    groups = GROUPS | tables | {"few": FEW}
    found = [one for name in names for one in groups.get(name, (name,))]
    for name in found:
        if "/" not in name and name not in MADE:
            raise SystemExit(f"no problem {name!r}: there are {', '.join([*groups, *MADE])} and the tables")
    return [name for name in dict.fromkeys(found) if name in there]


# --- run


@contextmanager
def one_thread() -> Iterator[None]:
    """CPU seconds then mean the same for all, and other processes are left their cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def run_all(names: Sequence[str], methods: Sequence[str], seeds: int, evaluations: int, cache: Path | None, cached: bool) -> Runs:
    runs: Runs = defaultdict(lambda: defaultdict(dict))
    given_up: set[tuple[str, str]] = set()
    for method in methods:
        for name in names:
            for seed in range(seeds):
                found = kept(cache, name, method, seed, evaluations)
                if found is None and not cached and (name, method) not in given_up and ("", method) not in given_up:
                    found = attempt(name, method, seed, evaluations, given_up)
                    if found is not None and cache is not None:
                        keep(cache, found)
                if found is not None:
                    runs[name][method][seed] = found
    return runs


def attempt(name: str, method: str, seed: int, evaluations: int, given_up: set[tuple[str, str]]) -> Run | None:
    """A run, or nothing where the method does not suit the problem or is not installed."""
    try:
        return run(problem(name), method, seed, evaluations)
    except UnsuitedProblemError:
        given_up.add((name, method))
    except ModuleNotFoundError as error:
        print(f"{method} is not run: {error}", file=sys.stderr)
        given_up.add(("", method))
    return None


# --- tell


def page(runs: Runs, methods: Sequence[str], evaluations: int) -> None:
    names = [name for name in GROUPS["page"] if name in runs]
    if not names:
        return
    print(f"\n## The page's problems\n\nMean best after {evaluations}, its standard error, the seeds; beside it the page's.\n")
    print_head("method", *(cell for name in names for cell in (name, "page")))
    for method in methods:
        cells = []
        for name in names:
            bests = [best_of(problem(name), one.outcomes, evaluations) for one in runs[name].get(method, {}).values()]
            error = np.std(bests, ddof=1) / len(bests) ** 0.5 if len(bests) > 1 else float("nan")
            cells += [
                f"{np.mean(bests):.4g} ± {error:.2g} ({len(bests)})" if bests else "",
                f"{PAGE[name].get(method, np.nan):.4g}".replace("nan", ""),
            ]
        print_row(method, *cells)
    print_row("goal", *(cell for name in names for cell in (f"≤ {PAGE[name]['goal']:.4g}", "")))


def summary(title: str, runs: Runs, methods: Sequence[str], marks: Sequence[int]) -> None:
    """Mean regret at each mark over the problems of a method, and paired ratios at the last mark over those of both."""
    if not runs:
        return
    scores = {method: regret_by_problem(runs, method, marks) for method in methods}
    against = [method for method in AGAINST if scores.get(method)]
    print(f"\n## {title}\n\nMean normalised regret over a method's problems. Ratio, difference: of mean regrets after {marks[-1]}")
    print("over the problems of both, with intervals of 95 % over problems. Worse: on what share of them; surely: by two standard")
    print("errors of the paired seeds' mean difference. Held: how many outcomes were in the interval of 90 % told before.\n")
    heads = [f"{what} {other}" for other in against for what in ("÷", "−", "worse than")]
    print_head("method", "problems", *(f"after {mark}" for mark in marks), *heads, "held", "CPU-s a suggestion")
    for method, its in scores.items():
        if not its:
            continue
        means = [float(np.mean([np.mean([row[k] for row in seeds.values()]) for seeds in its.values()])) for k in range(len(marks))]
        cells = [cell for other in against for cell in beside(at_last(its), at_last(scores[other]), method == other)]
        every = [one for name in its for one in runs[name][method].values()]
        last = percent(share_held(every)), f"{seconds_of(every):.3f}"
        print_row(method, str(len(its)), *(f"{mean:.4f}" for mean in means), *cells, *last)


def regret_by_problem(runs: Runs, method: str, marks: Sequence[int]) -> dict[str, dict[int, list[float]]]:
    found = {
        name: {seed: regrets(problem(name), one.outcomes, marks) for seed, one in its.get(method, {}).items()}
        for name, its in runs.items()
    }
    return {name: its for name, its in found.items() if its}


def at_last(scores: dict[str, dict[int, list[float]]]) -> dict[str, dict[int, float]]:
    return {name: {seed: row[-1] for seed, row in its.items()} for name, its in scores.items()}


def beside(ours: dict[str, dict[int, float]], theirs: dict[str, dict[int, float]], same: bool) -> tuple[str, str, str]:
    found = None if same else compare(ours, theirs)
    if found is None:
        return "", "", ""
    return (
        "{} [{}, {}] ({})".format(*map(ratio, (found.ratio, *found.ratio_within)), found.problems),
        "{:+.4f} [{:+.4f}, {:+.4f}]".format(found.difference, *found.difference_within),
        f"{found.worse:.0%}, surely {found.surely_worse:.0%}",
    )


def ratio(value: float) -> str:
    """Beside a regret of almost nothing it says nothing."""
    return f"{value:.2f}" if value < 100.0 else "> 99"


def percent(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0%}"


def each(runs: Runs, methods: Sequence[str], mark: int) -> None:
    print(f"\n## Each problem\n\nMean normalised regret after {mark} (seeds). Exact: the expectation of draws, none twice.\n")
    shown = [method for method in methods if any(method in its for its in runs.values())]
    print_head("problem", "random draws, exact", *shown)
    for name, its in runs.items():
        cells = []
        for method in shown:
            found = [regrets(problem(name), one.outcomes, (mark,))[0] for one in its.get(method, {}).values()]
            cells.append(f"{np.mean(found):.4f} ({len(found)})" if found else "")
        print_row(name, exact(problem(name), mark), *cells)


def exact(its: Problem, mark: int) -> str:
    if its.values is None or its.several:
        return ""
    ((name, direction),) = its.directions.items()
    value = expected_best(its.values[:, 0], mark, maximize=direction == "maximize")
    return f"{regrets(its, [{name: value}], (1,))[0]:.4f}"


def main() -> None:
    methods = (*RIVALS, *OURS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--problems", nargs="+", default=["page", "mixed", "multi", "high", "hpo", "olympus", "chemistry"], metavar="NAME"
    )
    parser.add_argument(
        "--methods", nargs="+", default=list(methods), choices=[*methods, *(name + NEAREST for name in OURS)], metavar="NAME"
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=30, help="with the six first points")
    parser.add_argument("--cache", type=Path, metavar="DIR")
    parser.add_argument("--cached", action="store_true", help="run nothing, score what the cache has")
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} problems, one seed, {QUICK_EVALUATIONS} evaluations")
    given = parser.parse_args()
    names = expanded(QUICK if given.quick else given.problems)
    seeds, evaluations = (1, QUICK_EVALUATIONS) if given.quick else (given.seeds, given.evaluations)
    with one_thread():
        runs = run_all(names, given.methods, seeds, evaluations, given.cache, given.cached)
    marks = [mark for mark in MARKS if mark < evaluations] + [evaluations]
    print(f"# bnn-bo\n\n{datetime.date.today()}, `python {shlex.join(sys.argv)}`")
    page(runs, given.methods, evaluations)
    for title, names_of in sections(runs).items():
        summary(title, {name: runs[name] for name in names_of}, given.methods, marks)
    each(runs, given.methods, evaluations)


def sections(runs: Runs) -> dict[str, list[str]]:
    """Titles and problems: all with one objective, by group, and those with several."""
    one = [name for name in runs if not problem(name).several]
    found = {
        f"One objective: {len(one)} problems": one,
        f"One objective, tables: {sum(problem(n).table for n in one)}": [n for n in one if problem(n).table],
    }
    for group in dict.fromkeys(problem(name).group for name in one):
        found[f"One objective: {group}"] = [name for name in one if problem(name).group == group]
    several = [name for name in runs if problem(name).several]
    return found | {f"Several objectives: {len(several)} problems": several}


if __name__ == "__main__":
    main()
