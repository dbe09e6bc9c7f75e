"""What is believed of the law's parameters before a run is seen: in general, and after its siblings were fitted.

`SHAPE_MEAN` and `SHAPE_SD` are centred on what full runs gave – the 18 curves of 25M and 100M models of arXiv 2503.12811 (alpha
.44 to .48, gamma .36 to .48) and seven nanoGPT records with a linear warm-down (alpha .50 to .68, gamma .15 to .81) – and are wide
enough for both. `OTHER_MODEL_SD` is how far the shapes of two models may lie apart, `SAME_MODEL_SD` those of two runs of one model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fits.learning_curve.lr_aware.law import SHAPE
from fits.learning_curve.lr_aware.posterior import Gaussian
from fits.learning_curve.lr_aware.schedule import Array

# ln alpha, ln b, ln C, ln beta, gamma, ln f. C is for x in optimiser steps; f: a linear warm-up counts half, a forgotten one whole
SHAPE_MEAN = np.array([np.log(0.52), np.log(0.75), np.log(0.05), np.log(0.4), 0.45, np.log(0.5)])
SHAPE_SD = np.array([0.2, 0.6, 1.0, 0.4, 0.2, 0.25])
OTHER_MODEL_SD = np.array([0.1, 0.2, 0.3, 0.15, 0.1, 0.2])
SAME_MODEL_SD = np.array([0.01, 0.04, 0.15, 0.05, 0.05, 0.1])
SAME_LEVEL_SD = (0.003, 0.02)  # of L0, as a share of the loss, and of ln A
SAME_MODEL, OTHER_MODEL, UNRELATED = 0.48, 0.46, 0.06  # before the run is seen: what its siblings are to it
UNKNOWN_PACE_SD = 2.0  # of ln C where x is not in steps

LEAST_REDUCIBLE = 0.02  # of the loss
MOST_REDUCIBLE = 0.25  # of the loss: a steeper fall is that of the first steps, which no power law follows
EARLY_POWER = 2.0  # of how much steeper it is
REDUCIBLE_SD = 0.8  # of the logarithm of what is left to lose
RELATED_LN_A_SD = 0.4  # of ln A against that of another model's run


def reducible(log_area: Array, loss: Array) -> float:
    """What is roughly still to lose at the last of the points (n,): of a power law, its slope in ln S divided by alpha."""
    size = _size(loss)
    late = log_area >= log_area[-1] - 1.0 if len(loss) > 8 else np.ones(len(loss), dtype=np.bool_)
    x, y = log_area[late] - log_area[late].mean(), loss[late] - loss[late].mean()
    slope = -float(x @ y) / max(float(x @ x), 1e-12)
    return min(max(slope / float(np.exp(SHAPE_MEAN[0])), LEAST_REDUCIBLE * size), size)


def early(loss: Array, left: float) -> float:
    """How many times larger than usual the law's error is: more than 1 where the loss still falls as in the first steps."""
    return float(max(1.0, left / (MOST_REDUCIBLE * _size(loss))) ** EARLY_POWER)


def _size(loss: Array) -> float:
    return max(abs(float(loss[-1])), float(np.ptp(loss)), 1e-12)


def of_run(loss: Array, left: float, ahead: float, steps_known: bool) -> Gaussian:
    """Prior of (shape, L0, ln A) for a run with losses (n,), of which `left` is still to lose at the last.

    `ahead` = ln(S_ref / S) there: the amplitude at S_ref is smaller by as much as alpha says, so the two are believed together.
    """
    size, alpha = _size(loss), float(np.exp(SHAPE_MEAN[0]))
    left = min(left, MOST_REDUCIBLE * size)
    mean = np.concatenate([SHAPE_MEAN, [float(np.median(loss[-3:])) - left, np.log(left) - alpha * ahead]])
    covariance = np.diag(np.concatenate([SHAPE_SD, [size, REDUCIBLE_SD]]) ** 2)
    if not steps_known:
        covariance[2, 2] = UNKNOWN_PACE_SD**2
    slope = -alpha * ahead  # of ln A in ln alpha
    covariance[0, SHAPE + 1] = covariance[SHAPE + 1, 0] = slope * covariance[0, 0]
    covariance[SHAPE + 1, SHAPE + 1] += slope**2 * covariance[0, 0]
    return Gaussian(mean, covariance)


def of_all(priors: Sequence[Gaussian]) -> Gaussian:
    """Prior of (shape, L0 and ln A of each run) for runs that share their shape."""
    mean = np.concatenate([priors[0].mean[:SHAPE], *(prior.mean[SHAPE:] for prior in priors)])
    variance = np.concatenate([np.diag(priors[0].covariance)[:SHAPE], *(np.diag(prior.covariance)[SHAPE:] for prior in priors)])
    return Gaussian(mean, np.diag(variance))


def of_same_model(siblings: Gaussian, number: int) -> Gaussian:
    """Prior for a run of the same model as sibling `number`."""
    rows = np.concatenate([np.arange(SHAPE), SHAPE + 2 * number + np.arange(2)])
    mean, covariance = siblings.mean[rows], siblings.covariance[np.ix_(rows, rows)]
    level = abs(mean[SHAPE]) + np.exp(mean[SHAPE + 1])
    sd = np.concatenate([SAME_MODEL_SD, [SAME_LEVEL_SD[0] * level, SAME_LEVEL_SD[1]]])
    return Gaussian(mean, covariance + np.diag(sd**2))


def of_other_model(siblings: Gaussian, alone: Gaussian) -> Gaussian:
    """Prior for a run of another model than its siblings: their shape, roughly their ln A, and its own level (from `alone`)."""
    mean, covariance = alone.mean.copy(), np.zeros_like(alone.covariance)
    shape = slice(0, SHAPE)
    mean[shape] = siblings.mean[shape]
    covariance[shape, shape] = siblings.covariance[shape, shape] + np.diag(OTHER_MODEL_SD**2)
    amplitudes = siblings.mean[SHAPE + 1 :: 2]
    mean[SHAPE + 1] = amplitudes.mean()
    covariance[SHAPE, SHAPE] = alone.covariance[SHAPE, SHAPE]
    covariance[SHAPE + 1, SHAPE + 1] = RELATED_LN_A_SD**2 + amplitudes.var()
    return Gaussian(mean, covariance)
