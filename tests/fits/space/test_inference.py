"""Spaces guessed from logs: the kind of each column, its scale, when it exists, and what is no parameter at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.space import Encoding, Space
from fits.space.inference import infer

N = 60


def frame(**columns: Any) -> pd.DataFrame:
    """A log's parameters as the solver hands them on: float64, or objects with None."""
    return pd.DataFrame(
        {name: pd.Series(values, dtype=None if isinstance(values, np.ndarray) else object) for name, values in columns.items()}
    )


def guess(values: Any, name: str = "x", **others: Any) -> tuple[dict[str, Any] | None, str]:
    """What is guessed of one column beside another; None where it is left out."""
    space, guesses = infer(frame(**{name: values, "other": np.random.default_rng(9).random(len(values))}, **others))
    found = space.parameters.get(name)
    said = next(text for text in guesses if text.startswith(name + ":"))
    return None if found is None else {"type": found.type, **found.model_dump(exclude_defaults=True)}, said


RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "found", "said"),
    [
        (
            np.array([0.1, 0.9] + [0.5, 0.4] * 29),
            {"low": 0.1, "high": 0.9},
            "x: float from 0.1 to 0.9 (the log has only 0.1, 0.4, 0.5, 0.9)",
        ),
        (np.linspace(0.1, 0.9, N), {"low": 0.1, "high": 0.9}, "x: float from 0.1 to 0.9"),
        (np.geomspace(1e-5, 0.1, N), {"low": 1e-5, "high": 0.1, "log": True}, "x: float from 1e-05 to 0.1, logarithmic"),
        (
            np.array([1e-4, 1e-3, 1e-2] * 20),
            {"low": 1e-4, "high": 1e-2, "log": True},
            "logarithmic (the log has only 0.0001, 0.001, 0.01)",
        ),
        (np.array([0.1, 0.2, 0.3, 0.4, 0.5] * 12), {"low": 0.1, "high": 0.5}, "x: float from 0.1 to 0.5 (the"),
        (np.array([0.1, 0.3, 1.0] * 20), {"low": 0.1, "high": 1.0, "log": True}, "logarithmic"),
        (np.array([-1.5, 2.5] * 30), {"low": -1.5, "high": 2.5}, "x: float"),
        (RANDOM.integers(1, 9, N).astype(float), {"type": "integer", "low": 1, "high": 8}, "x: integer from 1 to 8"),
        (
            np.array([16.0, 32, 64, 128] * 15),
            {"type": "ordinal", "choices": [16, 32, 64, 128]},
            "x: one of 16, 32, 64, 128, in order",
        ),
        (np.array([64.0, 512] * 30), {"type": "ordinal", "choices": [64, 512]}, "x: one of 64, 512, in order"),
        (np.array([1.0, 2, 4] + [3] * 57), {"type": "integer", "low": 1, "high": 4}, "integer from 1 to 4"),
        (np.array([1.0, 2, 3, 5] * 15), {"type": "integer", "low": 1, "high": 5}, "integer from 1 to 5"),
        (np.rint(10 ** np.linspace(1, 6, N)), {"type": "integer", "low": 10, "high": 10**6, "log": True}, "logarithmic"),
        (np.rint(np.linspace(100, 200, 30)).repeat(2), {"type": "integer", "low": 100, "high": 200}, "integer from 100 to 200"),
        (
            np.array([0, 1e-5, 1e-4, 1e-3] * 15),
            {"type": "ordinal", "choices": [0, 1e-5, 1e-4, 1e-3]},
            "a logarithmic scale has no 0",
        ),
        (np.array([1e14, 3e14, 7e14] * 20), {"low": 1e14, "high": 7e14, "log": True}, "x: float"),
        (["adam", "sgd", "None"] * 20, {"type": "categorical", "choices": ["None", "adam", "sgd"]}, "x: one of None, adam, sgd"),
        (["10", "9", "None"] * 20, {"type": "categorical", "choices": ["9", "10", "None"]}, "x: one of 9, 10, None"),
        (["True", "false"] * 30, {"type": "boolean"}, "x: true or false"),
        (["yes", "no"] * 30, {"type": "categorical", "choices": ["no", "yes"]}, "x: one of no, yes"),
    ],
)
def test_the_kind_of_a_column(values: Any, found: dict[str, Any], said: str) -> None:
    guessed, sentence = guess(values)
    assert guessed is not None
    assert guessed == {"type": "float", **found}
    assert said in sentence


