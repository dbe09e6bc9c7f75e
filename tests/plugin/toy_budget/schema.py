"""toy-budget: what a log row is, what can be asked, what comes back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fits import solver as contract
from fits.solver import Count, FitModel, LogRow, OptionsModel, QueryModel, family, role


class Log(LogRow):
    """One training run."""

    tokens: float = role("training tokens", unit="tokens", gt=0, aliases=("D", "budget"))
    loss: float = role("final loss", unit="nats", gt=0, measured=True, aliases=("eval_loss", "val_loss"))
    contexts: dict[str, float] = family("Columns that shift the loss")


class Options(OptionsModel):
    """How to fit."""

    ridge: float = Field(1e-9, ge=0, description="Shrinks the effect of the contexts")
    loss_kind: Literal["squared"] = Field("squared", description="What the residuals cost")


class BacktestOptions(Options):
    """How to replay the log."""

    held_out: int = Field(1, ge=1, description="Largest budgets held out at once")


class Query(QueryModel):
    """The loss to be reached."""

    target: float = Field(gt=0, description="Loss to reach, in nats")
    contexts: dict[str, float] = Field(default_factory=dict, description="Where it is to be reached")
    max_tokens: Count | None = Field(None, gt=0, description="Largest budget there is")
    steps: list[float] = Field(default_factory=list, description="Other losses, for the table of budgets")


class Fit(FitModel):
    """ln loss = log_scale - exponent * ln tokens + shifts . contexts, and the residual standard deviation."""

    log_scale: float
    exponent: float
    shifts: dict[str, float]
    residual: float
    runs: int
    largest_tokens: float


class Cost(contract.Model):
    """What the training costs beside the largest run of the log."""

    ratio: float


class Advice(contract.Advice):
    """The budget that reaches the target."""

    cost: Cost
