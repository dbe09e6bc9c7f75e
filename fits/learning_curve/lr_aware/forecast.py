"""What was learned of a run, as plain data, and the loss that it foretells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fits.learning_curve.lr_aware.law import law, points_at
from fits.learning_curve.lr_aware.posterior import Error
from fits.learning_curve.lr_aware.schedule import Array, Beyond, Run, schedule_of


@dataclass(frozen=True)
class Component:
    """One Gaussian of the posterior: of theta (8,), and of the law's two errors at the last loss: gap - gap_slope @ dtheta (2,)."""

    weight: float
    theta: Array
    covariance: Array
    gap: Array
    gap_slope: Array
    gap_covariance: Array


@dataclass(frozen=True)
class LrAwareFit:
    """All that was learned, as plain data.

    Attributes
    ----------
    components : the posterior, a mixture; theta = (ln alpha, ln b, ln C, ln beta, gamma, ln f, L0, ln A): see `law`.
    reference_lr, reference_area, step_unit : the units of the law: learning rate, area, and x in optimiser steps.
    last_x, error : where the last loss was seen, and how far off the law is there.
    noise : standard deviation of the noise of one loss.
    misfit : squared misfit an observation; 1 is as expected, much more means that the run does not follow the law.
    same_model : probability that the run is one of the siblings' model, by how well it goes on along their law.
    plan_end : x up to which the learning rate is known.
    """

    components: tuple[Component, ...]
    reference_lr: float
    reference_area: float
    step_unit: float
    last_x: float
    error: Error
    noise: float
    misfit: float
    same_model: float
    plan_end: float


def predict(fit: LrAwareFit, plan: Run, x: Array, *, beyond: Beyond = "refuse") -> tuple[Array, Array]:
    """Mean and standard deviation (n,) of the loss without noise at positions x (n,), under the learning rates of `plan`.

    `plan` is the run itself, or the run with another future. Past the end of its plan the learning rate is unknown: `beyond`
    refuses with NotEnoughData, or holds the last one.
    """
    schedule = schedule_of(in_steps(plan, fit.step_unit), fit.reference_lr)
    points = points_at(schedule, np.asarray(x, dtype=np.float64) * fit.step_unit, beyond)
    carried, fresh = fit.error.ahead(points)
    means, variances = [], []
    for one in fit.components:
        value, slopes = law(one.theta, points, fit.reference_area)
        slopes = slopes - carried @ one.gap_slope
        means.append(value + carried @ one.gap)
        variances.append(fresh + _quadratic(slopes, one.covariance) + _quadratic(carried, one.gap_covariance))
    weight = np.array([one.weight for one in fit.components])
    mean = weight @ np.array(means)
    spread = weight @ (np.array(variances) + (np.array(means) - mean) ** 2)
    return mean, np.sqrt(spread)


def _quadratic(rows: Array, covariance: Array) -> Array:
    """(n,) r' C r for each row r."""
    return np.asarray(np.einsum("ij,jk,ik->i", rows, covariance, rows), dtype=np.float64)


def in_steps(run: Run, unit: float) -> Run:
    """The run on an axis of optimiser steps, of which `unit` are one of its own axis."""
    steps, plan_steps = np.asarray(run.steps, dtype=np.float64), np.asarray(run.plan_steps, dtype=np.float64)
    return Run(steps * unit, run.loss, plan_steps * unit, run.plan_lr)
