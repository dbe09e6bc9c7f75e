"""Configurations and vectors: what goes in comes out, and what comes out can be evaluated."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fits.space import Encoding, NoFeasiblePoint, Space, SpaceError
from tests.fits.space.made import choice, encoding, is_valid, number, space, spaces, whole


def sample(its: Space, n: int = 40, seed: int = 0) -> tuple[Encoding, np.ndarray[Any, np.dtype[np.float64]]]:
    encoded = Encoding(its)
    try:
        return encoded, encoded.sample(n, seed)
    except NoFeasiblePoint:
        return encoded, np.empty((0, encoded.d))


def anywhere(encoded: Encoding, n: int = 40) -> np.ndarray[Any, np.dtype[np.float64]]:
    low, high = encoded.bounds
    return low + np.random.default_rng(0).random((n, encoded.d)) * (high - low)


@given(spaces())
def test_decoding_and_encoding_invert_each_other(its: Space) -> None:
    encoded = Encoding(its)
    X = encoded.round(anywhere(encoded))
    configs = encoded.decode(X)
    np.testing.assert_allclose(encoded.encode(configs), X, atol=1e-12)
    for back, config in zip(encoded.decode(encoded.encode(configs)), configs, strict=True):
        assert back.keys() == config.keys()
        for name, value in config.items():  # a float on a logarithmic scale loses its last digits
            assert back[name] == (pytest.approx(value, rel=1e-12, abs=1e-9) if isinstance(value, float) else value)
            assert type(back[name]) is type(value)
    assert encoded.outside(configs) == []


@given(spaces())
def test_rounding_twice_is_rounding_once(its: Space) -> None:
    encoded = Encoding(its)
    X = encoded.round(anywhere(encoded))
    np.testing.assert_array_equal(encoded.round(X), X)
    assert (encoded.bounds[0] <= X).all()
    assert (encoded.bounds[1] >= X).all()
    np.testing.assert_array_equal(X[~encoded.active(X)], np.broadcast_to(encoded.filler, X.shape)[~encoded.active(X)])


@given(spaces())
def test_every_sample_is_valid_feasible_and_different(its: Space) -> None:
    encoded, X = sample(its)
    assert encoded.feasible(X).all()
    configs = encoded.decode(X)
    assert all(is_valid(its, config) for config in configs)
    assert len({str(sorted(config.items())) for config in configs}) == len(configs)
    np.testing.assert_array_equal(encoded.round(X), X)


@given(spaces())
def test_feasible_is_what_an_independent_evaluator_says_of_decoded_values(its: Space) -> None:
    encoded = Encoding(its)
    X = encoded.round(anywhere(encoded))
    assert encoded.feasible(X).tolist() == [is_valid(its, config) for config in encoded.decode(X)]


@given(spaces())
def test_neighbours_are_valid_and_differ_in_one_value_and_what_depends_on_it(its: Space) -> None:
    encoded, X = sample(its, 5)
    for x in X:
        here = encoded.decode(x[None])[0]
        for config in encoded.decode(encoded.neighbours(x)):
            assert is_valid(its, config)
            differ = [name for name in here if name in config and here[name] != config[name]]
            assert len(differ) == 1


@given(spaces())
def test_a_sample_is_recognised_among_past_points(its: Space) -> None:
    encoded, X = sample(its)
    assert encoded.is_duplicate(X, X[::-1]).all()
    assert encoded.is_duplicate(encoded.encode(encoded.decode(X)), X).all()
    assert not encoded.is_duplicate(X, X[:0]).any()
    apart = encoded.distances(X, X)
    np.testing.assert_array_equal(np.diag(apart), 0.0)
    np.testing.assert_array_equal(apart, apart.T)
    half = len(X) // 2
    expected = (apart[half:, :half] <= 1e-6).any(axis=1) if half else np.zeros(len(X), dtype=bool)
    np.testing.assert_array_equal(encoded.is_duplicate(X[half:], X[:half]), expected)


@given(spaces())
def test_a_space_reads_back_from_its_json(its: Space) -> None:
    back = Space.model_validate_json(its.model_dump_json())
    assert back == its
    assert back.model_dump_json() == its.model_dump_json()
    kinds = [[type(value) for value in getattr(its.parameters[name], "choices", [])] for name in its.parameters]
    assert [[type(value) for value in getattr(back.parameters[name], "choices", [])] for name in its.parameters] == kinds


@given(spaces(3))
def test_the_points_of_a_small_space_are_those_that_brute_force_finds(its: Space) -> None:
    encoded = Encoding(its)
    try:
        points = encoded.points(300)
    except NoFeasiblePoint:
        points = np.empty((0, encoded.d))
    listable = all(axis.values is not None for axis in encoded.axes)
    assert points is not None or not listable or encoded.combinations > 300
    if points is None or not listable:
        return
    found = {str(sorted(config.items())) for config in encoded.decode(points)}
    brute = set()
    for values in product(*(axis.values or [] for axis in encoded.axes)):
        config = {**its.fixed, **dict(zip(encoded.names, values, strict=True))}
        for _ in its.parameters:  # drop what does not exist, parents before children
            config = {
                name: value
                for name, value in config.items()
                if all(parent in config and config[parent] in allowed for parent, allowed in its.parameters[name].when.items())
            }
        if is_valid(its, config):
            brute.add(str(sorted(config.items())))
    assert found == brute
    assert len(points) == len(found)


@given(spaces(), st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_bytes(its: Space, seed: int) -> None:
    assert sample(its, 20, seed)[1].tobytes() == sample(its, 20, seed)[1].tobytes()


@given(spaces(), st.integers(0, 99))
def test_what_rounds_to_a_past_point_is_its_duplicate(its: Space, seed: int) -> None:
    encoded, X = sample(its, 10)
    near = X.copy()
    for i, grid in encoded.discrete.items():
        reach = 0.4 * np.diff(grid).min(initial=1.0)
        near[:, i] += np.random.default_rng(seed).uniform(-reach, reach, len(X))
    assert encoded.is_duplicate(encoded.round(near), X).all()


@given(spaces())
def test_a_sample_lies_within_the_bounds_and_so_does_what_does_not_exist(its: Space) -> None:
    encoded, X = sample(its)
    for points in (X, encoded.filler[None]):
        assert (encoded.bounds[0] <= points).all()
        assert (encoded.bounds[1] >= points).all()


# --- a single number


@pytest.mark.parametrize(
    ("its", "constraints", "ends"),
    [
        (number(0, 1), ["x <= 0.1"], (0.0, 0.1)),
        (number(1e-8, 1, log=True), ["x <= 3e-8", "2*x >= 4e-8"], (2e-8, 3e-8)),
        (number(-3, 5), ["x == 0.7"], (0.7, 0.7)),
        (number(0, 1, step=0.1), ["x >= 0.3", "0.55 >= x"], (0.3, 0.5)),
        (number(0, 1, step=0.0003), ["x <= 0.001"], (0.0, 0.0009)),
        (whole(1, 10**9, log=True), ["x <= 3.7"], (1, 3)),
        (whole(0, 10**6, step=7), ["x >= 15"], (21, 999_999)),
        (number(0, 1), ["x + other <= 3"], (0.0, 0.5)),
    ],
)
def test_a_constraint_of_a_single_number_is_an_end_of_the_box(
    its: dict[str, Any], constraints: list[str], ends: tuple[float, float]
) -> None:
    encoded = encoding({"x": its, "other": number(0, 9), "free": number(0, 1)}, *constraints, fixed={"other": 2.5})
    assert [config["x"] for config in encoded.decode(encoded.bounds)] == pytest.approx(ends, rel=1e-12)
    assert encoded.linear == encoded.equalities == []
    found = [float(str(config["x"])) for config in encoded.decode(encoded.sample(400, 0))]
    assert ends[0] <= min(found) <= max(found) <= ends[1] or ends[0] == ends[1] == pytest.approx(found[0])


@pytest.mark.parametrize("low", [0.0, -7.3, 1e6])
@given(st.floats(1e-3, 1.0), st.booleans())
def test_the_end_of_the_box_keeps_its_constraint_to_the_last_digit(low: float, share: float, log: bool) -> None:
    end = 1e-9 * 1e9**share if log else low + share
    encoded = encoding({"x": number(1e-9, 1, log=True) if log else number(low, low + 1)}, f"x <= {end!r}")
    value = float(str(encoded.decode(encoded.bounds[1:])[0]["x"]))
    assert value <= end
    assert value == pytest.approx(end, rel=1e-12)


def test_past_points_beyond_the_end_of_the_box_keep_their_place() -> None:
    encoded = encoding({"x": number(0, 1)}, "x <= 0.1")
    assert encoded.decode(encoded.encode([{"x": 0.9}])) == [{"x": 0.9}]
    assert not encoded.feasible(encoded.encode([{"x": 0.9}])).any()


def test_constraints_of_a_number_that_exists_sometimes_leave_the_others_alone() -> None:
    encoded = encoding({"k": choice("a", "b"), "x": number(0, 1, when={"k": ["a"]}), "y": number(0, 1)}, "x <= 0.01")
    configs = encoded.decode(encoded.sample(100, 0))
    assert 40 <= sum("x" in config for config in configs) <= 60
    assert all(float(str(config.get("x", 0))) <= 0.01 for config in configs)


def test_the_ratio_of_two_numbers_on_logarithmic_scales_is_linear_in_the_cube() -> None:
    encoded = encoding({n: number(1e-5, 10, log=True) for n in "ab"}, "3*a <= 0.5*b")
    (item,) = encoded.linear
    X = anywhere(encoded, 100)
    for row, config in zip(X, encoded.decode(X), strict=True):
        room = np.log(float(str(config["b"])) / 6) - np.log(float(str(config["a"])))
        assert np.dot(item.coefficients, row[item.indices]) - item.bound == pytest.approx(room)


def test_whole_numbers_keep_a_constraint_exactly_however_large() -> None:
    encoded = encoding({n: whole(0, 10**12) for n in "ab"}, "a + b <= 1000000000000")
    X = encoded.encode([{"a": 4 * 10**11, "b": 6 * 10**11}, {"a": 4 * 10**11, "b": 6 * 10**11 + 1}])
    assert encoded.feasible(X).tolist() == [True, False]


# --- edges


def test_scalars_of_numpy_are_values() -> None:
    encoded = encoding(
        {"k": whole(1, 9), "x": number(0, 1), "o": choice(1, "v"), "b": {"type": "boolean"}, "c": number(0, 1, when={"b": [True]})}
    )
    config: dict[str, Any] = {"k": np.int64(3), "x": np.float32(0.5), "o": np.str_("v"), "b": np.bool_(True), "c": np.float64(0.25)}
    plain = {"k": 3, "x": 0.5, "o": "v", "b": True, "c": 0.25}
    assert encoded.outside([config]) == []
    assert encoded.decode(encoded.encode([config])) == [plain]
    assert [c["o"] for c in encoded.decode(encoded.encode([{**config, "o": np.int32(1)}]))] == [1]
    for name, value in (("k", np.float64(3.5)), ("k", np.bool_(True)), ("b", np.int64(1)), ("x", np.str_("0.5")), ("x", np.nan)):
        assert [found.name for found in encoded.outside([{**config, name: value}])] == [name]


def test_a_space_of_one_point() -> None:
    encoded = encoding({"a": choice("only"), "b": {"type": "ordinal", "choices": [3]}})
    X = encoded.sample(10, 0)
    assert encoded.decode(X) == [{"a": "only", "b": 3}]
    assert encoded.neighbours(X[0]).shape == (0, 2)
    assert encoded.combinations == 1


def test_a_space_without_free_parameters() -> None:
    encoded = encoding({"x": number(0, 1)}, fixed={"x": 0.5, "note": "kept"})
    assert encoded.d == 0
    X = encoded.sample(7, 0)
    assert X.shape == (1, 0)
    assert encoded.decode(X) == [{"x": 0.5, "note": "kept"}]
    assert encoded.encode([{"x": 0.5}, {}]).shape == (2, 0)
    assert encoded.is_duplicate(X, X).all()
    assert encoded.distances(X, X).shape == (1, 1)
    assert encoded.neighbours(X[0]).shape == (0, 0)


def test_whole_numbers_up_to_a_thousand_million_on_a_logarithmic_scale() -> None:
    encoded = encoding({"n": whole(1, 10**9, log=True)})
    values = [1, 2, 3, 999_999_999, 10**9, 123_456_789]
    assert [config["n"] for config in encoded.decode(encoded.encode([{"n": value} for value in values]))] == values
    drawn = np.log10([float(str(config["n"])) for config in encoded.decode(encoded.sample(1000, 0))])
    assert 4.4 < np.median(drawn) < 5.5  # small ones repeat and are dropped
    neighbours = encoded.decode(encoded.neighbours(encoded.encode([{"n": 10}])[0]))
    assert [config["n"] for config in neighbours] == [9, 11]


@pytest.mark.parametrize("log", [False, True])
@given(st.integers(1, 10**13))
def test_the_largest_whole_numbers_keep_their_value(log: bool, value: int) -> None:
    encoded = encoding({"n": whole(1, 10**13, log=log)})
    X = encoded.encode([{"n": value}])
    assert encoded.decode(X) == [{"n": value}]
    np.testing.assert_array_equal(encoded.round(X), X)


def test_small_whole_numbers_on_a_logarithmic_scale_are_drawn_by_ratio() -> None:
    encoded = encoding({"n": whole(1, 1000, log=True), "x": number(0, 1)})
    drawn = [float(str(config["n"])) for config in encoded.decode(encoded.sample(1000, 0))]
    assert 20 < np.median(drawn) < 40


@given(st.floats(1e-300, 1e300))
def test_floats_from_one_end_to_the_other_on_a_logarithmic_scale(value: float) -> None:
    encoded = encoding({"x": number(1e-300, 1e300, log=True)})
    decoded = encoded.decode(encoded.encode([{"x": value}]))[0]["x"]
    assert decoded == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(
    ("its", "values"),
    [
        (number(0, 1, step=0.3), [0.0, 0.3, 0.6, 0.9]),
        (number(0, 0.5, step=0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (whole(1, 10, step=4), [1, 5, 9]),
        (whole(0, 10**6, step=300_000), [0, 300_000, 600_000, 900_000]),
    ],
)
def test_a_step_need_not_divide_the_range(its: dict[str, Any], values: list[float]) -> None:
    assert [config["x"] for config in encoding({"x": its}).decode(encoding({"x": its}).points(10))] == values  # type: ignore[arg-type]


@pytest.mark.parametrize("its", [whole(0, 10**6, step=7), number(0, 1, step=0.0003)])
def test_many_steps_are_kept_to(its: dict[str, Any]) -> None:
    encoded = encoding({"x": its})
    assert encoded.discrete == {}
    X = encoded.sample(200, 0)
    for config in encoded.decode(X):
        steps = float(str(config["x"])) / its["step"]
        assert steps == pytest.approx(round(steps), abs=1e-6)
    neighbours = [float(str(config["x"])) for config in encoded.decode(encoded.neighbours(X[0]))]
    here = float(str(encoded.decode(X[:1])[0]["x"]))
    assert neighbours == pytest.approx([here - its["step"], here + its["step"]])


def test_nested_conditions() -> None:
    its = space(
        {
            "layers": whole(1, 3),
            "norm": {"type": "boolean"},
            "kind": choice("batch", "layer", when={"norm": [True]}),
            "momentum": number(0, 1, when={"kind": ["batch"]}),
            "second": whole(1, 9, when={"layers": [2, 3]}),
        }
    )
    encoded = Encoding(its)
    configs = encoded.decode(encoded.sample(200, 0))
    assert {tuple(sorted(config)) for config in configs} == {
        tuple(sorted(["layers", "norm", *extra, *second]))
        for extra in ([], ["kind"], ["kind", "momentum"])
        for second in ([], ["second"])
    }
    x = encoded.encode([{"layers": 1, "norm": False, "momentum": 0.9, "kind": "batch"}])  # what does not exist does not count
    assert encoded.decode(x) == [{"layers": 1, "norm": False}]


def test_a_child_declared_before_its_parent() -> None:
    encoded = encoding({"momentum": number(0, 1, when={"optimizer": ["sgd"]}), "optimizer": choice("adam", "sgd")})
    assert encoded.decode(encoded.encode([{"optimizer": "sgd", "momentum": 0.5}])) == [{"momentum": 0.5, "optimizer": "sgd"}]
    assert encoded.decode(encoded.encode([{"optimizer": "adam"}])) == [{"optimizer": "adam"}]


@pytest.mark.parametrize(("value", "dims"), [("sgd", {"optimizer", "momentum", "lr"}), ("adam", {"optimizer", "lr"})])
def test_fixed_parents(value: str, dims: set[str]) -> None:
    encoded = encoding(
        {"optimizer": choice("adam", "sgd"), "momentum": number(0, 1, when={"optimizer": ["sgd"]}), "lr": number(0, 1)},
        fixed={"optimizer": value},
    )
    assert encoded.names == ["momentum", "lr"]
    assert {name for config in encoded.decode(encoded.sample(5, 0)) for name in config} == dims


def test_the_conditions_of_a_fixed_parent_are_those_of_its_children() -> None:
    encoded = encoding(
        {
            "a": choice("x", "y", "z"),
            "b": {"type": "boolean", "when": {"a": ["x", "y"]}},
            "c": {"type": "boolean", "when": {"b": [True]}},
            "d": number(0, 1, when={"c": [True], "a": ["y", "z"]}),
        },
        fixed={"b": True, "c": True},
    )
    configs = encoded.decode(encoded.sample(60, 0))
    assert {tuple(config) for config in configs} == {("a",), ("a", "b", "c"), ("a", "b", "c", "d")}
    assert all(("b" in config) == (config["a"] != "z") and ("d" in config) == (config["a"] == "y") for config in configs)
    assert encoded.outside(configs) == []


def test_a_fixed_child_exists_where_its_parent_says_so_whatever_the_order() -> None:
    encoded = encoding(
        {"momentum": number(0, 1, when={"optimizer": ["sgd"]}), "optimizer": choice("adam", "sgd")},
        "momentum <= 0.5",
        fixed={"momentum": 0.9},
    )
    assert encoded.decode(encoded.sample(5, 0)) == [{"optimizer": "adam"}]  # with sgd the constraint is broken


def test_forbidden_combinations_with_fixed_and_conditional_parts() -> None:
    encoded = encoding(
        {"a": choice("x", "y"), "b": choice("u", "v"), "c": choice("p", "q", when={"b": ["v"]}), "size": whole(1, 2)},
        fixed={"size": 2},
        forbidden=[{"a": ["x"], "c": ["p"], "size": [2]}, {"a": ["y"], "size": [1]}],
    )
    configs = encoded.decode(encoded.sample(50, 0))
    assert len(configs) == 5
    assert {"a": "x", "b": "v", "c": "p", "size": 2} not in configs


@pytest.mark.parametrize(
    ("config", "where", "said"),
    [
        ({"x": 2.0, "n": 1}, "x", "2.0 is not in the space (expected a number from 0 to 1)"),
        ({"x": 0.5}, "n", "is not given"),
        ({"x": True, "n": 1}, "x", "True is not"),
        ({"x": 0.5, "n": 1.5}, "n", "a whole number from 1 to 9"),
        ({"x": float("nan"), "n": 1}, "x", "nan is not"),
        ({"x": float("inf"), "n": 1}, "x", "inf is not"),
        ({"x": 0.5, "n": float("inf")}, "n", "inf is not"),
        ({"x": 10**400, "n": 1}, "x", "is not in the space"),
        ({"x": 0.5, "n": 1, "fixed": "other"}, "fixed", "expected this"),
        ({"x": "0.5", "n": 1}, "x", "0.5 is not"),
    ],
)
def test_what_lies_outside_is_refused(config: dict[str, Any], where: str, said: str) -> None:
    encoded = encoding({"x": number(0, 1), "n": whole(1, 9), "fixed": choice("this", "other")}, fixed={"fixed": "this"})
    with pytest.raises(SpaceError, match="^" + where) as caught:
        encoded.encode([{"x": 0.5, "n": 3}, config])
    assert said in str(caught.value)


def test_whole_floats_are_whole_numbers() -> None:
    assert encoding({"n": whole(1, 9)}).decode(encoding({"n": whole(1, 9)}).encode([{"n": 4.0}])) == [{"n": 4}]


def test_constraints_in_the_cube_say_what_the_configurations_say() -> None:
    encoded = encoding(
        {"a": number(-2, 3), "b": whole(10, 20), "c": number(1e-3, 1, log=True), "d": number(0, 1), "e": number(0, 9)},
        "a + 2*b <= 30",
        "c <= d",
        "a - d == 0.5",
        "a + e <= 4",
        fixed={"e": 2},
    )
    assert [sorted(item.indices) for item in encoded.linear] == [[0, 1]]
    assert [sorted(item.indices) for item in encoded.equalities] == [[0, 3]]
    X = encoded.round(anywhere(encoded, 200))
    for row, config in zip(X, encoded.decode(X), strict=True):
        first, third = encoded.linear[0], encoded.equalities[0]
        values = {name: float(str(value)) for name, value in config.items()}
        assert np.dot(first.coefficients, row[first.indices]) - first.bound == pytest.approx(30 - values["a"] - 2 * values["b"])
        assert (row[0] <= encoded.bounds[1, 0]) == (values["a"] + 2 <= 4)
        assert np.dot(third.coefficients, row[third.indices]) - third.bound == pytest.approx(-(values["a"] - values["d"] - 0.5))
