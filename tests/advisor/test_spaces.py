"""Search spaces and pools from files: TOML, YAML and JSON of anybody, and what is said of bad ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError, InputError, LogError
from advisor.spaces import read_pool, read_space
from advisor.strict_yaml import loads
from fits.space import Space

BILLION = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + of] * 10)}]\n" for of, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DATA = Path(__file__).parents[1] / "fits" / "space" / "data"
TOML = """\
constraints = ["lr <= 10 * decay"]
outcome_constraints = ["latency <= 100"]
forbidden = [{ optimizer = ["adam"], batch = [16] }]
fixed = { epochs = 10 }
cost = "seconds"

[parameters]
lr = { type = "float", low = 1e-5, high = 0.1, log = true }
decay = { type = "float", low = 0, high = 1 }
batch = { type = "ordinal", choices = [16, 32, 64] }
optimizer = { type = "categorical", choices = ["adam", "sgd", "no"] }
nesterov = { type = "boolean", when = { optimizer = ["sgd"] } }

[objectives]
val_loss = { direction = "minimize", reference = 1.0 }
"""
YAML = """\
# the same
parameters:
  lr: {type: float, low: 1e-5, high: 0.1, log: true}
  decay: {type: float, low: 0, high: 1}
  batch: {type: ordinal, choices: [16, 32, 64]}
  optimizer: {type: categorical, choices: [adam, sgd, no]}
  nesterov:
    type: boolean
    when: {optimizer: [sgd]}
constraints:
  - lr <= 10 * decay