@pytest.mark.parametrize("count", [100, 1000, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_many_uniform_numbers_are_not_taken_for_a_logarithmic_scale(count: int, seed: int) -> None:
    """The smallest of n uniform numbers is about 1/n of the largest."""
    guessed, _ = guess(np.random.default_rng(seed).uniform(0, 1, count))
    assert guessed is not None
    assert "log" not in guessed


@pytest.mark.parametrize("seed", range(5))
def test_a_search_that_has_narrowed_on_large_values_keeps_its_logarithmic_scale(seed: int) -> None:
    random = np.random.default_rng(seed)
    guessed, _ = guess(np.concatenate([10 ** random.uniform(-5, -1, 20), random.uniform(0.03, 0.09, 40)]))
    assert guessed is not None
    assert guessed["log"]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("x", np.arange(60.0), "counts the rows"),
        ("x", 1.0 + np.arange(60.0), "counts the rows"),
        ("x", np.random.default_rng(0).permutation(60) + 1.0, "counts the rows"),
        ("trial_id", np.arange(60.0) * 3, "counts the rows"),
        ("x", np.delete(7.0 + np.arange(80.0), [*range(0, 60, 3)]), "counts the rows"),
        ("x", np.full(60, 3.0), "always 3"),
        ("x", ["adam"] * 60, "always adam"),
        ("x", [f"run-{i}" for i in range(60)], "different in every row"),
        ("x", [f"run-{i % 40}" for i in range(60)], "40 different texts"),
        ("x", [f"2024-01-02T03:04:{i % 60:02}" for i in range(60)], "times"),
        ("x", [f"2024-01-{1 + i % 5:02}" for i in range(60)], "times"),
        ("x", 1.7e9 + 60.0 * np.arange(60.0), "times"),
        ("x", np.full(60, np.nan), "empty"),
        ("x", [None] * 60, "empty"),
        ("seed", np.arange(60.0) % 3, "a seed"),
        ("random_state", np.arange(60.0) % 3, "a seed"),
        ("val_loss", np.random.default_rng(0).random(60), "measured"),
        ("val_acc_std", np.random.default_rng(0).random(60), "measured"),
        ("duration", np.random.default_rng(0).random(60), "measured"),
        ("x", np.array([-1.7e308, 1.7e308] * 30), "too far apart"),
        ("x", np.where(np.arange(60) % 3 > 0, np.nan, np.random.default_rng(0).random(60)), "empty in 40 of 60 rows"),
    ],
)
def test_what_is_no_parameter(name: str, values: Any, why: str) -> None:
    guessed, sentence = guess(values, name)
    assert guessed is None
    assert "left out" in sentence
    assert why in sentence


@pytest.mark.parametrize("name", ["test_size", "val_split", "precision", "time", "loss"])
def test_few_numbers_are_a_parameter_whatever_its_name(name: str) -> None:
    assert guess(np.array([0.1, 0.2, 0.25] * 20), name)[0] == {"type": "float", "low": 0.1, "high": 0.25}


def test_a_text_called_loss_is_a_choice() -> None:
    assert guess(["hinge", "log"] * 30, "loss")[0] == {"type": "categorical", "choices": ["hinge", "log"]}


def test_a_sweep_of_one_whole_number_is_a_parameter_although_it_counts_the_rows() -> None:
    space, _ = infer(frame(depth=np.arange(1.0, 11.0)))
    assert list(space.parameters) == ["depth"]
    space, _ = infer(frame(trial=np.arange(1.0, 11.0), epochs=np.full(10, 5.0)))
    assert list(space.parameters) == []


