"""What a space may say, and what is refused."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.space import Space, SpaceError, outcome_constraint
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
        ({"parameters": {"x": number("a", 1)}}, "parameters.x.low: must be a number (found 'a')"),
        ({"parameters": {"x": number("0", 1)}}, "parameters.x.low: must be a number (found '0')"),
        ({"parameters": {"x": number(True, 2)}}, "parameters.x.low: must be a number (found true)"),
        ({"parameters": {"x": number(0, [1])}}, "parameters.x.high: must be a number (found [1])"),
        ({"parameters": {"x": number(0, 1, step="0.1")}}, "parameters.x.step: must be a number (found '0.1')"),
        ({"parameters": {"x": number(1, 9, log="yes")}}, "parameters.x.log: must be true or false (found 'yes')"),
        ({"parameters": {"x": number(1, 9, log=1)}}, "parameters.x.log: must be true or false (found 1)"),
        ({"parameters": {"x": whole("1", 9)}}, "parameters.x.low: must be a number (found '1')"),
        ({"parameters": {"x": whole(1, True)}}, "parameters.x.high: must be a number (found true)"),
        ({"parameters": {"x": whole(1, 9, step=False)}}, "parameters.x.step: must be a number (found false)"),
        ({"parameters": {"x": whole(0.5, 2)}}, "parameters.x.low: must be a whole number (found 0.5)"),
        ({"parameters": {"x": choice("a", {"b": 1})}}, "parameters.x.choices.2: must be text, a number, true or false"),
        ({"parameters": {"x": choice("a", datetime.date(2024, 1, 1))}}, "choices.2: must be text, a number, true or false"),
        ({"parameters": {"x": choice(b"a")}}, "parameters.x.choices.1: must be text, a number, true or false"),
        ({"parameters": {"x": choice("a", float("nan"))}}, "parameters.x.choices.2: must be finite (found nan)"),
        ({"parameters": {"x": choice("a" * 500, None)}}, "parameters.x.choices.2: must be text"),
        ({"parameters": {f"x{i}": number(0, 1) for i in range(10_001)}}, "a space has at most 10,000 parameters (got 10,001)"),
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
        ({"parameters": {n: number(0, 1, when={m: [0.5]}) for n, m in ("ca", "ab", "ba")}}, "when: a, b wait for each other"),
        ({"parameters": {"a": {"type": "boolean", "when": {"a": [True]}}}}, "when: a wait"),
        ({"parameters": {"x": choice(*range(1000))}, "fixed": {"x": -1}}, "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …)"),
        ({"parameters": {"x": number(0, 1)}, "outcome_constraints": ["y about 3"]}, "expected a rule such as 'latency <= 100'"),
        (
            {"parameters": {"x": number(0, 1)}, "outcome_constraints": ["y <= 3", "y<=1e999"]},
            "outcome_constraints.2: the number in",
        ),
        (
            {"parameters": {"x": number(0, 1)}, "outcome_constraints": ["x <= 3"]},
            "outcome_constraints: x is a parameter, not an outcome",
        ),
        ({"parameters": {}, "fixed": {"x": 1}, "outcome_constraints": ["x <= 3"]}, "outcome_constraints: x is a parameter"),
        ({"parameters": {"x": number(0, 1)}, "outcome_constraints": "y <= 3"}, "outcome_constraints: must be a list in brackets"),
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
    assert len(str(caught.value)) < 300


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


def test_scalars_of_numpy_make_a_space() -> None:
    content: dict[str, Any] = {
        "k": whole(np.int64(1), np.int32(9)),
        "x": number(np.float32(0), np.float64(1)),
        "o": choice(np.int64(1), np.bool_(False), np.str_("s")),
    }
    plain = {"k": whole(1, 9), "x": number(0.0, 1.0), "o": choice(1, False, "s")}
    made = checked({"parameters": content, "fixed": {"o": np.bool_(False)}})
    assert made == checked({"parameters": plain, "fixed": {"o": False}})
    assert made.fixed["o"] is False


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
        ("x1 + -1*x2 <= 3", {"x1": 1, "x2": -1}, "<=", 3),
        ("2*(x1 - x2) <= 1", {"x1": 2, "x2": -2}, "<=", 1),
        ("-(x1) >= -2", {"x1": 1}, "<=", 2),
        ("(x1 + x2)/2 - (1 - (x1 - 3))*2 == -.5", {"x1": 2.5, "x2": 0.5}, "==", 7.5),
        ("10 > x1", {"x1": 1}, "<=", 10),
        ("x1 - -x2 < 2*2", {"x1": 1, "x2": 1}, "<=", 4),
        ("2 * -x1 * 3 <= -x1 * -2", {"x1": -8}, "<=", 0),
        ("temp (C)*2 - 3-way <= a<=b", {"temp (C)": 2, "3-way": -1, "a<=b": -1}, "<=", 0),
        ("2theta + größe >= it's", {"2theta": -1, "größe": -1, "it's": 1}, "<=", 0),
        ("\"2\" - 2*`-` <= '1e5'", {"2": 1, "-": -2, "1e5": -1}, "<=", 0),
        ("\n 'x1'\t<=\n1", {"x1": 1}, "<=", 1),
    ],
)
def test_linear_constraints_are_read(text: str, coefficients: dict[str, float], sense: str, bound: float) -> None:
    names = [
        "x1",
        "x2",
        "learning rate",
        "lr-max",
        "net",
        "net.lr",
        "temp (C)",
        "3-way",
        "2",
        "-",
        "a<=b",
        "größe",
        "it's",
        "2theta",
    ]
    found = parse(text, [*names, "1e5"])
    assert found.coefficients == coefficients
    assert (found.sense, found.bound) == (sense, bound)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a number or a parameter, found the end (in '')"),
        ("x1", "expected an operator or one relation such as '<=', found the end (in 'x1')"),
        ("x1 <=", "expected a number or a parameter, found the end"),
        ("<= 1", "expected a number or a parameter, found '<='"),
        ("x1 <= x2 <= 1", "expected one relation, found two: write two constraints"),
        ("x1 * x2 <= 1", "expected a linear relation, found a product of parameters (in 'x1 * x2 <= 1')"),
        ("(x1 + 1)*(x2 - 1) <= 1", "found a product of parameters"),
        ("1/x1 <= 1", "expected a number other than 0 after '/'"),
        ("x1/(2 - 2) <= 1", "expected a number other than 0 after '/'"),
        ("x1**2 <= 1", "expected a number or a parameter, found '*'"),
        ("sin(x1) <= 1", "there is no parameter 'sin'; there are: x1, x2"),
        ("x1 x2 <= 1", "found 'x2'"),
        ("2 x1 <= 1", "found 'x1'"),
        ("2x1 <= 1", "there is no parameter '2x1'"),
        ("2(x1 + x2) <= 1", "found '('"),
        ("(x1 + x2 <= 1", "expected an operator or a closing bracket, found '<='"),
        ("x1) <= 1", "found ')'"),
        ("1 <= 2", "no parameter counts"),
        ("x1 - x1 <= 3", "no parameter counts"),
        ("1e999*x1 <= 1", "a number is not finite"),
        ("x1/1e-320 <= 1", "a number is not finite"),
        ("1e308*10*x1 - 1e308*10*x1 <= 1", "a number is not finite"),
        ("x1 <= nan", "there is no parameter 'nan'"),
        ("x1 <= inf", "there is no parameter 'inf'"),
        ("x1 != 2", "found '!'"),
        ("x1 <= 1;", "expected an operator or the end, found ';'"),
        ("x1 <= 1_000", "there is no parameter '1_000'"),
        ("x1 <= \N{ARABIC-INDIC DIGIT ONE}", "there is no parameter"),
        ("'x3' <= 1", "there is no parameter 'x3'"),
        ("__import__('os') <= 1", "there is no parameter '__import__'"),
        ("(" * 60 + "x1" + ")" * 60 + " <= 1", "expected at most 50 brackets within brackets"),
        ("x1 <= " + "1" * 200_000, "a constraint has at most 100,000 characters"),
    ],
)
def test_what_is_not_linear_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(said) if said.startswith("expected") else re.escape(said)) as caught:
        parse(text, ["x1", "x2"])
    assert len(str(caught.value)) < 200


SUMS = st.recursive(
    st.sampled_from(["x1", "x2", "3", ".5", "1e-1"]),
    lambda inner: st.one_of(
        inner.map("-{}".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from([" + ", "-", " - "]), inner).map("".join),
        inner.map("2*({})".format),
        inner.map("({})/4".format),
        inner.map("({})*-0.5".format),
    ),
    max_leaves=8,
)


@given(SUMS, st.sampled_from(["<=", ">=", "==", "<", ">"]), SUMS)
def test_a_constraint_means_what_python_computes(left: str, relation: str, right: str) -> None:
    def excess(x1: float, x2: float) -> float:
        return float(eval(f"({left}) - ({right})", {}, {"x1": x1, "x2": x2})) * (-1.0 if ">" in relation else 1.0)

    try:
        found = parse(f"{left} {relation} {right}", ["x1", "x2"])
    except ValueError as error:
        assert "no parameter counts" in str(error)  # noqa: PT017
        assert excess(5.0, -7.0) == pytest.approx(excess(0.0, 0.0))
        return
    for x1, x2 in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-2.5, 7.0)):
        values = {"x1": x1, "x2": x2}
        here = sum(weight * values[name] for name, weight in found.coefficients.items()) - found.bound
        assert here == pytest.approx(excess(x1, x2), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "name", "sense", "bound"),
    [
        ("latency <= 100", "latency", "<=", 100),
        (" val loss>-.5e1 ", "val loss", ">=", -5),
        ("a-b (ms) =< +3.", "a-b (ms)", "<=", 3),
        ("größe => 0", "größe", ">=", 0),
    ],
)
def test_outcome_constraints_are_read(text: str, name: str, sense: str, bound: float) -> None:
    assert outcome_constraint.parse(text) == (name, sense, bound)
    assert space({"x": number(0, 1)}, outcome_constraints=[text]).outcome_constraints == [text]


@pytest.mark.parametrize(
    "text",
    [
        *("", "latency", "<= 3", "latency <= ", "latency <= x", "100 >= latency", "0 <= latency <= 3", "latency <= 3 ms"),
        *(
            "latency == 3",
            "latency != 3",
            "latency <= nan",
            "latency <= inf",
            "latency <= -1e999",
            "latency <= 1_000",
            "latency <= 5%",
        ),
    ],
)
def test_what_is_no_outcome_constraint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a rule such as 'latency <= 100'|is not finite"):
        outcome_constraint.parse(text)


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
