"""The rest of a run from its first part, its learning-rate plan, and other runs of the kind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fits.learning_curve.lr_aware import prior as priors
from fits.learning_curve.lr_aware.forecast import Component, LrAwareFit, in_steps
from fits.learning_curve.lr_aware.law import SHAPE, law, points_at
from fits.learning_curve.lr_aware.observed import Observed, observe
from fits.learning_curve.lr_aware.posterior import Block, Found, Gaussian, block_of, fit_blocks, robust_fit
from fits.learning_curve.lr_aware.schedule import Run, Schedule, peak_rate, schedule_of
from fits.solver import SolverError

MOST_POINTS = 150  # of the run
MOST_SIBLINGS = 12
SIBLING_POINTS = 60
ALPHA_GRID = (-1.6, -0.8, 0.0, 0.8, 1.6)  # in prior standard deviations of ln alpha: the posterior bends too much for one Gaussian
STEPS = (300.0, 3e6)  # a horizon between these is taken for a number of optimiser steps
USUAL_STEPS = 2e4  # what another unit's horizon is taken for
LEAST_WEIGHT = 1e-3  # a component below it is left out


def fit_lr_aware(run: Run, siblings: Sequence[Run] = (), *, step_unit: float | None = None) -> LrAwareFit:
    """The posterior of the law for `run`.

    Parameters
    ----------
    run : the run in question; its plan should reach to the horizon.
    siblings : other runs, of the same or another model, on the same x axis; those that cannot be used are left out, as are those
        past the twelfth. Each is told in units of its own peak learning rate.
    step_unit : optimiser steps in one unit of x; None: 1 where the horizon looks like a number of steps, else unknown.

    Raises
    ------
    NotEnoughData, DegenerateData
        Fewer than three losses after the warm-up, no learning rate, positions that do not ascend.
    """
    unit, steps_known = _unit(run, step_unit)
    run = in_steps(run, unit)
    schedule = schedule_of(run, peak_rate(run))
    seen = observe(run, schedule, MOST_POINTS)
    points = points_at(schedule, seen.x)
    # drops are told in units of what is left to lose at the end of the plan, where they are made
    reference_area = float(np.exp(points_at(schedule, schedule.x[-1:]).log_area[0]))
    ahead = math.log(reference_area) - float(points.log_area[-1])
    left = priors.reducible(points.log_area, seen.loss)
    alone = priors.of_run(seen.loss, left, ahead, steps_known)
    block = block_of(points, seen.loss, seen.variance, left * priors.early(seen.loss, left))
    shared = _siblings([in_steps(one, unit) for one in siblings], reference_area, steps_known)
    if shared is None:
        candidates = [(1.0, False, start) for start in _alphas(alone)]
    else:
        count = (len(shared.mean) - SHAPE) // 2
        other = priors.of_other_model(shared, alone)
        share = [one / len(ALPHA_GRID) for one in (priors.OTHER_MODEL, priors.UNRELATED)]
        candidates = [(share[0], False, start) for start in _alphas(other)]
        candidates += [(share[1], False, start) for start in _alphas(alone)]
        candidates += [(priors.SAME_MODEL / count, True, priors.of_same_model(shared, k)) for k in range(count)]
    return _mixed(candidates, block, reference_area, unit, seen, schedule, peak_rate(run))


def _unit(run: Run, step_unit: float | None) -> tuple[float, bool]:
    """Optimiser steps in one unit of x, and whether that is known."""
    if step_unit is not None:
        return step_unit, True
    horizon = float(np.max(np.asarray(run.plan_steps, dtype=np.float64), initial=0.0))
    if STEPS[0] <= horizon <= STEPS[1] or horizon <= 0.0:
        return 1.0, True
    return USUAL_STEPS / horizon, False


def _alphas(guess: Gaussian) -> list[Gaussian]:
    """`guess` as a mixture of Gaussians along ln alpha, each narrow in it; the others follow by their covariance."""
    sd = math.sqrt(guess.covariance[0, 0])
    gain = guess.covariance[:, 0] / guess.covariance[0, 0]
    narrow = 0.45 * sd
    covariance = guess.covariance - np.outer(gain, gain) * (sd**2 - narrow**2)
    return [Gaussian(guess.mean + gain * sd * k, covariance) for k in ALPHA_GRID]


def _siblings(runs: Sequence[Run], reference_area: float, steps_known: bool) -> Gaussian | None:
    """Posterior of (shape, L0 and ln A of each sibling); None where no sibling can be used."""
    blocks, guesses = [], []
    for run in runs:
        try:
            schedule = schedule_of(run, peak_rate(run))
            seen = observe(run, schedule, SIBLING_POINTS)
        except SolverError:
            continue
        points = points_at(schedule, seen.x)
        left = priors.reducible(points.log_area, seen.loss)
        ahead = math.log(reference_area) - float(points.log_area[-1])
        guess = priors.of_run(seen.loss, left, ahead, steps_known)
        guesses.append(guess)
        blocks.append(block_of(points, seen.loss, seen.variance, left * priors.early(seen.loss, left)))
        if len(blocks) == MOST_SIBLINGS:
            break
    if not blocks:
        return None
    return robust_fit(blocks, priors.of_all(guesses), reference_area)[0].posterior


def _mixed(
    candidates: list[tuple[float, bool, Gaussian]],
    block: Block,
    reference_area: float,
    unit: float,
    seen: Observed,
    schedule: Schedule,
    peak: float,
) -> LrAwareFit:
    """Fit the run under each prior, and weigh the posteriors by their evidence."""
    _, (block,) = robust_fit([block], max(candidates, key=lambda one: one[0])[2], reference_area)
    found = [fit_blocks([block], start, reference_area) for _, _, start in candidates]
    weights = np.array([c[0] for c in candidates])
    log_weight = np.log(weights) + np.array([f.log_evidence for f in found])
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    kept = weight > LEAST_WEIGHT
    weight = np.where(kept, weight, 0.0) / weight[kept].sum()
    components = [_component(float(w), one, block, reference_area) for w, one in zip(weight, found, strict=True) if w > 0.0]
    best = int(np.argmax(weight))
    return LrAwareFit(
        components=tuple(components),
        reference_lr=peak,
        reference_area=reference_area,
        step_unit=unit,
        last_x=float(seen.x[-1] / unit),
        error=block.error,
        noise=seen.noise,
        misfit=found[best].misfit,
        same_model=float(sum(w for w, c in zip(weight, candidates, strict=True) if c[1])),
        plan_end=float(schedule.x[-1] / unit),
    )


def _component(weight: float, found: Found, block: Block, reference_area: float) -> Component:
    """The posterior with its misfit at the last loss: z_n = k (y - f(theta)), k from the process's covariance."""
    theta = found.posterior.mean
    predicted, slopes = law(theta, block.points, reference_area)
    related = block.error.to_last(block.points)
    gain = related.T @ block.whiten.T @ block.whiten
    prior = np.diag([1.0, block.error.paid])
    worse = max(1.0, found.misfit)
    return Component(
        weight,
        theta,
        worse * found.posterior.covariance,
        gain @ (block.loss - predicted),
        gain @ slopes,
        worse * (prior - gain @ related),
    )
