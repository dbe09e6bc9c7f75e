"""The fit file: what is written reads back the same, and anything else is refused with one clear line."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import artifact, strict_json
from advisor.errors import FitError, OutputError
from advisor.files import write_atomically

FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | FINITE | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=15,
)


@pytest.fixture
def fit_file(run, toy, toy_log, tmp_path):
    path = tmp_path / "fit.json"
    assert run("fit", toy, toy_log, "-o", path).code == 0
    return path


def refused(path: Any, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(FitError) as caught:
        artifact.load(str(path))
    assert caught.value.exit_code == 3
    assert "\n" not in caught.value.message
    return caught.value.message


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_json_round_trip(value):
    for write in (strict_json.pretty, strict_json.compact):
        assert strict_json.loads(write(value).encode()) == value
    assert artifact.checksum({"a": value}) == artifact.checksum(strict_json.loads(strict_json.pretty({"a": value}).encode()))


@given(scale=FINITE, shifts=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), FINITE, max_size=3))
@settings(max_examples=50, deadline=None)
def test_a_fit_with_any_numbers_and_names_reads_back_the_same(tmp_path_factory, plugin_path, scale, shifts):
    with pytest.MonkeyPatch.context() as patch:
        for folder in plugin_path:
            patch.syspath_prepend(folder)
        from toy_budget.schema import Fit, Options

        fit = Fit(log_scale=scale, exponent=0.1, shifts=shifts, residual=0.0, runs=3, largest_tokens=1.0)
        log = artifact.Provenance(sha256="0", rows=3, used=3, dropped=0, columns=dict.fromkeys(shifts, "c"))
        made = artifact.Artifact("toy-budget", "0.1", log, Options().model_dump(mode="json"), [], fit)
        path = tmp_path_factory.mktemp("fit") / "fit.json"
        artifact.save(made, path)
        assert artifact.load(str(path)) == made


def test_truncation_at_every_byte_is_refused(fit_file):
    data = fit_file.read_bytes()
    for length in range(len(data.rstrip())):
        refused(fit_file, data[:length])


def test_no_bit_flip_changes_what_is_read(fit_file):
    """A flip can only leave the file as it was in meaning (1e-09 and 1E-09), never change it unnoticed."""
    data = fit_file.read_bytes()
    intact = artifact.load(str(fit_file))
    harmless = 0
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position % 8)
        fit_file.write_bytes(flipped)
        try:
            assert artifact.load(str(fit_file)) == intact
            harmless += 1
        except FitError:
            continue
    assert harmless <= 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[]", "not a fit of advisor"),
        (b'{"schema": "advisor/recommend/1"}', "not a fit of advisor"),
        (b'{"schema": "advisor/fit/2"}', "newer advisor: upgrade"),
        (b'{"schema": "advisor/fit/0"}', "unknown format"),
        (b'{"schema": "advisor/fit/1"}', "checksum"),
        (b'{"schema": "advisor/fit/1", "schema": "advisor/fit/1"}', "stands twice"),
        (b'{"schema": NaN}', "NaN is not JSON"),
        (b'{"schema": 1e400}', "too large"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "too large"),
        (b"[" * 200_000, "nested too deeply"),
        (b"D,loss\n1,2\n", "not complete JSON"),
    ],
)
def test_what_is_not_a_fit_is_refused(tmp_path, data, message):
    assert message in refused(tmp_path / "fit.json", data)


def rewritten(path: Any, **changes: Any) -> bytes:
    """A fit with other content and a right checksum."""
    content = {**json.loads(path.read_bytes()), **changes}
    content["checksum"] = artifact.checksum(content)
    return json.dumps(content).encode()


def test_a_fit_of_another_solver_is_refused(run, fit_file):
    result = run("recommend", "step-law", "--fit", fit_file, "--params", "1B", "--tokens", "20B")
    assert (result.code, result.out) == (3, "")
    assert "is a fit of toy-budget, not of step-law" in result.err


def test_a_fit_of_a_solver_that_is_not_installed_is_refused(fit_file):
    assert "not installed" in refused(fit_file, rewritten(fit_file, solver="no-such\x1b[31m"))


def test_a_fit_with_other_fields_says_which_version_made_it(fit_file):
    assert "version 9.9 made it" in refused(fit_file, rewritten(fit_file, fit={"other": 1}, version="9.9"))


def test_a_missing_file_and_a_directory_are_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path, "nul\0"):
        with pytest.raises(FitError, match="cannot read"):
            artifact.load(str(path))


def test_output_replaces_a_fit_but_nothing_else(run, toy, toy_log, fit_file, tmp_path):
    assert run("fit", toy, toy_log, "-o", fit_file).code == 0
    before = toy_log.read_bytes()
    result = run("fit", toy, toy_log, "-o", toy_log)
    assert result.code == 3
    assert "--force" in result.err
    assert toy_log.read_bytes() == before
    other = tmp_path / "notes.txt"
    other.write_text("notes")
    assert run("fit", toy, toy_log, "-o", other, "--force").code == 0
    assert artifact.load(str(other)).solver == toy
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.json", "notes.txt", "runs.csv"]


def test_special_files_and_missing_folders_are_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (str(pipe), str(tmp_path), str(tmp_path / "no" / "fit.json"), "nul\0"):
        with pytest.raises(OutputError):
            write_atomically(path, "text")
    assert pipe.is_fifo()


def test_a_link_is_followed_and_the_mode_is_kept(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(str(link), "new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)


def test_kill_in_mid_write_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "fit.json"
    path.write_text("0" * 3_000_000)
    code = (
        "import sys; from advisor.files import write_atomically\n"
        "print('ready', flush=True)\n"
        "for k in range(10**6): write_atomically(sys.argv[1], str(k % 10) * 3_000_000)"
    )
    for delay in (0.01, 0.037, 0.071):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(delay)
            writer.kill()
        text = path.read_text()
        assert len(text) == 3_000_000
        assert len(set(text)) == 1
