"""Search spaces of Optuna and Ax, from files that the packages themselves made (see data/make.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.space import Encoding, Space, SpaceError
from fits.space.foreign import from_ax, from_optuna, read
from tests.fits.space.made import number, spaces
from tests.fits.space.test_model import JSON

DATA = Path(__file__).parent / "data"


def of(name: str) -> Space:
    return read(json.loads((DATA / name).read_text()))


def kinds(space: Space) -> dict[str, dict[str, Any]]:
    return {name: its.model_dump(exclude_defaults=True) | {"type": its.type} for name, its in space.parameters.items()}


@pytest.mark.parametrize("name", ["optuna.json", "optuna_text.json"])
def test_optuna(name: str) -> None:
    space = of(name)
    assert kinds(space) == {
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5, "step": 0.1},
        "layers": {"type": "integer", "low": 1, "high": 8},
        "units": {"type": "integer", "low": 16, "high": 512, "log": True},
        "batch": {"type": "categorical", "choices": [16, 32, 64]},
        "clip": {"type": "categorical", "choices": ["None", "norm", "value"]},
        "nesterov": {"type": "boolean"},
    }
    assert space.fixed == {"epochs": 10}
    Encoding(space).sample(5, 0)


def test_optuna_before_version_3() -> None:
    assert kinds(of("optuna_old.json")) == {
        "x": {"type": "float", "low": 0.0, "high": 1.0},
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5, "step": 0.1},
        "layers": {"type": "integer", "low": 2, "high": 8, "step": 2},
        "units": {"type": "integer", "low": 16, "high": 512, "log": True},
    }


def test_ax_with_parameters_that_depend_on_a_choice() -> None:
    space = of("ax_dependents.json")
    when = {"optimizer": ["adam"]}
    assert kinds(space) == {
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True, "when": when},
        "layers": {"type": "integer", "low": 1, "high": 8, "when": when},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5, "step": 0.1, "when": when},
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
        "batch": {"type": "ordinal", "choices": [16, 32, 64], "when": when},
        "nesterov": {"type": "boolean", "when": when},
    }
    assert space.fixed == {"epochs": 10}


def test_ax_with_constraints_and_objectives() -> None:
    space = of("ax_client.json")
    assert list(space.parameters) == ["x1", "x2", "x3"]
    assert space.constraints == ["x1 + x2 <= 0.9", "x1 <= x3"]
    assert space.outcome_constraints == ["cost <= 100.0"]
    assert {name: (its.direction, its.reference) for name, its in space.objectives.items()} == {
        "yield": ("maximize", 0.5),
        "waste": ("minimize", None),
    }


def test_ax_configs() -> None:
    space = of("ax_configs.json")
    assert kinds(space) == {
        "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "width": {"type": "integer", "low": 32, "high": 256, "step": 32},
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd"]},
        "depth": {"type": "ordinal", "choices": [1, 2, 4, 8]},
    }
    assert {name: its.direction for name, its in space.objectives.items()} == {"loss": "minimize"}


@given(spaces())
def test_our_own_form_is_read_as_such(its: Space) -> None:
    assert read(json.loads(its.model_dump_json())) == its


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (3, "must be a table with the key parameters"),
        (None, "must be a table"),
        ({}, "parameters: is missing"),
        ({"lr": number(0, 1)}, "put the parameters under this key"),
        ([3], "parameter 1: must be a table with a name"),
        ([{"name": "x", "type": "rnage"}], "x.type: must be range, choice or fixed (found 'rnage')"),
        ([{"name": "x", "type": "range"}], "x.bounds: must be a list of two numbers"),
        ([{"name": "x", "type": "range", "bounds": [0, "a"]}], "x"),
        (
            [{"name": "x", "type": "range", "bounds": [0, 1], "logscale": True}],
            "x.logscale: is no key of a parameter of Ax; did you mean log_scale?",
        ),
        ([{"name": "x", "type": "choice", "values": []}], "x.values: must be a list of values"),
        ([{"name": "x", "type": "choice", "values": [[1], 2]}], "x.values: must be text, a number, true or false"),
        ([{"name": "x", "type": "fixed", "value": 1}] * 2, "x: stands twice"),
        (
            [{"name": "x", "type": "choice", "values": ["a", "b"], "dependents": {"c": ["y"]}}],
            "x.dependents: 'c' is no value of it",
        ),
        ([{"name": "x", "type": "choice", "values": ["a", "b"], "dependents": {"a": ["y"]}}], "there is no parameter 'y'"),
        ({"parameters": [], "constraints": []}, "constraints: is no key of an experiment of Ax; did you mean"),
        ({"parameters": [], "parameter_constraints": "x <= 1"}, "parameter_constraints: must be a list"),
        (
            {"x": {"name": "FlotDistribution", "attributes": {}}},
            "x: 'FlotDistribution' is no distribution of Optuna; did you mean FloatDistribution?",
        ),
        ({"x": {"name": "FloatDistribution", "attributes": {"low": 1}}}, "x.attributes.high: is missing"),
        ({"x": {"name": "FloatDistribution"}}, "x.attributes.low: is missing"),
        ({"x": {"name": "CategoricalDistribution", "attributes": {"choices": "ab"}}}, "x.choices: must be a list"),
        ({"x": {"name": "CategoricalDistribution", "attributes": {"choices": [None, "None"]}}}, "cannot be told apart"),
        ({"x": '{"name": "FloatDistribution", '}, "x: is no JSON of a distribution of Optuna"),
        ({"x": {"name": "FloatDistribution", "attributes": {"low": float("nan"), "high": 1}}}, "parameters.x.low: must be finite"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: Any, said: str) -> None:
    with pytest.raises(SpaceError) as caught:
        read(content)
    assert said in str(caught.value)


NAMES = st.sampled_from(["name", "type", "bounds", "values", "attributes", "low", "dependents", "parameters", "x"])
WORDS = st.sampled_from(["FloatDistribution", "CategoricalDistribution", "range", "choice", "x", "a"])
FOREIGN = st.recursive(
    WORDS | JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=15
)


@given(FOREIGN)
def test_whatever_plain_data_comes_is_a_space_or_refused(content: Any) -> None:
    for reader in (read, from_ax, from_optuna):
        if reader is from_ax and not isinstance(content, list):
            continue
        if reader is from_optuna and not isinstance(content, dict):
            continue
        try:
            assert isinstance(reader(content), Space)
        except SpaceError as error:
            assert error.where  # noqa: PT017
