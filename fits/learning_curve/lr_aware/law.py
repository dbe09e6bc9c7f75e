"""The multi-power law: the loss at a step from the learning rates of all steps before it, and its derivatives.

With h = lr / reference, S1(t) the area under h up to t, and a drop of h by dh_k (to h_k) where the area was S1_k:

    L(t) = L0 + A [ (S(t) / S_ref)^-alpha - b D(t) ],      S(t) = S1(t) + f s_before,
    D(t) = sum_k dh_k [ 1 - (1 + C h_k^-gamma (S1(t) - S1_k))^-beta ]

(Luo et al. 2025, "A multi-power law for loss curve prediction across learning rate schedules", arXiv 2503.12811: their B is A b
here.) The law L0 + A S1^-alpha - C S2 of Tissue et al. 2024 (arXiv 2408.11029) pays every drop out as 1 - lambda^(t - k), at one
pace whatever the learning rate. Fitted to the nine full curves of one model (25M, 100M) it misses the end of a decay to a tenth of
the peak by .010 to .017 nats, this law by .004 to .007. Writing b as a multiple of A says that the drop and the reducible loss of
another model grow together. s_before is what lies before the first row of the plan (a warm-up that was not logged) at the learning
rate of that row; f says which share of it counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fits.learning_curve.lr_aware.schedule import Array, Beyond, Schedule

SHAPE = 6  # theta = (ln alpha, ln b, ln C, ln beta, gamma, ln f)
L0, LN_A = SHAPE, SHAPE + 1  # further parameters of one run
USUAL_F = 0.5
USUAL_PACE = (0.1, 0.5, 0.6)  # C, beta, gamma of the published fits (.11 to .13, .59, .64) with h = lr / peak, rounded
SMALLEST_H = 1e-2  # of the peak: below it h^-gamma is no longer what was measured


@dataclass(frozen=True)
class Points:
    """Positions of a run as the law sees them: (n,) areas, (n, k) area since each drop, and the drops (k,)."""

    area: Array
    before: float
    since: Array
    size: Array
    log_rate: Array

    @property
    def log_area(self) -> Array:
        """(n,) ln S at the usual share f: the clock of the law's error."""
        return np.log(np.maximum(self.area + USUAL_F * self.before, 1e-9))

    @property
    def paid(self) -> Array:
        """(n,) what drops and rises have brought at the usual pace, without sign: the clock of the error of D."""
        u = USUAL_PACE[0] * np.exp(-USUAL_PACE[2] * self.log_rate) * self.since
        return np.asarray((1.0 - (1.0 + u) ** -USUAL_PACE[1]) @ np.abs(self.size), dtype=np.float64)


def points_at(schedule: Schedule, x: Array, beyond: Beyond = "refuse") -> Points:
    """The positions x (n,) under the plan."""
    area = schedule.area_at(x, beyond)
    since = np.maximum(area[:, None] - schedule.drop_area, 0.0)
    log_rate = np.log(np.maximum(schedule.drop_rate, SMALLEST_H))
    return Points(area, max(float(schedule.x[0]), 0.0) * float(schedule.h[0]), since, schedule.drop_size, log_rate)


def law(theta: Array, points: Points, reference_area: float) -> tuple[Array, Array]:
    """(n,) losses and (n, SHAPE + 2) slopes in theta = (shape, L0, ln A)."""
    alpha, b, pace, beta = np.exp(theta[:4])
    gamma, f = theta[4], np.exp(theta[5])
    amplitude = np.exp(theta[LN_A])
    log_area = np.log(np.maximum((points.area + f * points.before) / reference_area, 1e-9))
    power = np.exp(-alpha * log_area)
    u = pace * np.exp(-gamma * points.log_rate) * points.since
    log_u = np.log1p(u)
    left = np.exp(-beta * log_u)
    by_u = beta * left * u / (1.0 + u)  # d[1 - (1 + u)^-beta] / d ln u
    paid = (1.0 - left) @ points.size
    slopes = np.empty((len(power), SHAPE + 2))
    slopes[:, 0] = -alpha * log_area * power
    slopes[:, 1] = -b * paid
    slopes[:, 2] = -b * (by_u @ points.size)
    slopes[:, 3] = -b * beta * ((log_u * left) @ points.size)
    slopes[:, 4] = b * (by_u @ (points.size * points.log_rate))
    slopes[:, 5] = -alpha * power * np.exp(-log_area) * f * points.before / reference_area
    slopes *= amplitude
    bracket = power - b * paid
    slopes[:, L0] = 1.0
    slopes[:, LN_A] = amplitude * bracket
    return theta[L0] + amplitude * bracket, slopes
