"""step-law: what a row of a sweep is, what can be asked, what comes back."""

from __future__ import annotations

from fits.solver import LogRow, role


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
