"""Log cost as a Gaussian process over context and omega, free of theory: for methods that the law of relaxation does not describe.

A linear model: products of cosines in the context and cosines in omega, with the variances of squared-exponential kernels
(`fits.bandits.basis`), updated by one rank-one step a cost. Decisions look at what it leaves over as well (`fits.sor.remainder`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fits.bandits.basis import features, scales, spectrum
from fits.bandits.gaussian import draw, features_at, filtered
from fits.bandits.robust import Batch, mean_squared, weights
from fits.compiled import jit_if_possible
from fits.sor.law import Array
from fits.sor.remainder import SIZE, Remainder, cells, drawn_remainder, take

COUNT = 44  # products kept
WAVES = 6  # cosines in omega
LENGTHSCALE, OMEGA_LENGTHSCALE = 0.3, 0.35
SPREAD = 1.0  # sd of ln cost over contexts and omegas
LEAST_NOISE = 0.05
TEMPER = 0.7  # of Thompson sampling; 1 cost 1.03 where .7 cost 1.02 times the optimum, on two SSOR-CG sequences
CANDIDATES = 41
NORMALS = WAVES + SIZE  # of one decision


class SmoothModel:
    """The posterior: `theta` (m,) and `covariance` (m, m) of the deviation from `level`, the mean of ln cost."""

    def __init__(self, dimensions: int, low: float, high: float, arms: Array) -> None:
        self.low, self.high = low, high
        contexts, variances = spectrum(dimensions, COUNT if dimensions else 1, LENGTHSCALE, interaction=0.3)
        waves = np.exp(-0.5 * (OMEGA_LENGTHSCALE * np.pi * np.arange(WAVES)) ** 2)
        products = (variances[:, None] * waves[None, :]).ravel()
        kept = np.argsort(-products, kind="stable")[:COUNT]
        context, self.wave = np.divmod(kept, WAVES)
        used = np.arange(context.max() + 1)
        self.context = context
        self.frequencies = contexts[used]
        self.scales = scales(self.frequencies)
        variance = SPREAD**2 * products[kept] / products[kept].sum()
        variance[0] += 1.0  # the level itself is only guessed
        self.precision = 1.0 / variance
        self.theta, self.covariance = np.zeros(len(variance)), np.diag(variance)
        self.level, self.noise = 3.0, 2.0 * LEAST_NOISE
        self.remainder = Remainder()
        self._refine = not arms.size
        self._candidates = arms if arms.size else np.linspace(low, high, CANDIDATES)
        self._candidate_waves = self._waves(self._candidates)
        self._candidate_cells = cells(self._place(self._candidates))

    def choose(self, z: Array, normals: Array) -> float:
        """The best omega under one draw from the posterior: of the arms, or where there are none of a fine grid, refined."""
        return float(
            _choose(
                self.theta,
                self.covariance,
                z,
                self.frequencies,
                self.scales,
                self.context,
                self.wave,
                self.remainder.mean,
                self.remainder.variance,
                normals,
                self._candidates,
                self._candidate_waves,
                self._candidate_cells,
                self._refine,
            )
        )

    def learn(self, z: Array, omega: float, log_cost: float, rounding: float, censored: bool) -> tuple[float, float]:
        """Take in one cost; (log density before, squared surprise in units of its variance)."""
        error = log_cost - self.level
        return _learn(
            self.theta,
            self.covariance,
            z,
            self.frequencies,
            self.scales,
            self.context,
            self.wave,
            self.remainder.mean,
            self.remainder.variance,
            (omega - self.low) / (self.high - self.low),
            error,
            self.noise**2 + rounding,
            censored,
        )

    def fit(self, batch: Batch) -> None:
        """The posterior of a whole batch: weighted least squares, the weights those of the Student likelihood."""
        self.level = float(batch.log_cost.mean())
        basis = features(batch.z, self.frequencies)[:, self.context] * self._waves(batch.omega)[:, self.wave]
        variance = max(self.noise, LEAST_NOISE) ** 2 + batch.rounding
        error = batch.error(self.level + basis @ self.theta)
        for _ in range(3):
            weight = weights(error, variance) / variance
            target = basis @ self.theta + error
            precision = (basis.T * weight) @ basis + np.diag(self.precision)
            self.covariance = np.linalg.inv(precision)
            self.theta = self.covariance @ (basis.T @ (weight * target))
            error = batch.error(self.level + basis @ self.theta)
        self.noise = math.sqrt(mean_squared(error, variance, LEAST_NOISE))
        told = ~batch.censored
        self.remainder.fit(self._place(batch.omega[told]), error[told], self.noise**2 + batch.rounding[told])

    def predict(self, z: Array, omegas: Array, theta: Array | None = None) -> Array:
        """Mean of ln cost at contexts (n, dimensions) and omegas (k,): an array (n, k)."""
        theta = self.theta if theta is None else theta
        weights_of = np.zeros((len(self.frequencies), WAVES))
        weights_of[self.context, self.wave] = theta
        return np.asarray(self.level + features(z, self.frequencies) @ weights_of @ self._waves(omegas).T)

    def predict_one(self, z: Array, omega: float) -> float:
        """Mean of ln cost at one context z (dimensions,) and one omega."""
        place = (omega - self.low) / (self.high - self.low)
        feature = _feature(z, self.frequencies, self.scales, self.context, self.wave, place)
        return self.level + float(feature @ self.theta)

    def state(self) -> dict[str, Any]:
        """The posterior as plain JSON."""
        return {
            "theta": self.theta.tolist(),
            "covariance": self.covariance.tolist(),
            "level": self.level,
            "noise": self.noise,
            "remainder": self.remainder.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the posterior of another model of as many contexts and the same omegas."""
        theta, covariance = np.array(state["theta"]), np.array(state["covariance"])
        if theta.shape != self.theta.shape or covariance.shape != self.covariance.shape:
            raise ValueError(f"a state of {len(theta)} parameters where the model has {len(self.theta)}")
        self.theta, self.covariance = theta, covariance
        self.level, self.noise = float(state["level"]), float(state["noise"])
        self.remainder.restore(state["remainder"])

    def _place(self, omegas: Array) -> Array:
        return (omegas - self.low) / (self.high - self.low)

    def _waves(self, omegas: Array) -> Array:
        return features(self._place(omegas)[:, None], np.arange(WAVES, dtype=np.float64)[:, None])


