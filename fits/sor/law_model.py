"""Log cost by the law of relaxation, its optimum a Gaussian process over the context.

s(z) = features(z) · w with the prior of `fits.bandits.basis`, and `law.SHAPE` numbers shared by all contexts. A batch is fitted by
Levenberg-Marquardt under a Student likelihood; between batches each cost updates mean and covariance by one step of an extended
Kalman filter, its slope taken over the posterior's width.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from fits.bandits.basis import features, scales, spectrum
from fits.bandits.gaussian import draw, features_at, filtered
from fits.bandits.robust import FREEDOM, Batch, mean_squared, weights
from fits.compiled import jit_if_possible
from fits.sor.law import SHAPE, SMALLEST, Array, log_cost, log_costs, slope, slopes

PRIOR_S = (0.9, 0.6)  # mean and sd of s averaged over contexts: omega* = 1.42, from 1 to 1.78 within two sd
PRIOR_SHAPE = (2.9, 0.0, 0.28, 0.12)  # ln K of a tolerance of 1e-8, tilt, step, swell: see `fits.sor.law`
PRIOR_SHAPE_SD = (0.2, 0.3, 0.08, 0.25)
UNKNOWN_UNIT_SD = 1.0  # of ln K where the cost is no number of iterations
LEAST_NOISE = 0.075  # sd of ln cost: the law is no better than this
JITTER = 0.025  # sd of s between systems of the same context; keeps omega off the steep side of the kink
OFFSETS = np.array([-0.04, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.04, 0.055, 0.07, 0.09, 0.12, 0.16, 0.22, 0.3])
# candidates for omega: their distance from s in ln(omega / (2 - omega)), dense where the kink is
NORMALS = 6  # taken for one decision: 1 + SHAPE, and one more so that a seed decides as it always did
WIDTHS = (0.05, 0.02)  # of the slope in s: first far-sighted, then close


class Form(NamedTuple):
    """The Gaussian process of s - its mean: `waves` cosines (see `fits.bandits.basis.spectrum`), `spread` its sd over contexts."""

    waves: int
    lengthscale: float
    interaction: float
    spread: float


# Chosen by iterations on the tables of ../shared/data/sor and like sequences.
ONE = Form(20, 0.12, 0.0, 0.55)  # of no or one context
SEVERAL = Form(32, 0.25, 0.5, 0.4)


class LawModel:
    """The posterior of the law. `theta` (m + SHAPE,) holds w and the shape, `covariance` theirs."""

    def __init__(self, dimensions: int) -> None:
        form = ONE if dimensions <= 1 else SEVERAL
        self.frequencies, variances = spectrum(dimensions, form.waves if dimensions else 1, form.lengthscale, form.interaction)
        self.scales = scales(self.frequencies)
        share = np.concatenate([[0.0], variances[1:]])
        spread = form.spread**2 * share / max(float(share.sum()), 1e-12)
        variance = np.concatenate([[PRIOR_S[1] ** 2], spread[1:], np.square(PRIOR_SHAPE_SD)]) + 1e-12
        self.prior = np.concatenate([[PRIOR_S[0]], np.zeros(len(share) - 1), PRIOR_SHAPE])
        self.precision = 1.0 / variance
        self.theta, self.covariance, self.noise = self.prior.copy(), np.diag(variance), LEAST_NOISE

    def choose(self, z: Array, normals: Array, arms: Array, low: float, high: float) -> float:
        """The best omega under one draw from the posterior: of `arms`, or where there are none of [low, high]."""
        return float(
            _choose(self.theta, self.covariance, z, self.frequencies, self.scales, normals, arms, low, high, OFFSETS, JITTER)
        )

    def learn(self, z: Array, omega: float, log_cost: float, rounding: float, censored: bool) -> tuple[float, float]:
        """Take in one cost; (log density before, squared surprise in units of its variance)."""
        return _learn(
            self.theta,
            self.covariance,
            z,
            self.frequencies,
            self.scales,
            omega,
            log_cost,
            self.noise**2 + rounding,
            censored,
        )

    def fit(self, batch: Batch) -> None:
        """The posterior of a whole batch, from the better of two starts: what is known now, and the prior."""
        prior, precision = self._prior_for(batch)
        basis = features(batch.z, self.frequencies)
        noise = max(self.noise, LEAST_NOISE)
        found = [_descend(start, prior, precision, basis, batch, noise) for start in (self.theta, prior)]
        self.theta, self.covariance, _ = min(found, key=lambda one: one[2])
        error = batch.error(log_costs(batch.omega, basis @ self.theta[:-SHAPE], self.theta[-SHAPE:]))
        self.noise = math.sqrt(mean_squared(error, noise**2 + batch.rounding, LEAST_NOISE))

    def predict(self, z: Array, omegas: Array, theta: Array | None = None) -> Array:
        """Mean of ln cost at contexts (n, dimensions) and omegas (k,): an array (n, k)."""
        theta = self.theta if theta is None else theta
        s = features(z, self.frequencies) @ theta[:-SHAPE]
        flat = log_costs(np.tile(omegas, len(s)), np.repeat(s, len(omegas)), theta[-SHAPE:])
        return flat.reshape(len(s), len(omegas))

    def predict_one(self, z: Array, omega: float) -> float:
        """Mean of ln cost at one context z (dimensions,) and one omega."""
        return float(_predict(self.theta, z, self.frequencies, self.scales, omega))

    def state(self) -> dict[str, Any]:
        """The posterior as plain JSON."""
        return {"theta": self.theta.tolist(), "covariance": self.covariance.tolist(), "noise": self.noise}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the posterior of another model of as many contexts."""
        theta, covariance = np.array(state["theta"]), np.array(state["covariance"])
        if theta.shape != self.theta.shape or covariance.shape != self.covariance.shape:
            raise ValueError(f"a state of {len(theta)} parameters where the model has {len(self.theta)}")
        self.theta, self.covariance = theta, covariance
        self.noise = float(state["noise"])

    def _prior_for(self, batch: Batch) -> tuple[Array, Array]:
        """Iterations to 1e-8 are known beforehand but for a factor; of seconds the first ones have to tell."""
        prior, precision = self.prior.copy(), self.precision.copy()
        if not batch.iterations:
            guess = log_costs(batch.omega, np.full(len(batch.omega), prior[0]), prior[-SHAPE:])
            prior[-SHAPE] += float(np.median(batch.log_cost - guess))
            precision[-SHAPE] = UNKNOWN_UNIT_SD**-2
        return prior, precision


