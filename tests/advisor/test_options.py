"""Options made from a pydantic model: names, types, bounds and defaults come from the model alone."""

from __future__ import annotations

import inspect
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from advisor import options
from advisor.errors import UsageError
from fits.solver import Count


class Example(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    tokens: Count = Field(gt=0, description="Training tokens")
    world_size: int | None = Field(None, ge=1, le=8, description="Workers", json_schema_extra={"unit": "workers"})
    kind: Literal["a", "b"] = Field("a", description="Kind")
    fast: bool = Field(False, description="Fast")
    steps: list[float] = Field(default_factory=list, description="Steps")
    contexts: dict[str, float] = Field(default_factory=dict, description="Contexts")
    seed: int = Field(0, description="Seed")


def help_of(name: str) -> str:
    parameter = next(p for p in options.parameters(Example) if p.name == name)
    return str(parameter.annotation.__metadata__[0].help)


def test_help_tells_required_default_bounds_and_unit():
    assert help_of("tokens") == "Training tokens  [required; > 0]"
    assert help_of("world_size") == "Workers  [>= 1 and <= 8; workers]"
    assert help_of("kind") == "Kind  [default: a]"
    assert help_of("fast") == "Fast"
    assert help_of("seed") == "Seed  [default: 0]"


def test_every_parameter_is_a_keyword_that_defaults_to_none():
    for parameter in options.parameters(Example):
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is None


def test_only_what_was_given_reaches_the_model():
    values = options.given(Example, {"tokens": "7B", "fast": None, "contexts": ["c=0.31", "d=a=b"], "other": 1})
    assert values == {"tokens": "7B", "contexts": {"c": "0.31", "d": "a=b"}}
    assert options.build(Example, {"tokens": "7B"}).tokens == 7e9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tokens": "-3"}, "--tokens: Input should be greater than 0 (got -3)"),
        ({}, "--tokens: required, but not given"),
        ({"tokens": "1", "world_size": "x"}, "--world-size: Input should be a valid integer"),
        ({"tokens": "nan"}, "--tokens: Input should be a finite number (got nan)"),
        ({"tokens": "1", "contexts": {"c": "x"}}, "--contexts.c: Input should be a valid number"),
    ],
)
def test_an_error_names_the_option(values, message):
    with pytest.raises(UsageError) as caught:
        options.build(Example, values)
    assert message in caught.value.message


@pytest.mark.parametrize("texts", [["c"], ["=1"], ["c="], ["c=1", "c=2"]])
def test_pairs_refuse_what_is_no_pair(texts):
    with pytest.raises(UsageError, match="--contexts"):
        options.pairs(texts, option="--contexts")


def test_a_field_named_like_an_option_of_advisor_is_refused():
    def command(seed: int = 0, **fields: object) -> None: ...

    with pytest.raises(TypeError, match="seed"):
        options.with_parameters(command, options.parameters(Example))