@jit_if_possible
def _choose(
    theta: Array,
    covariance: Array,
    z: Array,
    frequencies: Array,
    scale: Array,
    context: Array,
    wave: Array,
    mean: Array,
    variance: Array,
    normals: Array,
    candidates: Array,
    waves: Array,
    cell: NDArray[np.int64],
    refine: bool,
) -> float:
    """The candidate of least ln cost under one draw at z, refined by a parabola.

    Only the coefficients of the waves are drawn, (WAVES,) instead of (m,), and the remainder's tiles.
    """
    phi = features_at(z, frequencies, scale)
    # the waves' coefficients are theta's image under A: mean A theta, covariance A C A'
    image = np.zeros((waves.shape[1], theta.size))
    for q in range(theta.size):
        image[wave[q], q] = phi[context[q]]
    drawn = np.dot(image, theta)
    draw(drawn, np.dot(np.dot(image, covariance), image.T), TEMPER * normals[:WAVES])
    profile = np.dot(waves, drawn) + drawn_remainder(mean, variance, normals[WAVES:], cell)
    best = np.argmin(profile)
    chosen: float = candidates[best]
    if refine and 0 < best < candidates.size - 1:
        left, right = profile[best - 1], profile[best + 1]
        bend = left - 2.0 * profile[best] + right
        if bend > 0.0:
            chosen += 0.5 * (left - right) / bend * (candidates[1] - candidates[0])
    return chosen


@jit_if_possible
def _feature(z: Array, frequencies: Array, scale: Array, context: Array, wave: Array, place: float) -> Array:
    phi = features_at(z, frequencies, scale)
    feature = np.empty(wave.size)
    for q in range(wave.size):
        feature[q] = phi[context[q]]
        if wave[q] > 0:
            feature[q] *= math.sqrt(2.0) * math.cos(math.pi * wave[q] * place)
    return feature


@jit_if_possible
def _learn(
    theta: Array,
    covariance: Array,
    z: Array,
    frequencies: Array,
    scale: Array,
    context: Array,
    wave: Array,
    mean: Array,
    variance: Array,
    place: float,
    target: float,
    noise: float,
    censored: bool,
) -> tuple[float, float]:
    feature = _feature(z, frequencies, scale, context, wave, place)
    told = filtered(theta, covariance, feature, target - np.dot(feature, theta), noise, censored)
    if not censored:
        take(mean, variance, place, target - np.dot(feature, theta), noise)
    return told
