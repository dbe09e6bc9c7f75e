"""What a score means: which way is better, and within which range it lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fits.learning_curve.families.family import Array
from fits.solver import BadQuery, BadRow

if TYPE_CHECKING:
    import pandas as pd

    from fits.learning_curve.schema import BacktestOptions, Options

SHARES = ("accuracy", "acc", "f1", "auc", "auroc", "precision", "recall", "bleu", "map", "iou", "dice", "ndcg", "exact_match")
ERRORS = ("error", "err", "error_rate", "wer", "cer")
LOSSES = ("loss", "mse", "mae", "rmse", "nll", "bpb", "bpc", "cross_entropy", "crossentropy", "perplexity", "ppl", "regret")
GAINS = ("r2", "reward", "return")  # no range that is sure
PER_CENT = 100.0


@dataclass(frozen=True)
class Metric:
    """A score with its range; -inf and inf where it has no bound."""

    name: str
    goal: Literal["min", "max"]
    low: float
    high: float

    @property
    def is_loss(self) -> bool:
        """Whether it is a loss by its name, such as ``eval_loss``."""
        return _meaning(self.name) in LOSSES

    @property
    def falling_range(self) -> tuple[float, float]:
        """The range of the falling form: the score itself, or its distance from the best score, or its negative."""
        if self.goal == "min":
            return self.low, self.high
        best = self.high if np.isfinite(self.high) else 0.0
        return best - self.high, best - self.low

    def falling(self, score: Array) -> Array:
        """The falling form of scores of any shape: small is good. Its own inverse, see `score`."""
        if self.goal == "min":
            return score
        return (self.high if np.isfinite(self.high) else 0.0) - score

    def score(self, falling: Array) -> Array:
        """The scores of falling forms."""
        return self.falling(falling)

    def quantiles(self, falling: Array) -> Array:
        """Ascending quantiles (..., q) of the score, from those of its falling form: levels are symmetric about 1/2."""
        return falling if self.goal == "min" else self.score(falling[..., ::-1])


def metric_of(log: pd.DataFrame, options: Options | BacktestOptions) -> Metric:
    """The metric of the column that the log's scores were read from; options go before what the name says.

    Raises
    ------
    BadQuery
        The name does not tell which way is better, or the range asked for is empty.
    BadRow
        A score outside the range.
    """
    name = str(log.attrs.get("columns", {}).get("score", "score"))
    meaning, scores = _meaning(name), log["score"].to_numpy(dtype=np.float64)
    goal = options.goal or _goal(meaning)
    if goal is None:
        raise BadQuery("goal", f"whether a small or a large {name!r} is good cannot be told from its name: say min or max")
    low, high = _range(meaning, scores)
    low, high = (low if options.low is None else options.low), (high if options.high is None else options.high)
    if low >= high:
        raise BadQuery("low", f"must lie below the largest score there can be, {high:g} (got {low:g})")
    outside = np.flatnonzero((scores < low) | (scores > high))
    if outside.size:
        row = int(outside[0])
        expected = f"a value from {low:g} to {high:g}, the range of {name!r}; another range is set by low and high"
        raise BadRow(row=int(log.index[row]), column="score", value=float(scores[row]), expected=expected)
    return Metric(name, goal, low, high)


def _meaning(name: str) -> str:
    """The known metric that a column's name ends with: ``eval/Loss`` is a loss. Empty where there is none."""
    words = [word for word in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()) if word]
    known = {*SHARES, *ERRORS, *LOSSES, *GAINS}
    for count in (2, 1):
        for start in range(len(words) - count, -1, -1):
            if "_".join(words[start : start + count]) in known:
                return "_".join(words[start : start + count])
    return ""


def _goal(meaning: str) -> Literal["min", "max"] | None:
    if meaning in SHARES or meaning in GAINS:
        return "max"
    return "min" if meaning else None


def _range(meaning: str, scores: Array) -> tuple[float, float]:
    """What the name says of the range, in view of the scores: a share may be told in per cent, a likelihood may be negative."""
    if meaning in SHARES or meaning in ERRORS:
        # Scores that are mostly above 1 are in per cent; one or two above it are mistakes, and are refused. An error rate of words
        # may exceed 1.
        top = PER_CENT if len(scores) and float(np.median(scores)) > 1.0 else 1.0
        return 0.0, np.inf if meaning in ("wer", "cer") else top
    if meaning in ("perplexity", "ppl"):
        return 1.0, np.inf
    if meaning in LOSSES and (not len(scores) or float(scores.min()) >= 0.0):
        return 0.0, np.inf
    return -np.inf, np.inf if meaning != "r2" else 1.0
