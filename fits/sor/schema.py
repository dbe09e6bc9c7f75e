"""sor: what a solve in a log is, what can be asked, what comes back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from fits import solver as contract
from fits.solver import FitModel, Interval, LogRow, Model, OptionsModel, QueryModel, Scalar, family, role

Method = Literal["gp-ts", "tsallis-inf", "tsallis-inf-rv", "tsallis-inf-cb", "chebcb", "fixed", "young", "greedy", "uniform"]
DEFAULT_METHOD: Method = "gp-ts"
OMEGA_RANGE = (1.0, 1.95)  # the paper's; its SSOR-CG uses [2 sqrt(2) - 2, 1.9]

Verdict = Literal["contextual", "nothing-to-gain"]
EXAMPLES = {
    "fit": ("advisor fit sor solves.csv --contexts c,dt --cost seconds -o sor.json",),
    "recommend": ("advisor recommend sor --fit sor.json --context c=0.31 --context dt=1e-3",),
    "backtest": ("advisor backtest sor table.csv --grid 'it_w*' --contexts c",),
    "serve": ("advisor serve sor --contexts c --state sor.state",),
}
SMALLEST_GAIN = 0.02  # a saving below this is nothing: the policy itself costs about as much while it learns


class Log(LogRow):
    """One solve; or with `grid`, one system with the cost of every omega of a table."""

    step: float | None = role(
        "position in the sequence of solves", default=None, aliases=("t", "time_step", "timestep", "solve", "index")
    )
    omega: float | None = role(
        "relaxation parameter", default=None, gt=0, lt=2, aliases=("w", "relaxation", "relaxation_parameter", "relax")
    )
    cost: float | None = role(
        "what the solve cost: iterations, seconds or anything else that is positive",
        default=None,
        gt=0,
        measured=True,
        option=True,
        aliases=("iterations", "iters", "iter", "it", "its", "n_iter", "num_iterations", "seconds", "time", "runtime", "wall_time"),
    )
    converged: int | None = role(
        "1, or 0 where the solve was given up: its cost is then a lower bound", default=None, ge=0, le=1, aliases=("success",)
    )
    contexts: dict[str, float] = family("What is known of a system before it is solved", flags=("--context",))
    grid: dict[str, float] = family("A full table: each column is the cost of one omega, which its name ends with")


class Options(OptionsModel):
    """How to fit."""

    method: Method = Field(DEFAULT_METHOD, description="The decision rule that is to be used online")
    low: float | None = Field(None, gt=0, lt=2, description="Smallest omega to advise  [default: the smallest in the log]")
    high: float | None = Field(None, gt=0, lt=2, description="Largest omega to advise  [default: the largest in the log]")


class BacktestOptions(OptionsModel):
    """How to replay the log."""

    policies: list[Method] = Field(
        default_factory=list, description="Decision rules to replay  [default: gp-ts, tsallis-inf, chebcb, greedy, uniform]"
    )
    seeds: int = Field(3, ge=1, le=1000, description="How many times each is replayed, with another seed each time")
    first: int | None = Field(None, ge=1, description="Replay only this many solves of the log, the first ones")
    low: float | None = Field(None, gt=0, lt=2, description="Smallest omega to play  [default: the smallest in the log]")
    high: float | None = Field(None, gt=0, lt=2, description="Largest omega to play  [default: the largest in the log]")


class PolicyOptions(OptionsModel):
    """How to decide in a loop."""

    method: Method | None = Field(None, description=f"The decision rule  [default: the fit's, else {DEFAULT_METHOD}]")
    contexts: list[str] = Field(
        default_factory=list,
        description="Name of a number that is known before each solve  [default: the fit's]",
        json_schema_extra={"flags": ["--context"]},
    )
    low: float | None = Field(None, gt=0, lt=2, description=f"Smallest omega  [default: the fit's, else {OMEGA_RANGE[0]}]")
    high: float | None = Field(None, gt=0, lt=2, description=f"Largest omega  [default: the fit's, else {OMEGA_RANGE[1]}]")
    arms: int | None = Field(None, ge=2, le=1000, description="Choose from so many values, equally far apart  [default: any]")
    omega: float | None = Field(None, gt=0, lt=2, description="fixed: the value  [default: the fit's best, else 1]")
    interval_low: float | None = Field(None, description="Smallest value of the first context, where known")
    interval_high: float | None = Field(None, description="Largest value of the first context, where known")


class Query(QueryModel):
    """The system to be solved."""

    contexts: dict[str, float] = Field(
        default_factory=dict,
        description="What is known of the system",
        json_schema_extra={"flags": ["--context"]},
    )


class Range(Model):
    """Smallest and largest value of a context in the log."""

    low: float
    high: float


class BestFixed(Model):
    """The one omega that is cheapest on average over the log's contexts."""

    omega: Interval
    cost: Interval


class Fit(FitModel):
    """What solves cost over context and omega, and what that is worth.

    `model` is the state of a `fits.sor.cost_model.CostModel` over [`low`, `high`]; `contextual_cost` is the mean cost where each
    context gets its own omega, and `saving` the share of the best fixed omega's cost that this saves; `finding` puts it into words.
    """

    method: Method
    seed: int
    rows: int
    used: int
    low: float
    high: float
    contexts: dict[str, Range]
    best_fixed: BestFixed
    contextual_cost: Interval
    saving: Interval
    evidence: Literal["table", "model"]
    verdict: Verdict
    finding: str
    model: dict[str, Any]


class Advice(contract.Advice):
    """An omega. The table `policy` says how likely Thompson sampling would play each of 20 values of it."""

    verdict: Verdict


def policy_table(omegas: list[float], shares: list[float]) -> list[dict[str, Scalar]]:
    """The rows of `Advice.tables["policy"]`."""
    return [{"omega": omega, "probability": share} for omega, share in zip(omegas, shares, strict=True)]
