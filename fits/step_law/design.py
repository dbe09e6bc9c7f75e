"""Which run to add to the log: the one that narrows the recommendation most per FLOP."""

from __future__ import annotations

import math

import numpy as np

from fits.solver import BadQuery
from fits.step_law.model import Predictor
from fits.step_law.schema import Advice, Fit
from fits.step_law.surface import NOISE_FLOOR, NOISE_SLOPE, jacobian

_AROUND = [(u, v) for u in (-1.4, -0.7, 0.0, 0.7, 1.4) for v in (-1.4, -0.7, 0.0, 0.7, 1.4)]  # factors of 2 and 4 about the optimum


def next_runs(fit: Fit, params: float, tokens: float, count: int) -> list[Advice]:
    """The `count` best further runs in the cells of the log for a training of `params` and `tokens`, best first.

    A run at x has gradient g(x) in the parameters of the surface and noise r; by Sherman-Morrison it lowers the variance of
    ln LR + ln B at the target t by (t' S g)^2 / (g' S g + r^2). Divided by the run's 6ND.

    Raises
    ------
    BadQuery
        The fit holds no surface.
    """
    if fit.surface is None:
        raise BadQuery("next_run", "only a fit with --method surface can tell which run to add")
    target = Predictor(fit.surface, params, tokens)
    covariance, theta = target.covariance, target.theta
    at = np.array([1.0, target.n, target.d])
    before = float(sum(at @ covariance[b, b] @ at for b in (slice(0, 3), slice(3, 6))))
    found = []
    for cell in fit.cells:
        model = Predictor(fit.surface, cell.params, cell.tokens)
        for u, v in _AROUND:
            log_lr, log_batch = model.log_lr + u, model.log_batch + v
            one = (np.array([x]) for x in (model.n, model.d, log_lr, log_batch))
            gradient = jacobian(theta, *one)[0]
            noise = NOISE_FLOOR + NOISE_SLOPE * model.excess_percent(log_lr, log_batch)
            spread = covariance @ gradient
            gain = float((at @ spread[0:3]) ** 2 + (at @ spread[3:6]) ** 2) / float(gradient @ spread + noise**2)
            flops = 6.0 * cell.params * cell.tokens
            found.append((gain / flops, gain / before, flops, cell, math.exp(log_lr), math.exp(log_batch)))
    found.sort(key=lambda item: -item[0])
    return [
        Advice(
            config={"params": cell.params, "tokens": cell.tokens, "lr": lr, "batch_tokens": min(batch, cell.tokens)},
            why=f"lowers the variance of the recommendation by {100 * drop:.1f} % for {flops:.2g} FLOPs",
            law="fit",
            valid_for="runs in the cells of the log",
            variance_drop_percent=100 * drop,
        )
        for _, drop, flops, cell, lr, batch in found[:count]
    ]
