"""One method on one problem with one seed, and the runs that are kept as JSON.

All methods begin with the same points: the first of a scrambled Sobol sequence or, of a pool, random rows. What a rival asks for
in the box around the rows of a pool is evaluated at the nearest row not yet taken. A method may ask for a point of a grid again:
that costs it an evaluation. Seconds are CPU time of a suggestion; the first, which imports, is left out where they are averaged.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bnn_bo_ours import NEAREST, OURS, Ours, ours
from bnn_bo_problems import Outcomes, Problem
from bnn_bo_rivals import RIVALS, Evaluation, Make
from bnn_bo_spaces import Array, Config, Places, sobol

STARTS = 6


@dataclass(frozen=True)
class Run:
    """A trajectory: the first points first. `seconds` has an entry for each suggestion, `held` one for each interval of ours."""

    problem: str
    method: str
    seed: int
    evaluations: int  # that were asked for; a pool may have fewer rows
    configs: list[Config]
    outcomes: list[Outcomes]
    seconds: list[float]
    held: list[bool] = field(default_factory=list)  # whether an outcome was in the interval of 90 % told with the suggestion


def maker(method: str) -> Make:
    return ours(method) if method.removesuffix(NEAREST) in OURS else RIVALS[method]


class Rows:
    """The rows of a pool that are left."""

    def __init__(self, problem: Problem) -> None:
        self._pool = problem.pool or ()
        self._places = Places(problem.parameters)
        self._points: Array = self._places.of(self._pool)
        self._left = np.ones(len(self._pool), dtype=bool)
        self._number = {tuple(config.values()): i for i, config in enumerate(self._pool)}

    def __bool__(self) -> bool:
        return bool(self._left.any())

    def random(self, count: int, seed: int) -> list[Config]:
        return [self._pool[i] for i in np.random.default_rng(seed).permutation(len(self._pool))[:count]]

    def take(self, config: Config) -> Config:
        """The row itself where it is left, else the nearest that is."""
        number = self._number.get(tuple(config.values()))
        if number is None or not self._left[number]:
            distances = ((self._points - self._places.of([config])) ** 2).sum(axis=1)
            number = int(np.argmin(np.where(self._left, distances, np.inf)))
        self._left[number] = False
        return self._pool[number]


def run(problem: Problem, method: str, seed: int, evaluations: int) -> Run:
    rows = None if problem.pool is None else Rows(problem)
    first = sobol(problem.parameters, STARTS, seed) if rows is None else rows.random(STARTS, seed)
    done = [Evaluation(config, config, problem.evaluate(config)) for config in (first if rows is None else map(rows.take, first))]
    seconds: list[float] = []
    held: list[bool] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the rivals'
        solver = maker(method)(problem, done, seed)
        while len(done) < evaluations and (rows is None or rows):
            begun = time.process_time()
            asked = solver.ask()
            used = time.process_time() - begun
            config = asked if rows is None else rows.take(asked)
            told = Evaluation(asked, config, problem.evaluate(config))
            if isinstance(solver, Ours) and config == asked:
                held += [low <= told.outcomes[name] <= high for name, (low, high) in solver.intervals.items()]
            begun = time.process_time()
            solver.tell(told)
            seconds.append(used + time.process_time() - begun)
            done.append(told)
    configs, outcomes = [one.config for one in done], [one.outcomes for one in done]
    return Run(problem.name, method, seed, evaluations, configs, outcomes, seconds, held)


# --- kept


def path_of(cache: Path, problem: str, method: str, seed: int) -> Path:
    return cache / problem.replace("/", "--") / method / f"{seed}.json"


def kept(cache: Path | None, problem: str, method: str, seed: int, evaluations: int) -> Run | None:
    """A run of the cache that is long enough."""
    if cache is None or not (path := path_of(cache, problem, method, seed)).exists():
        return None
    its: dict[str, Any] = json.loads(path.read_text())
    return Run(**its) if its["evaluations"] >= evaluations else None


def keep(cache: Path, one: Run) -> None:
    path = path_of(cache, one.problem, one.method, one.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(one), allow_nan=False))
    unfinished.replace(path)


def seconds_of(runs: Sequence[Run]) -> float:
    """CPU seconds of a suggestion, the mean of all but each run's first."""
    each = [s for one in runs for s in one.seconds[1:]]
    return float(np.mean(each)) if each else float("nan")


def share_held(runs: Sequence[Run]) -> float:
    """The share of outcomes that were in their interval of 90 %, as every step had told it beforehand."""
    each = [one for its in runs for one in its.held]
    return float(np.mean(each)) if each else float("nan")
