"""step-law: what a row of a sweep is, what can be asked, what comes back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fits import solver as contract
from fits.solver import Count, FitModel, LogRow, Model, OptionsModel, QueryModel, role


class Log(LogRow):
    """One pre-training run."""

    params: float = role(
        "non-embedding parameters, all experts counted",
        unit="parameters",
        gt=0,
        aliases=("N", "n_params", "num_params", "parameters"),
    )
    tokens: float = role("training tokens", unit="tokens", gt=0, aliases=("D", "train_tokens", "training_tokens", "n_tokens"))
    lr: float = role("peak learning rate", gt=0, aliases=("learning_rate", "peak_lr", "max_lr"))
    batch_tokens: float | None = role(
        "tokens in one batch", unit="tokens", gt=0, default=None, aliases=("batch_size_tokens", "tokens_per_batch")
    )
    batch_sequences: float | None = role(
        "sequences in one batch", unit="sequences", gt=0, default=None, aliases=("batch_size", "bs", "global_batch_size")
    )
    loss: float = role(
        "final loss, smoothed",
        unit="nats",
        gt=0,
        measured=True,
        aliases=("smooth_loss", "smoothed_loss", "final_loss", "train_loss", "val_loss", "eval_loss", "validation_loss"),
    )
    active_params: float | None = role(
        "parameters that one token passes through (MoE)", unit="parameters", gt=0, default=None, aliases=("Na", "activated_params")
    )
    width: float | None = role("width of the residual stream", gt=0, default=None, aliases=("h", "d_model", "hidden_size"))
    layers: float | None = role("transformer layers", gt=0, default=None, aliases=("numl", "n_layers", "num_layers"))
    seq_len: float | None = role(
        "tokens in one sequence", unit="tokens", gt=0, default=None, aliases=("sequence_length", "context_length")
    )
    schedule: str | None = role("learning-rate schedule", default=None, aliases=("lr_schedule", "scheduler"))


class Options(OptionsModel):
    """How to fit."""

    method: Literal["surface", "paper"] = Field(
        "surface", description="surface: one loss surface over all runs; paper: least squares on the runs near each cell's best"
    )
    seq_len: Count | None = Field(None, gt=0, description="Tokens in one sequence, where the log has no such column")
    active: bool = Field(False, description="Scale with the active parameters of a MoE (measured: ten times the gap of the total)")
    window: float = Field(5.0, gt=0, le=50, description="surface: use runs within this many per cent of their cell's lowest loss")
    bootstrap: int = Field(1000, ge=100, le=100_000, description="paper: resamples")


class BacktestOptions(Options):
    """How to replay the log."""

    protocol: Literal["leave-one-cell-out", "leave-one-params-out", "split"] = Field(
        "leave-one-cell-out", description="What is held out in turn; split: all cells above one of the --split limits, at once"
    )
    split_params: Count | None = Field(None, gt=0, description="split: hold out the cells with more parameters")
    split_tokens: Count | None = Field(None, gt=0, description="split: hold out the cells with more tokens")
    split_compute: Count | None = Field(None, gt=0, description="split: hold out the cells with a larger 6ND, in FLOPs")
    runs_per_cell: int | None = Field(None, ge=3, description="Train on this many random runs of each cell")
    draws: int = Field(1, ge=1, le=1000, description="With --runs-per-cell: how many random draws")


# Of 1,512 released runs none diverged at <= 4 x the law's LR, 22 % at 4-8 x, 86 % at 8-16 x.
EXAMPLES = {
    "fit": ("advisor fit step-law sweep.csv -o law.json",),
    "recommend": (
        "advisor recommend step-law --params 7B --tokens 1.4T",
        "advisor recommend step-law --fit law.json --params 1B --tokens 50e9",
    ),
    "backtest": ("advisor backtest step-law sweep.csv",),
}
DIVERGENCE_FACTOR = 4.0

LawName = Literal["fit", "step-law", "deepseek", "moonlight", "porian", "openai", "minicpm", "power"]


class Query(QueryModel):
    """The training to be planned."""

    params: Count = Field(gt=0, description="Non-embedding parameters N, all experts counted")
    tokens: Count = Field(gt=0, description="Training tokens D")
    law: LawName | None = Field(None, description="Which law answers  [default: the fit where there is one, else step-law]")
    all_laws: bool = Field(False, description="Answer with every law, side by side")
    active_params: Count | None = Field(None, gt=0, description="MoE: parameters that one token passes through")
    width: float | None = Field(None, gt=0, description="deepseek: width of the residual stream")
    layers: float | None = Field(None, gt=0, description="deepseek: number of layers")
    seq_len: Count = Field(2048, gt=0, description="Tokens in one sequence")
    loss: float | None = Field(None, gt=0, description="openai, minicpm: the expected final loss in nats, for the batch")
    schedule: Literal["cosine", "wsd", "multi-step"] = Field("cosine", description="Learning-rate schedule you will use")
    batch_tokens: Count | None = Field(None, gt=0, description="A batch size that you must use, in tokens")
    max_batch_tokens: Count | None = Field(None, gt=0, description="Largest batch size allowed, in tokens")
    world_size: int | None = Field(None, ge=1, description="Data-parallel workers: the batch is rounded to world x micro-batch x k")
    micro_batch: int = Field(1, ge=1, description="Sequences a worker takes at once")
    next_run: bool = Field(False, description="Which run to add to the log, to pin this recommendation down")
    power_scale: float = Field(4.6, gt=0, description="power: a (recalled, not confirmed)")
    power_exponent: float = Field(-0.51, lt=0, description="power: b (recalled, not confirmed)")
    power_max_lr: float = Field(0.02, gt=0, description="power: the cap on the learning rate (recalled, not confirmed)")


class PowerLaw(Model):
    """ln y = coefficients . (1, ln N, ln D), with the covariance of the coefficients (3 x 3)."""

    coefficients: list[float]
    covariance: list[list[float]]


class Paper(Model):
    """The paper's two power laws; `*_ols` are plain least squares, the others the means over the bootstrap."""

    kept: int
    lr: PowerLaw
    batch: PowerLaw
    lr_ols: list[float]
    batch_ols: list[float]


