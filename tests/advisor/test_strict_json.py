"""What is read is JSON to the letter, however the line begins and ends; what is written is what `json` writes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["", "\n", "\r\n", " \n"]), st.sampled_from(["", " ", "\ufeff"]))
def test_what_is_written_is_read_again(value: Any, end: str, start: str) -> None:
    text = strict_json.compact(value)
    assert text == json.dumps(value, separators=(",", ":"))
    assert strict_json.loads((start + text + end).encode()) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a":1} x', r"not complete JSON: Extra data \(line 1, column 9\)"),
        (b'{"a":1}\n{"a":2}\n', r"not complete JSON: Extra data \(line 2, column 1\)"),
        (b'{"a":1}\x0b', "not complete JSON: Extra data"),
        (b'{"a":1,"a":2}\n', "stands twice"),
        (b'{"a":NaN}\n', "NaN is not JSON"),
        (b'{"a":1e999}\n', "too large"),
        (b'{"a":' + b"[" * 200_000, "nested too deeply"),
        (b"", "not complete JSON"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strict_json.loads(data)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_nan_or_infinity_is_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        strict_json.compact({"a": value})
