"""learning-curve: what an observation in a log is, what can be asked, what comes back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fits import solver as contract
from fits.learning_curve.rules import gain_below
from fits.solver import Count, FitModel, LogRow, Model, OptionsModel, QueryModel, role

Goal = Literal["min", "max"]
Method = Literal["meta", "families", "trace", "lr-aware"]
Behaviour = Literal["flat", "not-monotone", "not-convex"]
LEVEL = 0.9  # of every interval
EXAMPLES = {
    "fit": ("advisor fit learning-curve runs.csv -o fit.json",),
    "recommend": (
        "advisor recommend learning-curve --log runs.csv --at 100K --target 0.05",
        "advisor recommend learning-curve --log metrics.csv --x step --score val_loss --stop-if 'gain < 1%'",
    ),
    "backtest": ("advisor backtest learning-curve old_runs.csv",),
}


class Log(LogRow):
    """One observation of one learning curve."""

    x: float = role(
        "how far training has come: steps, epochs, tokens or training examples",
        ge=0,
        option=True,
        aliases=(
            *("step", "_step", "global_step", "trainer/global_step", "iteration", "iter", "training_iteration", "round"),
            *(
                "epoch",
                "train/epoch",
                "tokens",
                "words",
                "samples",
                "n_samples",
                "examples",
                "train_size",
                "train_sizes",
                "n_train",
            ),
            *("anchor", "budget"),
        ),
    )
    score: float = role(
        "what is measured, such as a loss or an accuracy",
        measured=True,
        option=True,
        aliases=(
            *("loss", "train_loss", "train/loss", "training_loss", "eval_loss", "eval/loss"),
            *("val_loss", "val/loss", "valid_loss", "validation_loss", "test_loss", "test/loss"),
            *("accuracy", "train_accuracy", "eval_accuracy", "eval/accuracy", "val_accuracy", "val/accuracy", "test_accuracy"),
            *("acc", "val_acc", "error", "error_rate", "perplexity", "f1", "eval_f1", "auc"),
            *("test_score", "value", "metric", "objective", "intermediate_value"),
        ),
    )
    curve: str | None = role(
        "which run the row belongs to",
        default=None,
        source=True,
        aliases=(
            *("run", "run_id", "run_name", "trial", "trial_id", "experiment", "name"),
            *("model", "learner", "estimator", "classifier", "algorithm", "tagger"),
        ),
    )
    std: float | None = role(
        "standard error of the score",
        default=None,
        ge=0,
        aliases=("se", "sem", "stderr", "std_error", "standard_error", "score_std", "test_score_std", "val_se"),
    )
    learning_rate: float | None = role(
        "learning rate in force",
        default=None,
        ge=0,
        aliases=("lr", "train/learning_rate", "train/lr", "config/lr", "lr-SGD", "lr-Adam", "lr-AdamW", "params_lr"),
    )
    horizon: float | None = role(
        "where training ends, counted as x is", default=None, gt=0, aliases=("max_steps", "total_steps", "num_steps", "max_epochs")
    )


class _Reading(OptionsModel):
    """How the scores are to be understood."""

    goal: Goal | None = Field(None, description="Whether a small or a large score is good  [default: by the metric's name]")
    low: float | None = Field(None, description="Least score there can be  [default: by the metric's name]")
    high: float | None = Field(None, description="Largest score there can be  [default: by the metric's name]")


class Options(_Reading):
    """How to fit."""

    method: Method | None = Field(
        None,
        description="How to forecast  [default: meta; lr-aware for a loss whose learning rate is known to the end of training]",
    )
    horizon: Count | None = Field(
        None,
        gt=0,
        description="x where training ends  [default: the log's; else the end of the longest curve; else twice the last x]",
    )
    target: float | None = Field(None, description="Score to reach")
    plan: dict[str, float] = Field(
        default_factory=dict,
        description="lr-aware: learning rate planned at an x, in a straight line from one to the next",
        json_schema_extra={"metavar": "X=RATE"},
    )
    tau: float = Field(2.0, gt=0, description="trace: how near a curve must be to its limit to count as converged, in per cent")


class BacktestOptions(_Reading):
    """How to replay the finished curves of the log."""

    methods: list[Method] = Field(
        default_factory=list,
        description="Methods to replay  [default: meta and families, and lr-aware where a fit would use it]",
    )
    least_gain: float | None = Field(
        None, gt=0, description="Stopping: a gain below it is none  [default: a hundredth of the range of the log's scores]"
    )


class Query(QueryModel):
    """What to foretell."""

    at: Count | None = Field(None, gt=0, description="x at which the score is asked for  [default: where training ends]")
    target: float | None = Field(None, description="Score to reach: how much more x does it need?")
    stop_if: Annotated[str, AfterValidator(gain_below)] | None = Field(
        None, description="When to stop: 'gain < 0.01' compares what the rest of training would gain, 'gain < 1%' relatively"
    )
    curve: str | None = Field(None, description="Answer for this curve only")


# --- what is learned


class Observed(Model):
    """A curve as it was seen, thinned where it is long: n positions and scores."""

    x: list[float]
    score: list[float]


class Ahead(Model):
    """Quantiles of the score (m, 5) at `fits.learning_curve.quantiles.LEVELS`, ascending, at m positions beyond the last x."""

    x: list[float]
    quantiles: list[list[float]]


class TraceLevel(Model):
    """One row of the audit trail of `trace`, in per cent of accuracy; an asymptote above 100 % is none."""

    level: int
    x: float
    asymptote: float | None
    anchored: float | None
    layer: float | None
    mark: str | None


class TraceReport(Model):
    """What `trace` found: levels are numbers of observations, None where they were not reached."""

    working: int | None
    prediction: int | None
    convergence: int | None
    robustness: float | None
    hypothesis_failed: bool
    levels: list[TraceLevel]


class Member(Model):
    """One family in the mixture of a curve."""

    family: str
    weight: float
    asymptote: float | None


class Curve(Model):
    """What was learned of one curve.

    Attributes
    ----------
    points : distinct positions seen.
    current, error : the score now, the mean over the last twentieth of the observations, and its standard error.
    noise : standard deviation of one observation about the curve.
    horizon, horizon_from : where training ends, and what says so.
    method : how it was forecast; None where it could not be, and `cannot_tell` says why.
    finished : the curve has been seen up to its horizon.
    """

    name: str | None
    points: int
    last_x: float
    current: float
    error: float
    noise: float
    horizon: float
    horizon_from: Literal["option", "log", "longest curve", "twice the last x"]
    finished: bool
    behaviour: list[Behaviour]
    method: Method | None
    cannot_tell: str | None
    observed: Observed
    ahead: Ahead
    members: list[Member] = Field(default_factory=list)
    trace: TraceReport | None = None


class Fit(FitModel):
    """Forecasts of every curve of the log. `low` and `high` bound the metric, None where nothing does; `finding` sums it up."""

    metric: str
    axis: str
    goal: Goal
    low: float | None
    high: float | None
    target: float | None
    seed: int
    finding: str
    curves: list[Curve]


# --- what comes back


class Reach(Model):
    """How much x a target needs.

    `x` is where it is reached if it is reached at all by `farthest`, in the middle of what is likely then; `low` to `high` holds it
    with 90 %. None: later than `farthest`, or never, which a forecast that ends there cannot tell apart.
    """

    target: float
    reached: bool = Field(description="It was seen to be reached, at x")
    x: float | None
    low: float | None
    high: float | None
    chance: float = Field(description="Probability of reaching it by `farthest`")
    farthest: float = Field(description="x where the forecast ends")


class Stop(Model):
    """Whether to stop. `harmless` is the probability that stopping does no harm, by the rule; `gain` is that of going on."""

    action: Literal["stop", "continue"]
    harmless: float
    gain: contract.Interval
    rule: str
    saves: float = Field(description="x that stopping now does not spend")


class Audit(Model):
    """What `trace` found, in positions x: None where a level was not reached. `layer` is in per cent of accuracy."""

    working: float | None = Field(description="Working level: from here on the asymptotes change slowly")
    prediction: float | None = Field(description="PLevel: from here on there is a forecast")
    convergence: float | None = Field(description="CLevel: here the curve first was within tau of its limit")
    layer: float | None = Field(description="Distance from the limit at the last level")
    robustness: float | None = Field(description="Share of falling steps of the asymptotes")
    hypothesis_failed: bool = Field(description="The asymptotes do not fall towards a limit: convergence says nothing")


class Advice(contract.Advice):
    """What to do with a curve: `config` says up to which x to train it. Tables: forecast; of several curves ranking and pairs."""

    stopping: Stop | None = None
    needs: Reach | None = None
    behaviour: list[Behaviour] = Field(default_factory=list)
    audit: Audit | None = None
