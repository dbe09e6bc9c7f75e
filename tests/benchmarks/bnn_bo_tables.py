"""Real tables as problems: complete grids, and pools of the rows that were measured.

The folder is ../shared/data/bnn-bo. A table that holds every combination of its values is a grid: hyperparameters are listed
values at equal distances (they are geometric where that is meant) or categories, and each configuration can be looked up. Any
other table is a pool: only its rows can be evaluated. Rows with the same configuration are averaged, columns that never change are
left out, bounds are those of the rows, and a row without an outcome is no row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bnn_bo_problems import Direction, Outcomes, Problem
from bnn_bo_scores import hypervolume, nadir
from bnn_bo_spaces import Array, Config, Parameter, Scalar, categorical, ordinal, real

DATA = Path(__file__).parents[3] / "shared" / "data" / "bnn-bo"
NUMBERS = (
    "alpha",
    "batch_size",
    "depth",
    "learning_rate_init",
    "width",
    "dropout_1",
    "dropout_2",
    "init_lr",
    "n_units_1",
    "n_units_2",
)

# What the chemistry files mean: objectives, and parameters that are numbers.
CHEMISTRY: dict[str, tuple[dict[str, Direction], tuple[str, ...]]] = {
    "aryl_amination": ({"yield": "maximize"}, ()),
    "suzuki": ({"yield": "maximize"}, ()),
    "suzuki_B1": ({"objective_conversion": "maximize", "objective_selectivity": "maximize"}, ("ligand_equivalent",)),
    "baumgartner_aniline_cn_crosscoupling": ({"yld": "maximize"}, ("base_equivalents", "temperature", "t_res")),
    "reizman_suzuki_case_1": ({"yld": "maximize", "ton": "maximize"}, ("t_res", "temperature", "catalyst_loading")),
    "reizman_suzuki_case_2": ({"yld": "maximize", "ton": "maximize"}, ("t_res", "temperature", "catalyst_loading")),
}
NO_PARAMETERS = ("entry", "NAME", "Unnamed: 0")


def names(folder: Path = DATA) -> dict[str, tuple[str, ...]]:
    """The tables that are there, by group; none where the folder is absent."""
    return {
        "hpo": tuple(f"hpo/{path.name.removesuffix('.csv.gz')}" for path in sorted(folder.glob("hpo/*.csv.gz"))),
        "olympus": tuple(f"olympus/{path.parent.name}" for path in sorted(folder.glob("olympus/*/data.csv"))),
        "chemistry": tuple(f"chemistry/{path.stem}" for path in sorted(folder.glob("chemistry/*.csv"))),
    }


@cache
def table(name: str, folder: Path = DATA) -> Problem:
    group, _, stem = name.partition("/")
    return {"hpo": _hpo, "olympus": _olympus, "chemistry": _chemistry}[group](name, stem, folder)


def _hpo(name: str, stem: str, folder: Path) -> Problem:
    frame = pd.read_csv(folder / "hpo" / f"{stem}.csv.gz", keep_default_na=False)
    outcome: str = "val_loss" if "val_loss" in frame else "val_acc"
    columns = list(frame.columns[: frame.columns.get_loc("train_time")])
    numbers = [column for column in columns if column in NUMBERS]
    return _problem(
        name, "hpo", frame[columns], numbers, frame[[outcome]], {outcome: "minimize" if outcome == "val_loss" else "maximize"}, True
    )


def _olympus(name: str, stem: str, folder: Path) -> Problem:
    its = json.loads((folder / "olympus" / stem / "config.json").read_text())
    parameters, measured = its["parameters"], its["measurements"]
    columns = [item["name"] for item in parameters]
    outcomes = [item["name"] for item in measured]
    frame = pd.read_csv(folder / "olympus" / stem / "data.csv", header=None, names=columns + outcomes, keep_default_na=False)
    if frame.iloc[0].astype(str).tolist() in (
        [str(float(i)) for i in range(1, frame.shape[1] + 1)],
        [str(i) for i in range(1, frame.shape[1] + 1)],
    ):
        frame = frame.iloc[1:]  # numbers of the columns
    for item in measured:
        if item["type"] == "ordinal":
            frame[item["name"]] = frame[item["name"]].map(item["options"].index)
    numbers = [item["name"] for item in parameters if item["type"] != "categorical" or _numeric(item["options"])]
    directions = dict(zip(outcomes, _goals(its["default_goal"]), strict=False))
    return _problem(name, "olympus", frame[columns], numbers, frame[outcomes], directions)


def _goals(goal: str | Sequence[str]) -> list[Direction]:
    return [goal] if isinstance(goal, str) else list(goal)  # type: ignore[list-item]


def _numeric(options: Sequence[str]) -> bool:
    """Amounts are listed as categories in some files."""
    try:
        return all(np.isfinite(float(option)) for option in options)
    except ValueError:
        return False


def _chemistry(name: str, stem: str, folder: Path) -> Problem:
    frame = pd.read_csv(folder / "chemistry" / f"{stem}.csv", keep_default_na=False)
    if (frame.iloc[0] == "TYPE").any():
        frame = frame.iloc[1:]
    directions, numbers = CHEMISTRY[stem]
    columns = [column for column in frame if column not in directions and column not in NO_PARAMETERS]
    return _problem(name, "chemistry", frame[columns], numbers, frame[list(directions)], directions)


# --- from frames


def _problem(
    name: str,
    group: str,
    inputs: pd.DataFrame,
    numbers: Sequence[str],
    outputs: pd.DataFrame,
    directions: Mapping[str, Direction],
    grid: bool = False,
) -> Problem:
    inputs = inputs.assign(**{column: pd.to_numeric(inputs[column]) for column in numbers}).astype(
        {c: str for c in inputs if c not in numbers}
    )
    inputs = inputs.loc[:, inputs.nunique() > 1]
    outputs = outputs.apply(pd.to_numeric)
    columns, objectives = list(inputs), list(directions)
    joined = pd.concat([inputs, outputs], axis=1).dropna()
    rows = joined.groupby(columns, sort=False, as_index=False)[objectives].mean()
    values: Array = rows[objectives].to_numpy(dtype=np.float64)
    grid = grid or len(rows) >= np.prod([rows[column].nunique() for column in columns])
    parameters = {column: _parameter(rows[column], column in numbers, grid) for column in columns}
    configs: list[Config] = rows[columns].to_dict("records")  # type: ignore[assignment]
    look_up = _from_grid(parameters, rows[columns], values, objectives) if grid else _from_rows(configs, values, objectives)
    best, median = None, None
    reference, most = None, None
    if len(objectives) == 1:
        best = float(values.max() if directions[objectives[0]] == "maximize" else values.min())
        median = float(np.median(values))
    else:
        signs = np.array([1.0 if direction == "maximize" else -1.0 for direction in directions.values()])
        point = nadir(signs * values)
        reference, most = dict(zip(objectives, (signs * point).tolist(), strict=True)), hypervolume(signs * values, point)
    return Problem(
        name, group, parameters, look_up, dict(directions), best, median, None if grid else configs, True, values, reference, most
    )


def _parameter(column: pd.Series[Any], number: bool, grid: bool) -> Parameter:
    if not number:
        return categorical(*sorted(column.unique()))
    if grid:
        return ordinal(*np.unique(column.to_numpy()).tolist())
    return real(float(column.min()), float(column.max()))


def _from_grid(
    parameters: Mapping[str, Parameter], rows: pd.DataFrame, values: Array, objectives: Sequence[str]
) -> Callable[[Config], Outcomes]:
    places = [{choice: i for i, choice in enumerate(its["choices"])} for its in parameters.values()]
    cells = np.full((*(len(its) for its in places), len(objectives)), np.nan)
    cells[tuple(rows[name].map(its).to_numpy() for name, its in zip(parameters, places, strict=True))] = values

    def look_up(config: Config) -> Outcomes:
        found = cells[tuple(its[config[name]] for name, its in zip(parameters, places, strict=True))]
        return dict(zip(objectives, found.tolist(), strict=True))

    return look_up


def _from_rows(configs: Sequence[Config], values: Array, objectives: Sequence[str]) -> Callable[[Config], Outcomes]:
    rows: dict[tuple[Scalar, ...], list[float]] = {
        tuple(config.values()): row for config, row in zip(configs, values.tolist(), strict=True)
    }

    def look_up(config: Config) -> Outcomes:
        return dict(zip(objectives, rows[tuple(config.values())], strict=True))

    return look_up
