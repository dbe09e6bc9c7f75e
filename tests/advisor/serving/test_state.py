"""A state file goes on as it was saved, or is refused with one clear line and left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from advisor import artifact
from advisor.lock import locked


def refusal(run: Any, path: Path, *argv: str) -> str:
    """What is said of a state that is refused; it is left as it is."""
    before = path.read_bytes()
    result = run("serve", "toy-dial", "--state", path, *argv, stdin='{"ask": {"c": 1}}')
    assert (result.code, result.out) == (3, "")
    assert "hint: " in result.err
    assert path.read_bytes() == before
    return str(result.err)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not complete JSON"),
        (b"c,cost\n1,2\n", "not a state"),
        (b"[]", "not a state"),
        (b"\x80\x04\x95", "not UTF-8"),
        (b'{"schema": "advisor/fit/1"}', "not a state"),
        (b'{"schema": "advisor/serve/2"}', "newer advisor"),
        (b'{"schema": "advisor/serve/1"}', "checksum"),
        (b'{"schema": "advisor/serve/1", "checksum": 1e999}', "too large"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_not_a_state_is_refused(run, dial, state, data, message):
    state.write_bytes(data)
    assert message in refusal(run, state)


def test_a_damaged_state_is_refused(run, dial, saved):
    data = saved.read_bytes()
    for length in range(0, len(data) - 2, 41):
        saved.write_bytes(data[:length])
        refusal(run, saved)
    saved.write_bytes(data.replace(b'"tells":7', b'"tells":8'))
    assert "checksum does not match" in refusal(run, saved)


def rewrite(path: Path, **changes: Any) -> None:
    """Other content under a right checksum."""
    content = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps({**content, "checksum": artifact.checksum(content)}))


def test_a_state_of_something_else_is_refused(run, dial, saved):
    assert "was saved with --seed 0, not --seed 3" in refusal(run, saved, "--seed", "3")
    assert "was saved with --width 1.0, not --width 2.0" in refusal(run, saved, "--width", "2")
    rewrite(saved, solver="sor\x1b[31m")
    assert "is a state of sor[31m, not of toy-dial" in refusal(run, saved)


def test_a_state_that_this_version_cannot_read_says_which_one_saved_it(run, dial, saved):
    intact = saved.read_bytes()
    for changes in ({"policy": {}}, {"policy": []}, {"options": {"gone": 1}}, {"tells": -1}, {"extra": 1}, {"solver": "toy-dial"}):
        saved.write_bytes(intact)
        rewrite(saved, version="9.9", **changes)
        if changes == {"solver": "toy-dial"}:
            assert run("serve", dial, "--state", saved).code == 0, "another version alone is no reason to refuse"
        else:
            assert "was saved by version 9.9 of toy-dial and does not fit 0.1" in refusal(run, saved)


def test_places_where_no_state_can_be(run, dial, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "no" / "state.json", "nul\0", tmp_path / "circle"):
        result = run("serve", dial, "--state", path, stdin='{"ask": {"c": 1}}')
        assert (result.code, result.out) == (3, ""), path
    assert not (tmp_path / "no").exists()


def test_a_state_that_is_in_use_is_refused(run, dial, saved, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(saved)
    with locked(str(saved)):
        for path in (saved, link):
            assert "is in use by another process" in refusal(run, path)
    assert run("serve", dial, "--state", link).code == 0