def _descend(start: Array, prior: Array, precision: Array, basis: Array, batch: Batch, noise: float) -> tuple[Array, Array, float]:
    """Levenberg-Marquardt: parameters, their covariance and the objective (minus the log posterior)."""
    variance = noise**2 + batch.rounding

    def objective(theta: Array) -> float:
        error = batch.error(log_costs(batch.omega, basis @ theta[:-SHAPE], theta[-SHAPE:]))
        loss = 0.5 * (FREEDOM + 1.0) * np.log1p(error**2 / (FREEDOM * variance)).sum()
        return float(loss + 0.5 * (precision * (theta - prior) ** 2).sum())

    theta, best = start.copy(), objective(start)
    hessian = np.diag(precision)
    for width in WIDTHS:
        damping = 1e-3
        for _ in range(15):
            s = basis @ theta[:-SHAPE]
            value, sides = log_costs(batch.omega, s, theta[-SHAPE:]), slopes(batch.omega, s, theta[-SHAPE:], width)
            jacobian = np.hstack([basis * sides[:, :1], sides[:, 1:]])
            error = batch.error(value)
            weight = weights(error, variance) / variance
            hessian = (jacobian.T * weight) @ jacobian
            hessian[np.diag_indices_from(hessian)] += precision
            gradient = jacobian.T @ (weight * error) - precision * (theta - prior)
            for _ in range(6):
                damped = hessian + np.diag(damping * np.diag(hessian))
                step = theta + np.linalg.solve(damped, gradient)
                reached = objective(step)
                if reached < best:
                    break
                damping = max(8.0 * damping, 1e-4)
            else:
                break
            gained, theta, best, damping = best - reached, step, reached, damping / 5.0
            if gained < 1e-4:
                break
    return theta, np.asarray(np.linalg.inv(hessian), dtype=np.float64), best


@jit_if_possible
def _choose(
    theta: Array,
    covariance: Array,
    z: Array,
    frequencies: Array,
    scale: Array,
    normals: Array,
    arms: Array,
    low: float,
    high: float,
    offsets: Array,
    jitter: float,
) -> float:
    """Thompson sampling of (s, shape) at z, then the omega of least expected cost over the jitter of s."""
    phi = features_at(z, frequencies, scale)
    m = phi.size
    # s and the shape are theta's images under A = [phi 0; 0 I]: mean A theta, covariance A C A'
    along = np.zeros(theta.size)
    along[:m] = phi
    image = np.dot(covariance, along)
    drawn = np.empty(1 + SHAPE)
    joint = np.empty((1 + SHAPE, 1 + SHAPE))
    drawn[0] = np.dot(phi, theta[:m])
    joint[0, 0] = np.dot(phi, image[:m])
    for i in range(SHAPE):
        drawn[1 + i] = theta[m + i]
        joint[0, 1 + i] = joint[1 + i, 0] = image[m + i]
        for j in range(SHAPE):
            joint[1 + i, 1 + j] = covariance[m + i, m + j]
    draw(drawn, joint, normals)
    s = max(drawn[0], SMALLEST)
    candidates = arms
    if arms.size == 0:
        candidates = np.minimum(np.maximum(2.0 / (1.0 + np.exp(-s - offsets)), low), high)
    best, chosen = math.inf, float(candidates[0])
    for i in range(candidates.size):
        expected = 0.0
        for k, weight in ((-1.0, 1.0), (0.0, 4.0), (1.0, 1.0)):  # Gauss-Hermite of three points, times 6
            expected += weight * math.exp(log_cost(candidates[i], s + k * math.sqrt(3.0) * jitter, drawn[1:]))
        if expected < best:
            best, chosen = expected, float(candidates[i])
    return chosen


@jit_if_possible
def _predict(theta: Array, z: Array, frequencies: Array, scale: Array, omega: float) -> float:
    phi = features_at(z, frequencies, scale)
    s = np.dot(phi, theta[: phi.size])
    return log_cost(omega, s, theta[phi.size :])


@jit_if_possible
def _learn(
    theta: Array,
    covariance: Array,
    z: Array,
    frequencies: Array,
    scale: Array,
    omega: float,
    seen: float,
    variance: float,
    censored: bool,
) -> tuple[float, float]:
    phi = features_at(z, frequencies, scale)
    m = phi.size
    s = np.dot(phi, theta[:m])
    along = np.zeros(theta.size)
    along[:m] = phi
    doubt = np.dot(along, np.dot(covariance, along))
    width = max(0.7 * math.sqrt(max(doubt, 0.0)), WIDTHS[1])
    sides = np.empty(1 + SHAPE)
    slope(omega, s, theta[m:], width, sides)
    gradient = np.empty(theta.size)
    gradient[:m] = phi * sides[0]
    gradient[m:] = sides[1:]
    return filtered(theta, covariance, gradient, seen - log_cost(omega, s, theta[m:]), variance, censored)
