"""Points that fill a space: however little of it is valid, and however fast."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from fits.space import Encoding, NoFeasiblePoint
from tests.fits.space.made import choice, encoding, is_valid, number, whole


def drawn(encoded: Encoding, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """The configurations of a sample, checked."""
    X = encoded.sample(n, seed)
    configs = encoded.decode(X)
    assert len({str(config) for config in configs}) == len(configs)
    assert all(is_valid(encoded.space, config) for config in configs)
    assert encoded.feasible(X).all()
    return configs


def test_a_thousand_points_in_fifty_dimensions_take_less_than_a_second() -> None:
    encoded = encoding({f"x{i}": number(0, 1) for i in range(50)})
    encoded.sample(10, 0)  # imports
    start = time.process_time()
    X = encoded.sample(1000, 0)
    assert time.process_time() - start < 1.0
    assert X.shape == (1000, 50)
    np.testing.assert_allclose(X.mean(axis=0), 0.5, atol=0.01)  # a random sample strays three times as far


def test_levels_and_values_are_drawn_equally_often() -> None:
    encoded = encoding({"a": choice("x", "y", "z"), "n": whole(0, 3), "x": number(0, 1)})
    configs = drawn(encoded, 1200)
    for name, count in (("a", 3), ("n", 4)):
        _, counts = np.unique([str(config[name]) for config in configs], return_counts=True)
        assert len(counts) == count
        assert (abs(counts - 1200 / count) < 20).all()


def test_a_finite_space_is_given_whole() -> None:
    encoded = encoding({"a": choice("x", "y", "z"), "n": whole(1, 4)}, forbidden=[{"a": ["x"], "n": [1]}])
    assert len(drawn(encoded, 100)) == 11
    assert len(drawn(encoded, 5)) == 5


@pytest.mark.parametrize(
    ("its", "constraint", "values"),
    [
        (whole(1, 20_000, log=True), "x >= 19998", [19_998, 19_999, 20_000]),
        (whole(0, 10**9, step=7), "x <= 20", [0, 7, 14]),
        (number(0, 1, step=1e-5), "2*x <= 4.1e-5", [0.0, 1e-5, 2e-5]),
        (number(0, 1), "x == 0.5", [0.5]),
        (choice("x"), "y <= 3", ["x"]),
    ],
)
def test_what_constraints_of_a_single_number_leave_finite_is_given_whole(its: Any, constraint: str, values: list[Any]) -> None:
    encoded = encoding({"x": its, "y": whole(1, 3)}, constraint)
    assert encoded.combinations == 3 * len(values)
    assert {(config["x"], config["y"]) for config in drawn(encoded, 100)} == {(x, y) for x in values for y in (1, 2, 3)}


def test_no_points_are_asked_for() -> None:
    assert encoding({"x": number(0, 1)}).sample(0, 0).shape == (0, 1)


@pytest.mark.parametrize(
    ("parameters", "constraints"),
    [
        pytest.param({n: number(0, 1) for n in "abc"}, ["a + b + c == 1"], id="mixture"),
        pytest.param({n: whole(0, 100) for n in "abc"}, ["a + b + c == 100"], id="mixture of whole numbers"),
        pytest.param({n: whole(0, 10**6) for n in "abc"}, ["a + b + c == 1000000"], id="mixture of large whole numbers"),
        pytest.param(
            {**{n: whole(0, 100) for n in "abcd"}, "e": number(0, 100)}, ["a+b+c+d+e == 100", "a <= b"], id="mixed mixture"
        ),
        pytest.param({n: number(0, 1, step=0.1) for n in "abcdef"}, ["a+b+c+d+e+f == 1"], id="mixture in steps"),
        pytest.param(
            {n: number(0, 1) for n in "abc"}, ["a - b <= 1e-7", "b - a <= 1e-7", "b - c <= 1e-7", "c - b <= 1e-7"], id="thin"
        ),
        pytest.param({n: number(0, 1) for n in "ab"}, ["a <= b", "b <= a"], id="flat"),
        pytest.param({n: number(0, 1) for n in "abcdefghij"}, ["a+b+c+d+e+f+g+h+i+j <= 1e-3"], id="corner"),
        pytest.param({n: number(1e-4, 1, log=True) for n in "ab"}, ["a + b == 1"], id="mixture on logarithmic scales"),
        pytest.param({n: whole(1, 10**6, log=True) for n in "ab"}, ["a + b == 1000"], id="logarithmic whole numbers"),
        pytest.param({"a": number(-1e6, 1e6), "b": number(0, 1e-3)}, ["a == 1000*b"], id="scales far apart"),
        pytest.param({n: number(1e-5, 1, log=True) for n in "ab"}, ["a >= 85000*b"], id="corner on logarithmic scales"),
        pytest.param({n: number(1e-5, 1, log=True) for n in "ab"}, ["a <= 1.001*b", "b <= a"], id="thin on logarithmic scales"),
        pytest.param({n: number(1e-5, 1, log=True) for n in "abcd"}, ["a + b + c + d >= 3.5"], id="large on logarithmic scales"),
        pytest.param({n: number(1e-5, 1, log=True) for n in "abcd"}, ["a + b + c + d <= 1e-4"], id="small on logarithmic scales"),
        pytest.param(
            {"a": number(1e-6, 1, log=True), "b": number(0, 1)}, ["a >= 0.9999*b + 5e-5", "a <= b + 6e-5"], id="thin on two scales"
        ),
        pytest.param(
            {"a": whole(1, 50), "b": whole(1, 1000), "c": number(0, 100), "d": number(1e-3, 1e3, log=True)},
            ["a + c <= 3", "b >= 300*a", "d <= 0.001*b"],
            id="whole numbers and others",
        ),
        pytest.param(
            {**{n: whole(0, 20) for n in "abcd"}, **{n: number(0, 20) for n in "efgh"}},
            ["a + b + c + d + e + f + g + h <= 12"],
            id="whole numbers and others in a corner",
        ),
    ],
)
def test_where_chance_finds_little(parameters: dict[str, Any], constraints: list[str]) -> None:
    encoded = encoding(parameters, *constraints)
    configs = drawn(encoded, 100)
    assert len(configs) == 100
    spread = np.array([[float(value) for value in config.values()] for config in configs]).std(axis=0)
    assert (spread > 0).all()


def test_walks_are_uniform() -> None:
    encoded = encoding({n: number(0, 1) for n in "abcde"}, "a+b+c+d+e == 1")
    values = np.array([list(config.values()) for config in drawn(encoded, 3000)])
    np.testing.assert_allclose(values.mean(axis=0), 0.2, atol=0.012)
    np.testing.assert_allclose(values.std(axis=0), np.sqrt(0.2 * 0.8 / 6), atol=0.012)  # Dirichlet(1, 1, 1, 1, 1)


def test_a_wide_mixture_has_no_preferred_part() -> None:
    names = [f"x{i}" for i in range(30)]
    values = np.array(
        [list(config.values()) for config in drawn(encoding({n: number(0, 1) for n in names}, f"{'+'.join(names)} == 1"), 500)]
    )
    np.testing.assert_allclose(values.mean(axis=0), 1 / 30, atol=0.01)


def test_an_equality_of_a_parameter_that_exists_sometimes_hides_no_level() -> None:
    encoded = encoding({"kind": choice("p", "q"), "m": number(0, 1, when={"kind": ["p"]}), "n": number(0, 1)}, "m + n == 1")
    kinds = [config["kind"] for config in drawn(encoded, 60)]
    assert 15 <= kinds.count("p") <= 45


def test_a_thin_inequality_of_a_parameter_that_exists_sometimes_hides_no_level() -> None:
    encoded = encoding(
        {"kind": choice("p", "q"), "m": number(0, 1, when={"kind": ["p"]}), **{n: number(0, 1) for n in "xyz"}},
        "m + x + y + z <= 0.05",
    )
    configs = drawn(encoded, 60)
    assert 15 <= sum(config["kind"] == "p" for config in configs) <= 45


@pytest.mark.parametrize("steps", [0, 4, 100])
def test_corners_are_filled_evenly(steps: int) -> None:
    its = {n: number(0, 1, step=1.0 / steps if steps else None) for n in "abcde"}
    encoded = encoding({**its, "f": number(0.1, 1, log=True)}, "a + b - c + d + 0.5*e + 0.1*f <= -0.15")
    cube = np.random.default_rng(0).random((2_000_000, 6))
    if steps:
        cube[:, :5] = np.floor(cube[:, :5] * (steps + 1)) / steps
    a, b, c, d, e, f = cube.T
    expected = cube[a + b - c + d + 0.5 * e + 0.1 * 10 ** (f - 1) <= -0.15].mean(axis=0)
    values = encoded.encode(drawn(encoded, 800))
    np.testing.assert_allclose(values.mean(axis=0), expected, atol=0.03)


def test_a_plate_is_filled_evenly() -> None:
    values = np.array(
        [list(config.values()) for config in drawn(encoding({n: number(0, 1) for n in "abc"}, "a + b + c == 1.5"), 2000)]
    )
    square = np.random.default_rng(0).random((100_000, 2))
    expected = square[np.abs(square.sum(axis=1) - 1.0) <= 0.5]
    np.testing.assert_allclose(values.mean(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(values.std(axis=0), expected.std(), rtol=0.04)


def test_few_points_among_very_many_combinations() -> None:
    encoded = encoding({n: whole(0, 100) for n in "abc"}, "a + b + c >= 299")
    assert sorted(tuple(config.values()) for config in drawn(encoded, 100)) == [
        (99, 100, 100),
        (100, 99, 100),
        (100, 100, 99),
        (100, 100, 100),
    ]


def test_the_constraint_that_cannot_be_kept_is_named() -> None:
    encoded = encoding({"x": number(1e-3, 1, log=True), "k": whole(0, 10), "y": number(0, 1)}, "x + y <= 1", "x + 2*k >= 23")
    with pytest.raises(NoFeasiblePoint, match=r"no configuration keeps 'x \+ 2\*k >= 23'"):
        encoded.sample(10, 0)


@pytest.mark.parametrize(
    ("parameters", "constraints", "more"),
    [
        pytest.param({n: number(0, 1) for n in "ab"}, ["a + b >= 3"], {}, id="out of reach"),
        pytest.param({n: whole(0, 10**6) for n in "ab"}, ["2*a + 2*b == 7"], {}, id="parity"),
        pytest.param({n: whole(0, 9) for n in "ab"}, ["2*a + 2*b == 7"], {}, id="parity of few"),
        pytest.param({n: number(0, 1) for n in "ab"}, ["a + b <= 1"], {"fixed": {"a": 1.0, "b": 1.0}}, id="fixed"),
        pytest.param({n: number(0, 1) for n in "ab"}, ["a - b >= 0.5", "b - a >= 0.5"], {}, id="contradiction"),
        pytest.param({"a": choice("x", "y")}, [], {"forbidden": [{"a": ["x", "y"]}]}, id="all forbidden"),
        pytest.param(
            {"a": choice("x", "y"), "b": number(0, 1)}, [], {"forbidden": [{"a": ["x", "y"]}]}, id="all forbidden, infinite"
        ),
        pytest.param({n: number(1e-3, 1, log=True) for n in "ab"}, ["a + b == 3"], {}, id="out of reach on logarithmic scales"),
    ],
)
def test_no_feasible_point(parameters: dict[str, Any], constraints: list[str], more: dict[str, Any]) -> None:
    with pytest.raises(NoFeasiblePoint, match="no configuration"):
        encoding(parameters, *constraints, **more).sample(10, 0)