outcome_constraints: [latency <= 100]
forbidden: [{optimizer: [adam], batch: [16]}]
fixed: {epochs: 10}
cost: seconds
objectives: {val_loss: {direction: minimize, reference: 1}}
"""


def file(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize("suffix", [".toml", ".TOML", ""])
def test_toml(tmp_path: Path, suffix: str) -> None:
    space = read_space(file(tmp_path, "space" + suffix, TOML))
    assert list(space.parameters) == ["lr", "decay", "batch", "optimizer", "nesterov"]
    assert space.parameters["nesterov"].when == {"optimizer": ["sgd"]}


@pytest.mark.parametrize("name", ["space.yaml", "space.yml", "space", "space.txt"])
def test_yaml_says_the_same(tmp_path: Path, name: str) -> None:
    assert read_space(file(tmp_path, name, YAML)) == read_space(file(tmp_path, "space.toml", TOML))


@pytest.mark.parametrize("name", ["space.json", "space", "space.yaml"])
def test_json_says_the_same(tmp_path: Path, name: str) -> None:
    space = read_space(file(tmp_path, "space.toml", TOML))
    assert read_space(file(tmp_path, name, space.model_dump_json(indent=1))) == space
    assert read_space(file(tmp_path, name, "\ufeff" + space.model_dump_json())) == space


@pytest.mark.parametrize(
    "name", ["optuna.json", "optuna_text.json", "optuna_old.json", "ax_client.json", "ax_configs.json", "ax_dependents.json"]
)
def test_files_of_optuna_and_ax(tmp_path: Path, name: str) -> None:
    space = read_space(str(DATA / name))
    assert isinstance(space, Space)
    assert read_space(file(tmp_path, "copy", (DATA / name).read_bytes())) == space


def test_numbers_and_words_in_yaml_are_what_people_mean() -> None:
    text = "a: [1e-5, 1E5, .5, 5., -1.5e-3, +2, 010, 1:30, no, on, y, true, False, null, ~, 2024-01-02, 1_000, 0x1F, '1e-5', None]"
    expected = [1e-5, 1e5, 0.5, 5.0, -1.5e-3, 2, 10, "1:30", "no", "on", "y", True, False, None, None]
    assert loads(text.encode()) == {"a": [*expected, "2024-01-02", "1_000", "0x1F", "1e-5", "None"]}
    assert loads(b"on: 1\n1: 2\n1e-5: 3\nnull: 4\n") == {"on": 1, "1": 2, "1e-5": 3, "null": 4}
    assert loads(b"a: &x {type: float, low: 0}\nb: {<<: *x, low: 1}\n") == {
        "a": {"type": "float", "low": 0},
        "b": {"type": "float", "low": 1},
    }


@pytest.mark.parametrize("value", [1e-5, 1e300, 5e-324, -0.1, 123456789.123, 0.0, 1.0])
def test_yaml_reads_what_python_writes_of_a_number(value: float) -> None:
    assert loads(f"x: {value!r}".encode()) == {"x": value}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", "[parameters\n", "not TOML: "),
        ("a.toml", "[parameters]\nx = 1\nx = 2\n", "not TOML: Cannot overwrite a value (at line 3, column 6)"),
        ("a.toml", "[parameters.x]\ntype='float'\nlow=0\nhigh=inf\n", "parameters.x.high: must be finite (found inf)"),
        ("a.toml", "[parameters.x]\ntype='float'\nlow=nan\nhigh=1\n", "parameters.x.low: must be finite"),
        ("a.toml", "[parameters.x]\ntype='float'\nlow=2024-01-01\nhigh=1\n", "parameters.x.low: must be"),
        ("a.toml", "[parameters.x]\ntype='float'\nlow=0\nhgih=1\n", "x.hgih: is no key of type float; did you mean high?"),
        ("a.toml", "[parameters.x]\ntype='float'\nlow='0'\nhigh=1\n", "parameters.x.low: must be a number (found '0')"),
        ("a.yaml", "parameters: {x: {type: float, low: true, high: 2}}", "parameters.x.low: must be a number (found true)"),
        ("a.yaml", "parameters: {x: {type: float, low: 1, high: 2, log: yes}}", "x.log: must be true or false (found 'yes')"),
        ("a.toml", "[parameters.x]\ntype='categorical'\nchoices=['a', 2024-01-01]\n", "choices.2: must be text, a number"),
        ("a.yaml", "outcome_constraints: [y about 3]\nparameters: {x: {type: boolean}}", "outcome_constraints.1: expected a rule"),
        ("a.yaml", "constraints: [x*y < 1]\nparameters: {x: &n {type: float, low: 0, high: 1}, y: *n}", "a product of parameters"),
        ("a.toml", "[lr]\ntype='float'\nlow=0\nhigh=1\n", "put the parameters under this key"),
        ("a.toml", "x = " + "[" * 5000, "a.toml"),
        ("a.toml", "x = " + "9" * 5000, "a.toml: not TOML"),
        ("a.yaml", "parameters:\n  x: {low: 1}\n  x: {low: 2}\n", "the key 'x' stands twice (line 3, column 3)"),
        ("a.yaml", "parameters: {x: {type: float, low: .nan, high: 1}}", "parameters.x.low: must be finite (found nan)"),
        ("a.yaml", "parameters: {x: {type: float, low: -.inf, high: 1}}", "parameters.x.low: must be finite"),
        ("a.yaml", "parameters: [\n", "not YAML: "),
        ("a.yaml", "? [a]\n: 1\n", "a key must be text"),
        ("a.yaml", "a: 1\n---\nb: 2\n", "not YAML: "),
        ("a.yaml", "a: !!python/object/apply:os.system [ls]", "not YAML: "),
        ("a.yaml", "a: *x", "not YAML: "),
        ("a.yaml", "a: &x [*x]", "more than 100,000 values"),
        ("a.yaml", BILLION, "more than 100,000 values"),
        ("a.yaml", "x: " + "9" * 5000, "the number is too large"),
        ("a.yaml", "x: " + "[" * 5000, "nested too deeply"),
        ("a.yaml", "x: \x00", "not YAML: "),
        ("a.yaml", "just text", "must be a table with the key parameters"),
        ("a.yaml", "# nothing\n", "must be a table with the key parameters"),
        ("a.json", '{"parameters": NaN}', "NaN is not JSON"),
        ("a.json", '{"parameters": 1e400}', "too large"),
        ("a.json", '{"parameters": {}, "parameters": {}}', "'parameters' stands twice"),
        ("a.json", '{"parameters": ', "not complete JSON"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", b'{"parameters": "\xff"}', "not UTF-8"),
        ("a.toml", b"x = '\xff'", "not UTF-8 text (byte 5)"),
        ("a.yaml", b"x: \xff", "not UTF-8 text (byte 3)"),
        ("a", b"\xff\xfe\x00", "not UTF-8"),
        ("a.json", "", "is empty"),
        ("a.json", " \n", "is empty"),
        ("a.json", '{"parameters": {"\x1b[31mx": {"type": "float"}}}', "a.json"),
        ("a.json", '{"parameters": {"\\u001b[31mx": {"type": "float"}}}', "parameters.[31mx.low: is missing"),
        ("a.json", "3", "must be a table"),
        ("a.csv", "lr,loss\n1,2\n", "a.csv"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_space(file(tmp_path, name, content))
    assert said in caught.value.message
    assert name in caught.value.message
    assert caught.value.advice
    assert caught.value.exit_code == 3
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 400


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, said in (
        (str(tmp_path / "none.toml"), "No such file"),
        (str(tmp_path), "directory"),
        ("a\0b", "null"),
        ("/dev/zero", "too large to be a search space"),
    ):
        with pytest.raises(InputError, match=said):
            read_space(path)


def test_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 1 << 30)
    with pytest.raises(InputError, match="too large"):
        read_space(str(path))


@given(st.binary(max_size=60) | st.text(alphabet="abx:{}[]-\n #&*!<>'\"1e.,=", max_size=60).map(str.encode))
def test_whatever_the_bytes_they_are_a_space_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("h.toml", "h.yaml", "h.json", "h"):
        try:
            read_space(file(folder, name, data))
        except InputError as error:
            assert error.advice  # noqa: PT017


# --- pools


def test_a_pool_from_csv(tmp_path: Path) -> None:
    content = "lr,batch,optimizer,nesterov,depth,code\n1e-3,16,adam,,3,007x\n0.01,32,sgd,True,None,8\n"
    assert read_pool(file(tmp_path, "pool.csv", content)) == [
        {"lr": 1e-3, "batch": 16, "optimizer": "adam", "depth": "3", "code": "007x"},
        {"lr": 0.01, "batch": 32, "optimizer": "sgd", "nesterov": True, "depth": "None", "code": "8"},
    ]


def test_a_pool_from_json_lines_and_parquet(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"lr": 1e-3, "batch": 16, "ok": True, "kind": "a"},
        {"lr": 2.0, "batch": 32, "ok": False, "kind": "b"},
    ]
    assert read_pool(file(tmp_path, "pool.jsonl", "\n".join(map(json.dumps, rows)))) == rows
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "pool.parquet")
    found = read_pool(str(tmp_path / "pool.parquet"))
    assert found == rows
    assert [[type(value) for value in row.values()] for row in found] == [[float, int, bool, str]] * 2


def test_a_pool_keeps_names_like_roles_and_patterns(tmp_path: Path) -> None:
    assert read_pool(file(tmp_path, "pool.csv", "status,[a],x y\n1,2,3\n4,5,6\n")) == [
        {"status": 1, "[a]": 2, "x y": 3},
        {"status": 4, "[a]": 5, "x y": 6},
    ]


@pytest.mark.parametrize(
    ("content", "line", "column", "said"),
    [
        ("x,y\n1,2\n3\n", 3, None, "has 1 cells"),
        ("x,x\n1,2\n", 1, "x", "two columns have this name"),
        ("x,y\n1,2\n3,nan\n", 3, "y", "is not finite"),
        ("x,y\n1,2\n3,1e999\n", 3, "y", "is not finite"),
        ("x,y\n1,2\n,\n", 3, None, "holds no configuration"),
        ("x,y\n", None, None, "no data rows"),
        ("", None, None, "empty"),
        ('{"x": [1]}\n', 1, "x", "holds an array or object"),
        ('{"x": 1}\n{"x": \n', 2, None, "is not JSON"),
        (b"x,y\n\xff,1\n", 2, None, "is not utf-8"),
    ],
)
def test_what_is_wrong_with_a_pool(tmp_path: Path, content: str | bytes, line: int | None, column: str | None, said: str) -> None:
    with pytest.raises(LogError) as caught:
        read_pool(file(tmp_path, "pool.csv", content))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert said in caught.value.message
    assert caught.value.exit_code == 3


@given(st.lists(st.lists(st.text(alphabet="1e.-natrue ", max_size=5), min_size=2, max_size=2), min_size=1, max_size=4))
def test_whatever_the_cells_a_pool_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    content = "x,y\n" + "\n".join(",".join(row) for row in cells) + "\n"
    try:
        rows = read_pool(file(tmp_path_factory.getbasetemp(), "h.csv", content))
    except AdvisorError as error:
        assert isinstance(error, LogError)  # noqa: PT017
        return
    for name in ("x", "y"):
        assert len({type(row[name]) for row in rows if name in row}) <= 1
