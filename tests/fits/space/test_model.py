"""What a space may say, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.space import Space, SpaceError
from fits.space.checked import checked
from fits.space.linear import parse
from tests.fits.space.made import choice, number, space, whole


def test_a_space_is_imported_without_heavy_packages() -> None:
    code = "import sys, fits.space; print([m for m in ('numpy', 'pandas', 'scipy', 'torch', 'sklearn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("choices", [[1, True], [1, 1.0], [True, 1.0], [1, "1"], ["a", "a"], [True, "True"], [0, False]])
def test_choices_that_a_log_cannot_tell_apart_are_refused(choices: list[Any]) -> None:
    with pytest.raises(SpaceError, match="cannot be told apart"):
        checked({"parameters": {"x": choice(*choices)}})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"parameters": {"x": number(1, 1)}}, "parameters.x: low must be below high"),
        ({"parameters": {"x": number(2, 1)}}, "parameters.x: low must be below high"),
        ({"parameters": {"x": number(0, 1, log=True)}}, "a logarithmic range begins above 0"),
        ({"parameters": {"x": number(1, 9, log=True, step=1)}}, "a logarithmic range has no step"),
        ({"parameters": {"x": number(0, 1, step=2)}}, "the step must not exceed the range"),
        ({"parameters": {"x": number(0, 1, step=1e-12)}}, "the step is too fine"),
        ({"parameters": {"x": number(0, 1, step=0)}}, "parameters.x.step: must be greater than 0"),
        ({"parameters": {"x": number(-1e308, 1e308)}}, "the range is wider than numbers can be"),
        ({"parameters": {"x": number(0, float("inf"))}}, "parameters.x.high: must be finite (found inf)"),
        ({"parameters": {"x": number(float("nan"), 1)}}, "parameters.x.low: must be finite"),
        ({"parameters": {"x": whole(1, 10**15)}}, "whole numbers go up to 10,000,000,000,000"),
        ({"parameters": {"x": whole(1, 10**30)}}, "parameters.x"),
        ({"parameters": {"x": {"type": "integer", "low": 0.5, "high": 2}}}, "parameters.x.low: must be"),
        ({"parameters": {"x": choice()}}, "parameters.x.choices: must not be empty"),
        ({"parameters": {"x": choice("a", " ")}}, "a choice must not be empty text"),
        ({"parameters": {"x": choice("a", None)}}, "parameters.x.choices.2: must be text, a number, true or false (found None)"),
        ({"parameters": {"x": choice("a", float("inf"))}}, "parameters.x.choices.2"),
        ({"parameters": {"x": choice(["a"])}}, "parameters.x.choices.1: must be text, a number, true or false"),
        ({"parameters": {"": number(0, 1)}}, "a parameter must have a name"),
        ({"parameters": {"x": {"type": "flaot", "low": 0, "high": 1}}}, "type 'flaot' is none; did you mean float?"),
        ({"parameters": {"x": {"low": 0, "high": 1}}}, "parameters.x: needs a type: one of float, integer"),
        ({"parameters": {"x": 3}}, "parameters.x: must be a table of keys and values (found 3)"),
        ({"parameters": {"x": number(0, 1, logg=True)}}, "parameters.x.logg: is no key of type float; did you mean log?"),
        ({"parameters": {"x": {"type": "float", "low": 0}}}, "parameters.x.high: is missing"),
        ({"parameters": {"x": {"type": "float", "low": "a", "high": 1}}}, "parameters.x.low: must be"),
        ({"parameters": []}, "parameters: must be a table of keys and values"),
        ({}, "parameters: is missing"),
        ({"parameters": {"x": number(0, 1)}, "constrains": []}, "constrains: is no key of a space; did you mean constraints?"),
        ({"parameters": {"x": number(0, 1)}, "constraints": "x <= 1"}, "constraints: must be a list in brackets"),
        ({"parameters": {"x": number(0, 1)}, "constraints": [3]}, "constraints.1: must be"),
        ({"parameters": {"x": number(0, 1)}, "constraints": ["x + z <= 1"]}, "there is no parameter 'z'"),
        ({"parameters": {"x": choice("a", "b")}, "constraints": ["x <= 1"]}, "x in 'x <= 1' is not a number"),
        ({"parameters": {"x": number(0, 1)}, "fixed": {"x": 2}}, "fixed: x cannot be 2 (expected a number from 0 to 1)"),
        ({"parameters": {"x": number(0, 1)}, "fixed": {"y": [2]}}, "fixed.y: must be text, a number, true or false"),
        ({"parameters": {"x": number(0, 1, when={"y": [1]})}}, "x.when: there is no parameter 'y'; there are: x"),
        ({"parameters": {"lr": number(0, 1), "x": number(0, 1, when={"lrr": [1]})}}, "did you mean lr?"),
        ({"parameters": {"o": choice("a"), "x": number(0, 1, when={"o": ["b"]})}}, "x.when: o cannot be 'b' (expected one of a)"),
        ({"parameters": {"o": choice("a"), "x": number(0, 1, when={"o": []})}}, "when.o: must not be empty"),
        ({"parameters": {"o": choice(1), "x": number(0, 1, when={"o": [True]})}}, "o cannot be True"),
        ({"parameters": {n: number(0, 1, when={m: [0.5]}) for n, m in ("ab", "ba")}}, "when: a, b wait for each other"),
        ({"parameters": {"x": number(0, 1)}, "forbidden": [{}]}, "forbidden.1: must not be empty"),
        ({"parameters": {"x": number(0, 1)}, "forbidden": [{"y": [1]}]}, "forbidden: there is no parameter 'y'"),
        ({"parameters": {"x": number(0, 1)}, "objectives": {"x": {}}}, "x is a parameter and an objective"),
        ({"parameters": {"x": number(0, 1)}, "objectives": {"y": {"direction": "down"}}}, "objectives.y.direction"),
        ({"parameters": {"x": number(0, 1)}, "objectives": {"y": {"directon": "minimize"}}}, "did you mean direction?"),
        ({"parameters": {"x": number(0, 1)}, "fidelity": {"parameter": "z", "target": 1}}, "fidelity: there is no parameter 'z'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: dict[str, Any], said: str) -> None:
    with pytest.raises(SpaceError) as caught:
        checked(content)
    assert said in str(caught.value)
    assert "pydantic" not in str(caught.value)


KEYS = st.sampled_from(["type", "low", "x", "choices", "when"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*Space.model_fields, "other"]), JSON, max_size=6))
def test_whatever_plain_data_comes_is_a_space_or_refused(content: dict[str, Any]) -> None:
    try:
        checked(content)
    except SpaceError as error:
        assert error.where  # noqa: PT017
        assert error.problem  # noqa: PT017


# --- constraints


@pytest.mark.parametrize(
    ("text", "coefficients", "sense", "bound"),
    [
        ("x1 + 2*x2 <= 100", {"x1": 1, "x2": 2}, "<=", 100),
        ("x1<x2", {"x1": 1, "x2": -1}, "<=", 0),
        ("x1 >= x2 + 3", {"x1": -1, "x2": 1}, "<=", -3),
        ("x1*2 - x2/4 = 1e-3", {"x1": 2, "x2": -0.25}, "==", 1e-3),
        ("- x1 + .5 => -x2 - 1", {"x1": 1, "x2": -1}, "<=", 1.5),
        ("3 == x1 + x1", {"x1": -2}, "==", -3),
        ("x1 + x2 - x1 <= 2", {"x2": 1}, "<=", 2),
        ("learning rate + lr-max <= 1", {"learning rate": 1, "lr-max": 1}, "<=", 1),
        ("net.lr - net <= 1e2", {"net.lr": 1, "net": -1}, "<=", 100),
    ],
)
def test_linear_constraints_are_read(text: str, coefficients: dict[str, float], sense: str, bound: float) -> None:
    found = parse(text, ["x1", "x2", "learning rate", "lr-max", "net", "net.lr"])
    assert found.coefficients == coefficients
    assert (found.sense, found.bound) == (sense, bound)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x1", "x1 <=", "<= 1", "x1 <= x2 <= 1", "x1 * x2 <= 1", "x1**2 <= 1", "sin(x1) <= 1", "x1 x2 <= 1", "2 x1 <= 1"),
        *("1 <= 2", "x1 - x1 <= 3", "x1/0 <= 1", "1e999*x1 <= 1", "x1 <= nan", "x1 <= inf", "x1 != 2", "x1 <= 1_000"),
        "__import__('os') <= 1",
    ],
)
def test_what_is_not_linear_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|there is no|no parameter counts|is empty|not finite"):
        parse(text, ["x1", "x2"])


@given(st.text(alphabet="x12 +-*/<=>.e()", max_size=20))
def test_whatever_text_comes_is_a_constraint_or_refused(text: str) -> None:
    try:
        found = parse(text, ["x1", "x2"])
    except ValueError:
        return
    assert found.coefficients.keys() <= {"x1", "x2"}
    assert re.search("[<=>]", text)


def test_a_fixed_name_that_is_no_parameter_is_kept() -> None:
    assert space({"x": number(0, 1)}, fixed={"note": "a"}).fixed == {"note": "a"}