def conditional() -> pd.DataFrame:
    random = np.random.default_rng(3)
    optimizer = random.choice(["adam", "sgd", "rms"], N)
    layers = random.integers(1, 4, N).astype(float)
    nesterov = np.where(optimizer == "sgd", random.choice(["true", "false"], N), "")
    return frame(
        optimizer=list(optimizer),
        layers=layers,
        momentum=np.where(optimizer == "adam", np.nan, random.random(N)),
        units=np.where(layers >= 2, random.integers(8, 64, N), np.nan),
        nesterov=[text or None for text in nesterov],
        decay=np.where(nesterov == "true", random.random(N), np.nan),
    )


def test_what_one_other_column_explains_exists_where_that_says() -> None:
    space, guesses = infer(conditional())
    assert {name: its.when for name, its in space.parameters.items() if its.when} == {
        "momentum": {"optimizer": ["rms", "sgd"]},
        "units": {"layers": [2, 3]},
        "nesterov": {"optimizer": ["sgd"]},
        "decay": {"nesterov": [True]},
    }
    assert any(text.endswith("where optimizer is rms or sgd") for text in guesses)


def test_the_rows_lie_in_the_space_that_is_guessed_from_them() -> None:
    log = conditional()
    encoded = Encoding(infer(log)[0])
    rows = [
        {
            name: value == "true" if name == "nesterov" else value
            for name, value in row.items()
            if value is not None and value == value
        }
        for row in log.to_dict("records")
    ]
    assert encoded.outside(rows) == []  # type: ignore[arg-type]


def test_a_hole_that_nothing_explains_makes_rows_of_no_use_and_says_so() -> None:
    values = np.random.default_rng(0).random(N)
    values[:7] = np.nan
    guessed, sentence = guess(values)
    assert guessed is not None
    assert "when" not in guessed
    assert "7 of 60 rows where it is empty" in sentence


def test_columns_empty_in_the_same_rows_do_not_explain_each_other() -> None:
    mode = np.where(np.arange(N) % 4 == 0, None, np.where(np.arange(N) % 2, "a", "b"))
    space, _ = infer(frame(a=list(mode), b=list(mode[::1]), c=np.random.default_rng(0).random(N)))
    assert all(not its.when for its in space.parameters.values())


def test_the_order_of_the_rows_does_not_count() -> None:
    log = conditional().assign(trial=np.arange(float(N)), lr=10 ** np.random.default_rng(0).uniform(-5, -1, N))
    assert infer(log.sample(frac=1, random_state=1)) == infer(log)


def test_the_bounds_are_said_to_be_those_of_the_log() -> None:
    assert infer(frame(x=np.linspace(0, 1, 7) ** 2))[1][-1] == "the bounds are those of the log: give --space to search beyond them"


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_logs_too_small_to_guess_from_do_not_crash(rows: int) -> None:
    infer(frame(x=np.linspace(0, 1, rows), y=["a", "b"][:rows]))
    infer(pd.DataFrame(index=range(rows)))


CELLS = st.one_of(st.none(), st.text(max_size=3), st.sampled_from(["true", "False", "None", "nan", "2024-01-01", "1e5", "²"]))
NUMBERS = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 2.0, 1e300, -1e308, 1e308, 5e-324]), st.integers(-3, 3).map(float))


@given(st.data())
def test_whatever_the_columns_hold_the_guess_is_a_space_with_a_sentence_a_column(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 12))
    columns: dict[str, Any] = {}
    for i in range(data.draw(st.integers(0, 4))):
        if data.draw(st.booleans()):
            columns[f"c{i}"] = data.draw(st.lists(CELLS, min_size=rows, max_size=rows))
        else:
            columns[f"c{i}"] = np.array(data.draw(st.lists(NUMBERS, min_size=rows, max_size=rows)), dtype=float)
    space, guesses = infer(frame(**columns))
    assert isinstance(space, Space)
    assert len(guesses) == len(columns) + bool(space.parameters)
    Encoding(space).sample(3, 0)
