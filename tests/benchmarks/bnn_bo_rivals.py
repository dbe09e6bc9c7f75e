"""The rivals: random and Sobol points, Optuna's TPE, GPSampler and CMA-ES, SMAC3 and Ax, each given the same first points.

They are used as their documentation shows, with their defaults, except that the model takes over right after the points given
(they would begin with 5–10 of their own). Listed numbers are given to them as integers 0, 1, 2 …, which says as much as equal
distances; a category stays one. Where an evaluation takes place elsewhere than asked, at the nearest row of a pool, TPE, GPSampler
and Ax are told where; CMA-ES and SMAC can only be told the value. CMA-ES begins at the best of the points given; categories it
draws at random, and it is run with one objective, as SMAC is. SMAC trains its forest after every eighth suggestion, which is its
default.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from bnn_bo_problems import Outcomes, Problem
from bnn_bo_rival_spaces import Coded
from bnn_bo_spaces import Config, sobol, uniform

MOST = 512  # Sobol points that are made ahead


class Evaluation(NamedTuple):
    """What was asked for, what was evaluated, and what it gave."""

    asked: Config
    config: Config
    outcomes: Outcomes


class Method(Protocol):
    def ask(self) -> Config: ...

    def tell(self, evaluation: Evaluation) -> None: ...


Make = Callable[[Problem, Sequence[Evaluation], int], Method]


class UnsuitedProblemError(Exception):
    """The method has no answer to such a problem."""


# --- no model


class Random:
    def __init__(self, problem: Problem, starts: Sequence[Evaluation], seed: int) -> None:
        self._problem, self._rng = problem, np.random.default_rng((seed, 1))
        pool = problem.pool
        taken = [tuple(one.config.values()) for one in starts]
        self._rows = (
            None if pool is None else [pool[i] for i in self._rng.permutation(len(pool)) if tuple(pool[i].values()) not in taken]
        )

    def ask(self) -> Config:
        return uniform(self._problem.parameters, self._rng) if self._rows is None else self._rows.pop()

    def tell(self, evaluation: Evaluation) -> None:
        """Nothing to learn."""


class Sobol:
    def __init__(self, problem: Problem, starts: Sequence[Evaluation], seed: int) -> None:
        self._left = sobol(problem.parameters, MOST, seed)[: len(starts) - 1 : -1]

    def ask(self) -> Config:
        return self._left.pop()

    def tell(self, evaluation: Evaluation) -> None:
        """Nothing to learn."""


# --- Optuna


class Optuna:
    """One of its samplers; `relocates`: whether it can be told of another place than it asked for."""

    def __init__(self, problem: Problem, starts: Sequence[Evaluation], sampler: Any, relocates: bool = True) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna, self._relocates = optuna, relocates
        self._coded, self._names = Coded(problem.parameters), list(problem.directions)
        self._distributions = self._coded.optuna()
        self._study = optuna.create_study(sampler=sampler, directions=list(problem.directions.values()))
        for one in starts:
            self._add(one)

    def _add(self, one: Evaluation) -> None:
        values = [one.outcomes[name] for name in self._names]
        params = self._coded.code(one.config)
        self._study.add_trial(self._optuna.create_trial(params=params, distributions=self._distributions, values=values))

    def ask(self) -> Config:
        self._trial = self._study.ask(self._distributions)
        return self._coded.decode(self._trial.params)

    def tell(self, evaluation: Evaluation) -> None:
        if self._relocates and evaluation.config != evaluation.asked:
            self._study.tell(self._trial, state=self._optuna.trial.TrialState.FAIL)
            self._add(evaluation)
        else:
            self._study.tell(self._trial, [evaluation.outcomes[name] for name in self._names])


def tpe(problem: Problem, starts: Sequence[Evaluation], seed: int) -> Method:
    import optuna

    return Optuna(problem, starts, optuna.samplers.TPESampler(seed=seed, n_startup_trials=len(starts)))


def gpsampler(problem: Problem, starts: Sequence[Evaluation], seed: int) -> Method:
    import optuna

    return Optuna(problem, starts, optuna.samplers.GPSampler(seed=seed, n_startup_trials=len(starts)))


def cmaes(problem: Problem, starts: Sequence[Evaluation], seed: int) -> Method:
    import optuna

    numbers = [name for name, its in problem.parameters.items() if its["type"] not in ("categorical", "boolean")]
    if problem.several or len(numbers) < 2:
        raise UnsuitedProblemError("CMA-ES wants one objective and two numbers")
    (name,) = problem.directions
    sign = 1.0 if problem.directions[name] == "minimize" else -1.0
    best = Coded(problem.parameters).code(min(starts, key=lambda one: sign * one.outcomes[name]).config)
    x0 = {number: best[number] for number in numbers}
    sampler = optuna.samplers.CmaEsSampler(x0=x0, seed=seed, warn_independent_sampling=False)
    return Optuna(problem, starts, sampler, relocates=False)


# --- SMAC3


class Smac:
    """Its facade for hyperparameters: a random forest with log EI."""

    def __init__(self, problem: Problem, starts: Sequence[Evaluation], seed: int) -> None:
        import logging

        from ConfigSpace import Configuration
        from smac import HyperparameterOptimizationFacade, Scenario
        from smac.runhistory.dataclasses import TrialValue

        if problem.several:
            raise UnsuitedProblemError("SMAC is run with one objective")
        logging.getLogger("smac").setLevel(logging.ERROR)
        ((self._name, direction),) = problem.directions.items()
        self._sign = 1.0 if direction == "minimize" else -1.0
        self._coded, self._value = Coded(problem.parameters), TrialValue
        space = self._coded.config_space(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="smac-")
        scenario = Scenario(space, deterministic=True, n_trials=10_000, seed=seed, output_directory=self._folder.name)  # type: ignore[arg-type]
        given = [Configuration(space, values=self._coded.code(one.config)) for one in starts]
        initial = HyperparameterOptimizationFacade.get_initial_design(scenario, n_configs=0, additional_configs=given)
        self._smac = HyperparameterOptimizationFacade(scenario, _never, initial_design=initial, overwrite=True, logging_level=False)
        self._trial: Any = None
        while self._trial is None:  # it asks for the initial design first
            trial = self._smac.ask()
            if trial.config in given:
                self._smac.tell(trial, self._cost(starts[given.index(trial.config)]), save=False)
            else:
                self._trial = trial

    def _cost(self, one: Evaluation) -> Any:
        return self._value(cost=self._sign * one.outcomes[self._name])

    def ask(self) -> Config:
        if self._trial is None:
            self._trial = self._smac.ask()
        return self._coded.decode(dict(self._trial.config))

    def tell(self, evaluation: Evaluation) -> None:
        self._smac.tell(self._trial, self._cost(evaluation), save=False)
        self._trial = None


def _never(config: Any, seed: int = 0) -> float:
    """The target function that SMAC wants to see and does not call when it is asked and told."""
    raise NotImplementedError


# --- Ax


class Ax:
    """Its client with its default strategy, which leaves Sobol points for BoTorch's models once the points given are told."""

    def __init__(self, problem: Problem, starts: Sequence[Evaluation], seed: int) -> None:
        import logging

        from ax.api.client import Client
        from ax.utils.common.logger import set_ax_logger_levels

        set_ax_logger_levels(logging.ERROR)
        self._coded = Coded(problem.parameters)
        self._outcomes = {name: f"m{k}" for k, name in enumerate(problem.directions)}
        self._client = Client(random_seed=seed)
        self._client.configure_experiment(parameters=self._coded.ax())
        signs = ["" if direction == "maximize" else "-" for direction in problem.directions.values()]
        self._client.configure_optimization(objective=", ".join(s + m for s, m in zip(signs, self._outcomes.values(), strict=True)))
        self._client.configure_generation_strategy(
            initialization_budget=len(starts), initialization_random_seed=seed, initialize_with_center=False
        )
        for one in starts:
            self._add(one)

    def _add(self, one: Evaluation) -> None:
        index = self._client.attach_trial(self._coded.code(one.config, numbered=True))
        self._complete(index, one.outcomes)

    def _complete(self, index: int, outcomes: Outcomes) -> None:
        self._client.complete_trial(index, raw_data={its: outcomes[name] for name, its in self._outcomes.items()})

    def ask(self) -> Config:
        ((self._index, params),) = self._client.get_next_trials(max_trials=1).items()
        return self._coded.decode(params, numbered=True)

    def tell(self, evaluation: Evaluation) -> None:
        if evaluation.config != evaluation.asked:
            self._client.mark_trial_abandoned(self._index)
            self._add(evaluation)
        else:
            self._complete(self._index, evaluation.outcomes)


# --- by name

RIVALS: dict[str, Make] = {
    "random": Random,
    "sobol": Sobol,
    "tpe": tpe,
    "gpsampler": gpsampler,
    "cmaes": cmaes,
    "smac": Smac,
    "ax": Ax,
}