class Surface(Model):
    """The shared loss surface of `fits.step_law.surface`.

    `covariance` (16 x 16) holds the noise of the runs and the scatter of the cells; `scatter_*` is the sd of a new cell's own
    optimum about the law, in ln LR and ln B.
    """

    theta: list[float]
    covariance: list[list[float]]
    mean_log_params: float
    mean_log_tokens: float
    scatter_lr: float
    scatter_batch: float


class Cell(Model):
    """All runs of one (N, D)."""

    params: float
    tokens: float
    runs: int
    used: int
    lowest_loss: float
    best_lr: float
    best_batch_tokens: float
    at_edge: list[str]
    convex: bool | None


class Fit(FitModel):
    """What a log taught, or with no cells what was published.

    `divergence_factor` times the best learning rate is where runs begin to diverge: the published 4, or less if the log shows less.
    """

    method: Literal["prior", "surface", "paper"]
    runs: int = 0
    diverged: int = 0
    divergence_factor: float = DIVERGENCE_FACTOR
    largest_batch_tokens: float | None = None
    active: bool = False
    cells: list[Cell] = Field(default_factory=list)
    surface: Surface | None = None
    paper: Paper | None = None


class Batching(Model):
    """How a batch is put together, and what the rounding costs."""

    sequences: int
    accumulation: int
    batch_tokens: float
    cost_percent: float | None


class Advice(contract.Advice):
    """A learning rate and a batch size.

    The table `plateau` is the box around all (LR, B) predicted within .125 % and .25 % of the lowest loss; `schedule` is the
    Power Scheduler's learning rate by tokens seen. Beyond `lr_limit` runs begin to diverge. `extrapolation` holds the ratios of
    N, D and 6ND to the log's, `variance_drop_percent` what a further run would do for the recommendation.
    """

    law: str
    valid_for: str
    lr_limit: float | None = None
    batching: Batching | None = None
    extrapolation: dict[str, float] = Field(default_factory=dict)
    variance_drop_percent: float | None = None
