"""bnn-bo: what a log row is, what can be asked, what comes back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from fits.solver import Advice as BaseAdvice
from fits.solver import FitModel, Interval, LogRow, Model, OptionsModel, QueryModel, Scalar, family, role
from fits.space import Space
from fits.surrogates.outcome import Outcome

Surrogate = Literal[
    "auto", "average", "gp", "gp-rbf", "ibnn", "dkl", "hmc", "sghmc", "ensemble", "laplace", "vbll", "saas", "saas-nuts"
]
Status = Literal["done", "failed", "pending"]
Row = dict[str, Scalar]

BEGINS_EMPTY = True  # a space is enough to begin with

EXAMPLES = {
    "fit": [
        "advisor fit bnn-bo sweep.csv --minimize val_loss -o fit.json",
        "advisor fit bnn-bo sweep.csv --space space.toml --surrogate gp -o fit.json",
    ],
    "recommend": [
        "advisor recommend bnn-bo --log sweep.csv --minimize val_loss -n 4",
        "advisor recommend bnn-bo --fit fit.json --hold optimizer=adam --format json",
        "advisor recommend bnn-bo --space space.toml --minimize val_loss -n 8   # where to begin: points that fill the space",
    ],
    "backtest": ["advisor backtest bnn-bo sweep.csv --minimize val_loss"],
    "serve": ["advisor serve bnn-bo --space space.toml --minimize val_loss --state bo.json"],
}


class Log(LogRow):
    """One evaluation. A row without its objectives, or with a status that says so, failed or is still pending."""

    status: str | None = role(
        "how the evaluation ended: done, failed or pending, or what Optuna and Ax say for it",
        default=None,
        aliases=("state", "trial_status"),
    )
    parameters: dict[str, str | None] = family(
        "Parameters  [default: those of --space; without one, all columns that vary and are not outcomes]", flags=("--parameter",)
    )
    outcomes: dict[str, str | None] = family("Further measured columns, which are not parameters", flags=("--outcome",))


class _Problem(OptionsModel):
    """What is searched, and for what."""

    space: Space | None = Field(
        None,
        description="Search space: a TOML, YAML or JSON file, also Optuna's distributions or Ax's parameters  [default: guessed]",
        json_schema_extra={"metavar": "FILE", "file": "space"},
    )
    pool: list[Row] | None = Field(
        None,
        description="The only configurations that can be evaluated: a table with a column a parameter, and one a known outcome",
        json_schema_extra={"metavar": "FILE", "file": "table"},
    )
    minimize: list[str] = Field(
        default_factory=list, description="Column to be made small", json_schema_extra={"metavar": "COLUMN"}
    )
    maximize: list[str] = Field(
        default_factory=list, description="Column to be made large", json_schema_extra={"metavar": "COLUMN"}
    )
    limit: list[str] = Field(
        default_factory=list,
        description="What another outcome must keep, such as 'latency <= 100'",
        json_schema_extra={"metavar": "RULE"},
    )
    cost: str | None = Field(None, description="Column that says what an evaluation cost; cheap ones are preferred for it")
    noise: str | None = Field(None, description="Column with the standard error of the objective, where it is known")
    surrogate: Surrogate = Field("auto", description="Model of the objectives; auto averages several")


class Options(_Problem):
    """How to fit."""


class BacktestOptions(_Problem):
    """How to replay the log, one row ahead."""

    first: int | None = Field(None, ge=2, description="Forecast from this row on  [default: 2 d + 2, at least 6]")
    most: int = Field(40, ge=1, le=1000, description="Forecast at most so many rows, evenly spread")
    surrogates: list[Surrogate] = Field(default_factory=list, description="Models to compare  [default: --surrogate]")


class PolicyOptions(_Problem):
    """How to decide in a loop."""


def columns(options: _Problem, named: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns of parameters and outcomes: those of the space or, where there is none, all that nothing else is said of."""
    from fits.bnn_bo.problem import goal

    outcomes = list(dict.fromkeys([*named.get("outcomes", []), *goal(options).measured]))
    if options.space is not None:
        parameters = [name for name in options.space.parameters if name not in options.space.fixed]
        return {"parameters": list(dict.fromkeys([*parameters, *named.get("parameters", [])])), "outcomes": outcomes}
    return {"parameters": named.get("parameters", ["*"]), "outcomes": outcomes}


