"""The row of a learning curve, as the tests of the trainers' formats read it."""

from __future__ import annotations

from fits.solver import LogRow, role


class Curve(LogRow):
    x: float = role(
        "how far training has come: steps, epochs, tokens or training examples",
        ge=0,
        aliases=(
            *("step", "_step", "global_step", "trainer/global_step", "iteration", "iter", "training_iteration", "round"),
            *("epoch", "train/epoch", "tokens", "samples", "examples", "train_size", "train_sizes", "n_train", "anchor", "budget"),
        ),
    )
    score: float = role(
        "what is measured, such as a loss or an accuracy",
        measured=True,
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
        aliases=("run", "run_id", "run_name", "trial", "trial_id", "model", "learner", "name"),
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
