"""How many iterations each policy takes, beside the best omega of every step and the best one that is fixed.

    python tests/benchmarks/sor.py [--seeds 3] [--quick] [--tables FOLDER] [--only PART] [--sequence NAME]

FOLDER holds table_*.csv (default: ../shared/data/sor). Four parts: the tables replayed (tables), the sequences, or one of them,
solved for real with seeds that are in no table (real), sequences where no policy can gain (no-gain), and how often the intervals
of `recommend` hold (intervals). The best of every step is kept in the temporary folder.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
SOR = ROOT / "examples" / "sor"
sys.path.insert(0, str(SOR))

import solving  # noqa: E402
from markdown import print_head, print_row  # noqa: E402
from sequences import Heat, NonlinearDiffusion, Problem  # noqa: E402

from fits.sor import Policy  # noqa: E402
from fits.sor.advising import expected_costs, restored  # noqa: E402
from fits.sor.learning import learn  # noqa: E402
from fits.sor.posterior import DRAWS, Posterior  # noqa: E402
from fits.sor.schema import Options  # noqa: E402

TABLES = ROOT.parent / "shared" / "data" / "sor"
METHODS = ("gp-ts", "tsallis-inf", "tsallis-inf-rv", "tsallis-inf-cb", "chebcb", "greedy", "uniform")
FIRST = 500
QUICK = 250  # solves
TAUGHT, ASKED = 600, 150  # solves of a table, for the intervals
PARTS = ("tables", "real", "no-gain", "intervals")


class Page(NamedTuple):
    """What solvers/sor.md says: T, instance-optimal, and mean iterations divided by it."""

    solves: int
    optimal: float
    whole: dict[str, float]
    first: float  # lattice GP-TS, first 500


def page(solves: int, optimal: float, fixed: float, one: float, tsallis: float, chebcb: float, gp: float, first: float) -> Page:
    whole = {"best fixed": fixed, "ω = 1": one, "tsallis-inf": tsallis, "chebcb": chebcb, "gp-ts": gp}
    return Page(solves, optimal, whole, first)


PAGE = {
    "paper_hv": page(5000, 54.93, 1.88, 11.1, 2.20, 1.22, 1.18, 1.34),
    "paper_lv": page(2000, 41.12, 1.43, 6.6, 1.81, 1.25, 1.13, 1.17),
    "heat25_sor": page(3000, 17.05, 1.50, 2.15, 1.62, 1.14, 1.03, 1.06),
    "heat25_ssorcg": page(5000, 4.84, 1.21, 1.36, 1.27, 1.03, 1.01, 1.02),
    "heat50_ssorcg": page(3000, 6.94, 1.23, 1.74, 1.34, 1.03, 1.02, 1.03),
    "fem_sor": page(1000, 10.61, 1.66, 1.80, 1.97, 1.54, 1.11, 1.16),
}
PUBLISHED = {  # the sequence behind a table whose best of each step is over 96 values of omega
    "paper_hv": ("paper_hv", 1),
    "paper_lv": ("paper_lv", 2),
}


# --- the best of every step


class Steady(Heat):
    """The heat equation with one coefficient throughout: nothing tells one system from the next."""

    @staticmethod
    def coefficient(t: float) -> float:
        return 1.0


EXTRA: dict[str, Callable[[int | None, int], Problem]] = {
    "fem-cg": lambda steps, seed: NonlinearDiffusion(steps or 1000, seed, method="ssor-cg"),
    "steady-cg": lambda steps, _seed: Steady(25, "ssor-cg", steps or 1000),
}


def make(name: str, steps: int | None, seed: int) -> Problem:
    return {**solving.PROBLEMS, **EXTRA}[name](steps, seed)


def reference(name: str, steps: int | None, seed: int) -> solving.Reference:
    """From the temporary folder, if the sequences and the solver are the same as then."""
    sources = [SOR / "sequences.py", SOR / "solving.py", Path(__file__), *sorted((ROOT / "fits" / "sor" / "relax").glob("*.py"))]
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"advisor-benchmark-sor-{version}"
    file = folder / f"{name}-{steps}-{seed}.npz"
    if not file.exists():
        found = solving.reference(make(name, steps, seed))
        folder.mkdir(exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}.npz")  # the other process may look for the same
        np.savez(unfinished, optimal=found.optimal, omegas=found.omegas, costs=found.costs)
        unfinished.replace(file)
    with np.load(file) as kept:
        return solving.Reference(kept["optimal"], kept["omegas"], kept["costs"])


# --- (i) the tables replayed


class Table(NamedTuple):
    contexts: list[dict[str, float]]
    omegas: list[float]
    costs: NDArray[np.int64]


def read(path: Path, solves: int) -> Table:
    with path.open(newline="") as file:
        rows = list(islice(csv.DictReader(file), solves))
    columns = [name for name in rows[0] if name.startswith("it_w")]
    contexts = [{name: float(row[name]) for name in row if name not in ("t", *columns)} for row in rows]
    return Table(contexts, [float(name[4:]) for name in columns], np.array([[int(row[name]) for name in columns] for row in rows]))


def replay(path: Path, solves: int, method: str, seed: int) -> NDArray[np.int64]:
    """Iterations of each solve. Where one is given up, `fallback` starts afresh: a real solve would go on from the iterate."""
    table = read(path, solves)
    names = list(table.contexts[0])[: 1 if method in solving.ONE_CONTEXT else None]
    interval = solving.INTERVALS[names[0]] if method in solving.ONE_CONTEXT else None
    policy = Policy(method, contexts=names, arms=table.omegas, seed=seed, interval=interval)  # type: ignore[arg-type]
    place = {omega: column for column, omega in enumerate(table.omegas)}
    paid = []
    for context, costs in zip(table.contexts, table.costs.tolist(), strict=True):
        id_, omega = policy.ask({name: context[name] for name in names})
        limit, cost = policy.limit, costs[place[omega]]
        if limit is None or cost <= limit:
            policy.tell(id_, cost)
            paid.append(cost)
        else:
            spent = max(1, int(limit))
            fallback = min(table.omegas, key=lambda arm: abs(arm - policy.fallback))
            policy.tell(id_, spent, converged=False)
            paid.append(spent + costs[place[fallback]])
    return np.array(paid)


def replay_all(pool: ProcessPoolExecutor, folder: Path, seeds: int, quick: bool) -> None:
    print("\n## Tables replayed\n")
    print("Mean iterations ÷ instance-optimal, mean of the seeds (worst seed). The arms are the table's 20 ω.")
    for name, known in PAGE.items():
        path = folder / f"table_{name}.csv"
        solves = QUICK if quick else known.solves
        jobs = {m: [pool.submit(replay, path, solves, m, seed) for seed in range(seeds)] for m in METHODS}
        of_96 = pool.submit(reference, PUBLISHED[name][0], solves, PUBLISHED[name][1]) if name in PUBLISHED else None
        table = read(path, solves)
        fixed = int(table.costs.sum(axis=0).argmin())
        runs = {method: [job.result() for job in found] for method, found in jobs.items()}
        runs[f"best fixed, {table.omegas[fixed]:.2f}"] = [table.costs[:, fixed]]
        runs["ω = 1"] = [table.costs[:, table.omegas.index(1.0)]]
        optimal = {"20": table.costs.min(axis=1)}
        if of_96 is not None:
            optimal = {"96": of_96.result().optimal, **optimal}
        means = ", ".join(f"{best.mean():.2f} over {number} ω" for number, best in optimal.items())
        print(f"\n### {name}, {solves} solves\n\nInstance-optimal: {means}; the page: {known.optimal}.\n")
        head = [f"whole, ÷ {number}" for number in optimal] + [f"first {FIRST}, ÷ {number}" for number in optimal]
        print_head("policy", *head, "÷ best fixed", "page, whole", "page, first")
        for method, found in runs.items():
            cells = [ratio(found, best, part) for part in (None, FIRST) for best in optimal.values()]
            known_whole = known.whole.get(method.partition(",")[0])
            print_row(
                method,
                *cells,
                ratio(found, table.costs[:, fixed]),
                "" if known_whole is None else f"{known_whole:g}",
                f"{known.first:g}" if method == "gp-ts" else "",
            )


# --- (ii) solved for real


class Real(NamedTuple):
    """One sequence by one seed."""

    reference: solving.Reference
    runs: dict[str, NDArray[np.int64]]


def solve(name: str, steps: int | None, problem_seed: int, seed: int, methods: tuple[str, ...]) -> Real:
    found = reference(name, steps, problem_seed)
    runs = {}
    for method in methods:
        problem = make(name, steps, problem_seed)
        driver = solving.ByPolicy(solving.policy_for(method, problem, seed))  # type: ignore[arg-type]
        runs[method] = solving.run(problem, driver).iterations
    if name in solving.YOUNG_HOLDS:
        runs["Young, exact β"] = solving.run(make(name, steps, problem_seed), solving.by_young(1e-10)).iterations
    runs["best fixed"] = found.costs[:, found.best_fixed]
    runs["ω = 1"] = found.costs[:, int(np.flatnonzero(found.omegas == 1.0)[0])]
    return Real(found, runs)


def solve_all(pool: ProcessPoolExecutor, seeds: int, quick: bool, names: Sequence[str]) -> None:
    print("\n## Solved for real, ω continuous\n\nIterations ÷ the best of 96 ω in each step, mean of the seeds (worst seed).")
    print("New seeds 101, 102, … of the paper's sequences and of fem; heat is not random: there only the policy's seed varies.\n")
    steps = QUICK if quick else None
    jobs = {
        name: [
            pool.submit(solve, name, steps, 0 if name.startswith("heat") else 101 + seed, seed, ("gp-ts",))
            for seed in range(1 if name.startswith("heat") else seeds)
        ]
        for name in names
    }
    more = {  # after the first, whose best of every step is kept
        name: [pool.submit(solve, name, steps, 0, seed, ("gp-ts",)) for seed in range(1, seeds) if jobs[name][0].result()]
        for name in names
        if name.startswith("heat")
    }
    print_head("sequence", "solves", "best of 96", "gp-ts", f"gp-ts, first {FIRST}", "best fixed", "ω = 1", "Young, exact β")
    for name, found in jobs.items():
        real = [job.result() for job in [*found, *more.get(name, [])]]
        optimal = [one.reference.optimal for one in real]
        mean = float(np.mean([one.mean() for one in optimal]))
        columns = [("gp-ts", None), ("gp-ts", FIRST), ("best fixed", None), ("ω = 1", None), ("Young, exact β", None)]
        cells = [
            ratio([one.runs[method] for one in real], optimal, first) if method in real[0].runs else "" for method, first in columns
        ]
        print_row(name, str(len(optimal[0])), f"{mean:.2f}", *cells)


# --- (iii) nothing to gain


def indifferent(method: str, seed: int, solves: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Costs that depend on omega alone, 10 % of noise, two contexts that tell nothing: those paid, and those at the optimum."""
    rng = np.random.default_rng(1000 + seed)
    contexts, noise = rng.standard_normal((solves, 2)), np.exp(0.1 * rng.standard_normal(solves))
    names = ("a",) if method in solving.ONE_CONTEXT else ("a", "b")
    policy = Policy(method, contexts=names, seed=seed)  # type: ignore[arg-type]
    paid = np.empty(solves)
    for number in range(solves):
        id_, omega = policy.ask(dict(zip(names, contexts[number].tolist(), strict=False)))
        cost = float(40.0 * (1.0 + 4.0 * (omega - 1.4) ** 2) * noise[number])
        limit = policy.limit
        if limit is None or cost <= limit:
            policy.tell(id_, cost)
        else:
            policy.tell(id_, limit, converged=False)
            cost = limit + float(40.0 * (1.0 + 4.0 * (policy.fallback - 1.4) ** 2) * noise[number])
        paid[number] = cost
    return paid, 40.0 * noise