class Query(QueryModel):
    """What the next configurations must be."""

    hold: dict[str, str] = Field(
        default_factory=dict, description="Parameter that is to have this value", json_schema_extra={"metavar": "NAME=VALUE"}
    )


class OutcomeModel(Model):
    """What was learned of one outcome: its scale, the surrogate and the surrogate's state on that scale.

    Of an outcome that is known, `surrogate` is "known". `form` changes whenever surrogates write their states otherwise, so that
    a fit file from before is refused. `inflation` is what the variance of a forecast is multiplied by when it is told.
    """

    form: Literal[2]
    surrogate: str
    scale: Outcome
    state: dict[str, Any]
    inflation: float = 1.0


class Score(Model):
    """Mean log density of an outcome held out, in nats on the objective's own scale; `gain` is over the best, with its error."""

    surrogate: str
    log_density: float
    gain: float
    standard_error: float


class Choice(Model):
    """Which surrogate was taken, and why; by objective, what rows held out say its variance must be multiplied by."""

    surrogate: str
    why: str
    scores: list[Score] = Field(default_factory=list)
    inflations: dict[str, float] = Field(default_factory=dict)


class Trial(Model):
    """A row of the log: a configuration, how it ended, and what was measured. `row` is the row's label in the log."""

    row: int
    config: Row
    status: Status
    outcomes: dict[str, float] = Field(default_factory=dict)


class Objective(Model):
    """What is sought of one outcome."""

    name: str
    maximize: bool
    reference: float | None = None
    noise: str | None = None


class Limit(Model):
    """What another outcome must keep."""

    name: str
    sense: Literal["<=", ">="]
    bound: float

    def __str__(self) -> str:
        return f"{self.name} {self.sense} {self.bound:g}"


class Incumbent(Model):
    """The best row that the model believes in, not the luckiest one; of several objectives one row of the Pareto front."""

    row: int
    config: Row
    measured: dict[str, float]
    expected: dict[str, Interval]


class Importance(Model):
    """Share of the variance of the modelled objective that a parameter explains alone (`main`) and with others (`total`)."""

    objective: str
    parameter: str
    main: float
    total: float


class Range(Model):
    """Where a parameter's good values lie: those within noise of the best that the model knows."""

    parameter: str
    low: float | None = None
    high: float | None = None
    choices: list[Scalar] = Field(default_factory=list)


class Fit(FitModel):
    """Search space, trials and the models of their outcomes: all that proposals are made from."""

    seed: int
    surrogate: str = Field(description="What was asked for")
    space: Space
    guesses: list[str] = Field(default_factory=list, description="What was guessed of the space")
    objectives: list[Objective]
    limits: list[Limit] = Field(default_factory=list)
    trials: list[Trial]
    pool: list[Row] | None = None
    cost: str | None = None
    models: dict[str, OutcomeModel]
    choice: Choice | None = Field(description="None where no trial is done")
    incumbents: list[Incumbent]
    importance: list[Importance]
    ranges: list[Range]


class Stop(Model):
    """What one more evaluation can be expected to bring, against the noise of an evaluation and the spread of the log."""

    verdict: Literal["go on", "stop", "cannot tell"]
    expected_improvement: float | None
    noise: float | None
    why: str


class Proposal(BaseAdvice):
    """A configuration to evaluate."""

    surrogate: str | None = Field(description="The model it comes from; null where it only fills the space")
    acquisition: float | None = Field(description="Logarithm of the expected improvement, on the objective's standard scale")
    improves: float | None = Field(description="Probability that its outcome beats the incumbent")
    stop: Stop | None = Field(None, description="Whether to go on at all; told with the first proposal")


Advice = Proposal
