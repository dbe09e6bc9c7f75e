"""Spaces that nobody would write, or only a machine: answered, and in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fits.space import Encoding
from tests.fits.space.made import choice, encoding, is_valid, number, space, whole

BOOLEAN: dict[str, Any] = {"type": "boolean"}


def chain(length: int) -> dict[str, Any]:
    """Parameters of which each exists only where the one before is true."""
    return {"p0": BOOLEAN, **{f"p{i}": {**BOOLEAN, "when": {f"p{i - 1}": [True]}} for i in range(1, length)}}


def lattice(length: int) -> dict[str, Any]:
    """Pairs of parameters that exist whatever both of the pair before are: the ways down double with each."""
    made = {"a0": BOOLEAN, "b0": BOOLEAN}
    for i in range(1, length):
        when = {f"a{i - 1}": [False, True], f"b{i - 1}": [False, True]}
        made |= {f"{name}{i}": {**BOOLEAN, "when": when} for name in "ab"}
    return made


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: encoding({f"x{i}": number(0, 1) for i in range(200)}), id="200 parameters"),
        pytest.param(
            lambda: encoding({f"x{i}": whole(1, 50) for i in range(200)}, " + ".join(f"x{i}" for i in range(200)) + " <= 220"),
            id="200 parameters in a corner",
        ),
        pytest.param(lambda: encoding({"c": choice(*range(1000)), "x": number(0, 1)}), id="1,000 levels"),
        pytest.param(lambda: encoding(chain(300)), id="a chain of conditions"),
        pytest.param(lambda: encoding(lattice(100)), id="a lattice of conditions"),
        pytest.param(
            lambda: encoding(lattice(100), fixed={f"{n}{i}": True for n in "ab" for i in range(1, 99)}), id="a fixed lattice"
        ),
    ],
)
def test_large_spaces_are_answered_in_time(made: Callable[[], Encoding]) -> None:
    start = time.process_time()
    encoded = made()
    X = encoded.sample(32, 0)
    configs = encoded.decode(X)
    assert encoded.outside(configs) == []
    np.testing.assert_allclose(encoded.encode(configs), X, atol=1e-12)
    assert encoded.feasible(encoded.neighbours(X[0])).all()
    assert len(X) > 5
    assert all(is_valid(encoded.space, config) for config in configs[:3])
    assert time.process_time() - start < 10.0


def test_a_pool_of_a_hundred_thousand_rows_is_read_in_seconds() -> None:
    encoded = encoding({"x": number(0, 1), "n": whole(1, 10**6), "c": choice("a", "b", "c")}, "n <= 900000*x")
    random, rows = np.random.default_rng(0), 100_000
    columns = random.random(rows).tolist(), random.integers(1, 10**6, rows).tolist(), random.choice(list("abc"), rows).tolist()
    pool = [{"x": x, "n": n, "c": c} for x, n, c in zip(*columns, strict=True)]
    start = time.process_time()
    assert encoded.outside(pool) == []
    X = encoded.encode(pool)
    expected = [row["n"] <= 900000 * row["x"] for row in pool]
    assert (encoded.feasible(X) == expected).all()
    assert encoded.is_duplicate(X, X[:500]).sum() == 500
    assert time.process_time() - start < 10.0


def test_names_may_hold_markup_signs_and_escape_codes() -> None:
    names = ["[bold]x[/x]", "\x1b[31mred", "日本 語", "a\nb", "\u202eevil", "x <= 1", '"', "1e5"]
    encoded = encoding({name: number(0, 1) for name in names}, "[bold]x[/x] + 2*(日本 語) - a\nb <= '1e5' - x <= 1")
    assert encoded.space.linear()[0].coefficients == {"[bold]x[/x]": 1, "日本 語": 2, "a\nb": -1, "1e5": -1, "x <= 1": 1}
    configs = encoded.decode(encoded.sample(20, 0))
    for config in configs:
        values = {name: float(str(value)) for name, value in config.items()}
        left = values["[bold]x[/x]"] + 2 * values["日本 語"] - values["a\nb"]
        assert left <= values["1e5"] - values["x <= 1"] + 1e-9
    again = Encoding(space({name: number(0, 1) for name in names}))
    np.testing.assert_array_equal(again.encode(configs), encoded.encode(configs))