def no_gain(pool: ProcessPoolExecutor, seeds: int, quick: bool) -> None:
    methods = ("gp-ts", "tsallis-inf", "chebcb")
    steps = QUICK if quick else 1000
    print("\n## Nothing to gain\n\nCost ÷ that of the best fixed ω, mean of the seeds (worst seed).\n")
    made = {method: [pool.submit(indifferent, method, seed, steps) for seed in range(seeds)] for method in methods}
    real = {
        name: [pool.submit(solve, name, steps, 201 + seed if name == "fem-cg" else 0, seed, methods) for seed in range(seeds)]
        for name in EXTRA
    }
    print_head("sequence", "solves", "best of 96 ÷ best fixed", *methods, "ω = 1")
    pairs = {method: [job.result() for job in found] for method, found in made.items()}
    cells = [ratio([paid for paid, _ in found], [best for _, best in found]) for found in pairs.values()]
    print_row("costs of ω alone", str(steps), "1.000", *cells, "")
    for name, found in real.items():
        runs = [job.result() for job in found]
        fixed = [one.runs["best fixed"] for one in runs]
        columns = [[one.reference.optimal for one in runs], *([one.runs[m] for one in runs] for m in (*methods, "ω = 1"))]
        print_row(name, str(steps), *(ratio(column, fixed) for column in columns))


