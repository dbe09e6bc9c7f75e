"""The fast way through a plain block: what it takes, what it leaves to the strict reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import LogError
from advisor.logs import read_log
from advisor.logs.plain import Wanted, parse_plain
from fits.step_law.schema import Log

BOTH = (Wanted(1, number=True), Wanted(0, number=False))


def test_a_plain_block_gives_its_columns() -> None:
    numbers, words = parse_plain("NA,1e-3,x\n null,2,y\n", ",", 3, BOTH) or ([], [])
    assert numbers.tolist() == [0.001, 2.0]
    assert words == ["NA", " null"]


@pytest.mark.parametrize(
    "row", ['"a",1,x', "ä,1,x", "a,1", "a,1,x,y", "a,1_000,x", "a,,x", "a,nan,x", "a,1e309,x", "a,0x1,x", "", "a,1,x\r"]
)
def test_anything_else_is_left_to_the_strict_reader(row: str) -> None:
    assert parse_plain(f"a,1,x\n{row}\n", ",", 3, BOTH) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_reads_back_exactly(values: list[float]) -> None:
    block = "".join(f"a,{value!r}\n" for value in values)
    columns = parse_plain(block, ",", 2, (Wanted(1, number=True),))
    assert columns is not None
    assert columns[0].tolist() == values


def test_lines_count_on_after_the_plain_part(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    plain = "1,2,0.1,4,2.5\n" * 200_000
    path.write_text(f"N,D,lr,batch_tokens,loss\n{plain}1,2,0.1,4,\n1,2,zero,4,2.5\n")
    with pytest.raises(LogError) as caught:
        read_log(str(path), Log)
    assert (caught.value.line, caught.value.column, caught.value.value) == (200_003, "lr", "zero")
