"""toy-dial: what a log row is, how the policy starts, what a fit holds."""

from __future__ import annotations

from pydantic import Field

from fits import solver as contract
from fits.solver import FitModel, LogRow, OptionsModel, QueryModel, role

Advice = contract.Advice


class Log(LogRow):
    """One step."""

    cost: float = role("what the step cost", measured=True)


class Options(OptionsModel):
    """How to fit."""


class PolicyOptions(OptionsModel):
    """How to decide."""

    width: float = Field(1.0, gt=0, description="Largest setting of the dial")


class Query(QueryModel):
    """The context."""

    c: float


class Fit(FitModel):
    """The mean cost."""

    mean: float
