"""Makes optuna*.json and ax*.json with the packages themselves, in an environment of their own::

pip install optuna==5.0.0 ax-platform==1.3.1 && python make.py
"""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import asdict
from pathlib import Path

import optuna
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from ax.service.utils.instantiation import InstantiationBase
from optuna import distributions as kinds

HERE = Path(__file__).parent


def write(name: str, content: object) -> None:
    (HERE / name).write_text(json.dumps(content, indent=1) + "\n")


def objective(trial: optuna.Trial) -> float:
    """Touches every kind of distribution, one of them only sometimes."""
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    dropout = trial.suggest_float("dropout", 0.0, 0.5, step=0.1)
    layers = trial.suggest_int("layers", 1, 8)
    units = trial.suggest_int("units", 16, 512, log=True)
    batch = trial.suggest_categorical("batch", [16, 32, 64])
    clip = trial.suggest_categorical("clip", [None, "norm", "value"])
    nesterov = trial.suggest_categorical("nesterov", [False, True])
    epochs = trial.suggest_int("epochs", 10, 10)
    return lr + dropout + layers + units + batch + epochs + len(str(clip)) + nesterov


def of_optuna() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=1)
    found = study.trials[0].distributions
    write("optuna.json", {name: json.loads(kinds.distribution_to_json(its)) for name, its in found.items()})
    write("optuna_text.json", {name: kinds.distribution_to_json(its) for name, its in found.items()})
    old = {
        "x": kinds.UniformDistribution(0.0, 1.0),
        "lr": kinds.LogUniformDistribution(1e-5, 1e-1),
        "dropout": kinds.DiscreteUniformDistribution(0.0, 0.5, 0.1),
        "layers": kinds.IntUniformDistribution(2, 8, 2),
        "units": kinds.IntLogUniformDistribution(16, 512),
    }
    attributes = {"DiscreteUniformDistribution": ("low", "high", "q"), "IntUniformDistribution": ("low", "high", "step")}
    write(
        "optuna_old.json",
        {
            name: {
                "name": type(its).__name__,
                "attributes": {key: getattr(its, key) for key in attributes.get(type(its).__name__, ("low", "high"))},
            }
            for name, its in old.items()
        },
    )


def of_ax() -> None:
    parameters = [
        {"name": "lr", "type": "range", "bounds": [1e-5, 1e-1], "value_type": "float", "log_scale": True},
        {"name": "layers", "type": "range", "bounds": [1, 8]},
        {"name": "dropout", "type": "range", "bounds": [0.0, 0.5], "digits": 1},
        {
            "name": "optimizer",
            "type": "choice",
            "values": ["adam", "sgd"],
            "dependents": {"adam": ["lr", "layers", "dropout", "batch", "nesterov", "epochs"], "sgd": ["momentum"]},
        },
        {"name": "momentum", "type": "range", "bounds": [0.0, 0.99]},
        {"name": "batch", "type": "choice", "values": [64, 16, 32], "is_ordered": True, "sort_values": True},
        {"name": "nesterov", "type": "choice", "values": [False, True], "is_ordered": True},
        {"name": "epochs", "type": "fixed", "value": 10},
    ]
    InstantiationBase.make_search_space(parameters, parameter_constraints=[])  # refuses what is not Ax's
    write("ax_dependents.json", parameters)
    mixture = [{"name": name, "type": "range", "bounds": [0.0, 1.0]} for name in ("x1", "x2", "x3")]
    constraints = ["x1 + x2 <= 0.9", "x1 <= x3"]
    InstantiationBase.make_search_space(mixture, parameter_constraints=constraints)
    write(
        "ax_client.json",
        {
            "name": "mixture",
            "parameters": mixture,
            "parameter_constraints": constraints,
            "outcome_constraints": ["cost <= 100.0"],
            "objectives": {"yield": {"minimize": False, "threshold": 0.5}, "waste": {"minimize": True}},
        },
    )
    configs = [
        RangeParameterConfig("lr", (1e-5, 1e-1), "float", scaling="log"),
        RangeParameterConfig("width", (32, 256), "int", step_size=32),
        ChoiceParameterConfig("optimizer", ["adam", "sgd"], "str", is_ordered=False),
        ChoiceParameterConfig("depth", [1, 2, 4, 8], "int"),
    ]
    client = Client()
    client.configure_experiment(parameters=configs)
    client.configure_optimization(objective="-loss")
    write("ax_configs.json", {"parameters": [asdict(config) for config in configs], "objective": "-loss"})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    of_optuna()
    of_ax()