# --- Markdown


Costs = NDArray[np.int64] | NDArray[np.float64]


def ratio(runs: Sequence[Costs], best: Costs | Sequence[Costs], first: int | None = None) -> str:
    """Mean over the runs, and the worst where there are several."""
    bests = [best] * len(runs) if isinstance(best, np.ndarray) else best
    ratios = [float(run[:first].sum() / one[:first].sum()) for run, one in zip(runs, bests, strict=True)]
    return f"{np.mean(ratios):.3f}" + (f" ({max(ratios):.3f})" if len(set(ratios)) > 1 else "")


# --- (iv) the intervals of recommend


def covered(path: Path, seed: int) -> list[tuple[float, float, float]]:
    """Taught random solves of a table, asked at the best omega of others: share of costs within the 90 % interval of the model
    alone, within that of `recommend`, and the latter's width in units of the cost.
    """
    table, rng = read(path, 10_000), np.random.default_rng(seed)
    arms = np.array(table.omegas)
    order = rng.permutation(len(table.costs))
    taught, asked = np.sort(order[: min(TAUGHT, len(order) // 2)]), order[-ASKED:]
    arm = rng.integers(len(arms), size=len(taught))
    named = {f"contexts.{name}": [table.contexts[i][name] for i in taught.tolist()] for name in table.contexts[0]}
    made = learn(pd.DataFrame({"omega": arms[arm], "cost": table.costs[taught, arm].astype(float), **named}), Options())
    model = restored(made)
    posterior = Posterior(model, made.seed)
    noise = np.exp(posterior.noise * rng.standard_normal(DRAWS) - 0.5 * posterior.noise**2)
    found = []
    for i in asked.tolist():
        context = tuple(table.contexts[i].values())
        best = int(model.predict([context], arms)[0].argmin())
        alone = np.quantile(posterior.costs([context], arms[best : best + 1]).ravel() * noise, (0.05, 0.95))
        told = expected_costs(model, posterior, context, (arms[best], arms[best]))["cost"]
        cost = float(table.costs[i, best])
        found.append((float(alone[0] <= cost <= alone[1]), float(told.low <= cost <= told.high), (told.high - told.low) / cost))
    return found


def intervals(pool: ProcessPoolExecutor, folder: Path, seeds: int) -> None:
    print("\n## Intervals of recommend\n")
    print(f"{TAUGHT} random solves, then {ASKED} other systems at the omega that is best by the model.\n")
    jobs = {path: [pool.submit(covered, path, seed) for seed in range(seeds)] for path in sorted(folder.glob("table_*.csv"))}
    print_head("table", "covered, model alone", "covered", "median width ÷ cost")
    for path, found in jobs.items():
        alone, told, width = np.array([row for job in found for row in job.result()]).T
        print_row(path.stem.removeprefix("table_"), f"{alone.mean():.3f}", f"{told.mean():.3f}", f"{np.median(width):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help=f"one seed, {QUICK} solves a sequence")
    parser.add_argument("--tables", type=Path, default=TABLES, metavar="FOLDER")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--sequence", choices=tuple(solving.PROBLEMS), help="of those solved for real")
    given = parser.parse_args()
    seeds = 1 if given.quick else given.seeds
    parts = (given.only,) if given.only else PARTS
    with ProcessPoolExecutor(2) as pool:
        if not given.tables.is_dir():
            print(f"no tables in {given.tables}: not replayed")
        elif "tables" in parts:
            replay_all(pool, given.tables, seeds, given.quick)
        if "real" in parts:
            solve_all(pool, seeds, given.quick, (given.sequence,) if given.sequence else tuple(solving.PROBLEMS))
        if "no-gain" in parts:
            no_gain(pool, seeds, given.quick)
        if "intervals" in parts and given.tables.is_dir():
            intervals(pool, given.tables, seeds)


if __name__ == "__main__":
    main()
