"""Inverse-gap weighting: an arm's probability falls with how much dearer than the best it is predicted to be."""

from __future__ import annotations

from collections.abc import Sequence


def inverse_gap(predictions: Sequence[float], rate: float) -> list[float]:
    """Probabilities 1 / (K + eta (y_i - min y)) for every arm but the best, which gets the rest (at least 1/K).

    Abe & Long 1999; Foster & Rakhlin, SquareCB (arXiv 2002.04926, algorithm 1).

    Parameters
    ----------
    predictions : (K,) predicted losses y, finite. The first of several lowest counts as the best.
    rate : eta >= 0, in one over the unit of the predictions; 0 gives the uniform distribution.
    """
    count, lowest = len(predictions), min(predictions)
    distribution = [1.0 / (count + rate * (prediction - lowest)) for prediction in predictions]
    best = predictions.index(lowest)
    distribution[best] += 1.0 - sum(distribution)
    return distribution
