"""An eighth solver, in a package of its own and with no change in `advisor`, has its commands and keeps the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

from fits import registry
from fits.testing import SolverContract

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.usefixtures("toy")
class TestToyBudget(SolverContract):
    solver = "toy-budget"
    rescale = {"tokens": 1e-3}  # noqa: RUF012
    expected_rescale = {"tokens": 1e-3}  # noqa: RUF012

    def log(self) -> pd.DataFrame:
        tokens = [1e9 * 2**k for k in range(6)]
        noise = [0.001, -0.002, 0.0015, 0.0, -0.001, 0.002]
        losses = [12 * t**-0.1 * (1 + e) for t, e in zip(tokens, noise, strict=True)]
        return pd.DataFrame({"tokens": tokens, "loss": losses, "contexts.lang": [0.0, 1.0] * 3}, index=range(2, 8))

    def query(self) -> dict[str, Any]:
        return {"target": 1.0, "contexts": {"lang": 1.0}}


def test_it_is_listed(run, toy):
    result = run("solvers", "--format", "json")
    assert toy in [solver["name"] for solver in json.loads(result.out)["solvers"]]


def test_its_help_shows_its_options_with_bounds_defaults_and_units(run, toy):
    help_text = run("recommend", toy, "--help").out
    assert "--target FLOAT" in help_text
    assert "[required; > 0]" in help_text
    assert "--max-tokens COUNT" in help_text
    assert "--contexts COLUMN" in run("fit", toy, "--help").out


def test_log_to_fit_to_advice(run, toy, toy_log, tmp_path):
    fit = tmp_path / "fit.json"
    made = run("fit", toy, toy_log, "--map", "loss=val loss", "--contexts", "lang", "-o", fit)
    assert (made.code, made.out) == (0, "")
    assert "8 of 8 rows used" in made.err
    answer = run("recommend", toy, "--fit", fit, "--target", "1.1", "--contexts", "lang=1", "--max-tokens", "1K")
    assert answer.code == 0
    assert "warning: the target needs more than --max-tokens [over-budget]" in answer.err
    document = json.loads(answer.out)
    assert document["query"] == {"target": 1.1, "contexts": {"lang": 1.0}, "max_tokens": 1000.0, "steps": []}
    assert document["advice"][0]["config"]["tokens"] > 1e10


def test_recommend_from_a_log_answers_as_fit_then_recommend(run, toy, toy_log, tmp_path):
    fit = tmp_path / "fit.json"
    run("fit", toy, toy_log, "--contexts", "lang", "-o", fit)
    two_steps = json.loads(run("recommend", toy, "--fit", fit, "--target", "1.1", "--contexts", "lang=1").out)
    one_step = json.loads(run("recommend", toy, "--log", toy_log, "--target", "1.1", "--contexts", "lang=1").out)
    assert one_step["advice"] == two_steps["advice"]
    assert one_step["source"].pop("kind") == "log"
    assert two_steps["source"].pop("kind") == "fit"
    assert one_step["source"] == two_steps["source"]


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("fit.json", ["fit", "toy-budget", "LOG", "--contexts", "lang", "--seed", "3"]),
        ("recommend.json", ["recommend", "toy-budget", "--log", "LOG", "--target", "1.2", "--steps", "1.3", "-n", "2"]),
        ("backtest.json", ["backtest", "toy-budget", "LOG", "--held-out", "2"]),
    ],
)
def test_json_output_is_as_it_was(run, toy, toy_log, name, argv):
    """The golden files: run pytest with ADVISOR_GOLDEN=write to accept a change of the format."""
    import os

    out = run(*[str(toy_log) if item == "LOG" else item for item in argv]).out
    golden = GOLDEN / name
    if os.environ.get("ADVISOR_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(out)
    assert _rounded(json.loads(out)) == _rounded(json.loads(golden.read_text()))


def _rounded(value: Any) -> Any:
    """Linear algebra differs in the last bits between machines, so numbers are compared in six digits, without the checksum."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items() if key != "checksum"}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def test_output_keeps_the_published_schemas(run, toy, toy_log):
    def schema(name: str) -> Any:
        return json.loads(run("solvers", toy, "--schema", name).out)

    fit = json.loads(run("fit", toy, toy_log).out)
    jsonschema.validate(fit["fit"], schema("fit"))
    jsonschema.validate(fit["options"], schema("options"))
    answer = json.loads(run("recommend", toy, "--log", toy_log, "--target", "1.1").out)
    jsonschema.validate(answer["advice"][0], schema("advice"))
    jsonschema.validate(answer["query"], schema("query"))
    jsonschema.validate({"tokens": 1.0, "loss": 2.0}, schema("log"))


def test_without_a_log_or_a_fit_it_knows_nothing(run, toy):
    result = run("recommend", toy, "--target", "1.1")
    assert result.code == 2
    assert "give --fit FIT.json or --log LOG" in result.err


def test_registry_reads_summary_and_version_of_the_plugin(toy):
    entry = registry.entries()[toy]
    assert (entry.summary, entry.version) == ("how much more training a target loss needs", "0.1")
