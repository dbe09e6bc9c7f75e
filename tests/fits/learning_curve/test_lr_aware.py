"""The law that knows the learning rate: its slopes, its forecasts of real runs, and what it says of runs that tell little."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fits.learning_curve.lr_aware import LrAwareFit, Run, fit_lr_aware, predict
from fits.learning_curve.lr_aware.law import law, points_at
from fits.learning_curve.lr_aware.schedule import schedule_of
from fits.solver import DegenerateData, NotEnoughData

CURVES = Path(__file__).parents[4] / "shared/data/learning-curve/multipowerlaw"
needs_curves = pytest.mark.skipif(not CURVES.exists(), reason="the shared data is not beside this checkout")
THETA = np.array([np.log(0.45), np.log(0.6), np.log(0.05), np.log(0.45), 0.45, np.log(0.5), 3.0, np.log(0.3)])
Z90 = 1.645


def _run(name: str) -> Run:
    step, rate, loss = np.loadtxt(CURVES / f"{name}.csv", delimiter=",", skiprows=1).T
    return Run(step, loss, step, rate)


def _runs(size: str) -> dict[str, Run]:
    return {path.stem: _run(path.stem) for path in sorted(CURVES.glob(f"{size}_*.csv"))}


def _seen(run: Run, share: float) -> Run:
    rows = max(3, round(share * len(run.steps)))
    return replace(run, steps=run.steps[:rows], loss=run.loss[:rows])


def _final(fit: LrAwareFit, run: Run) -> tuple[float, float]:
    mean, sd = predict(fit, run, run.steps[-1:])
    return float(mean[0]), float(sd[0])


def _wsd(rows: int = 200, horizon: float = 20000.0, decay: float = 0.2, noise: float = 0.001, peak: float = 1e-3) -> Run:
    """A run that follows the law: warm-up from zero, constant, linear decay to a twentieth."""
    plan = np.linspace(0.0, horizon, 1001)
    rate = np.minimum(np.minimum(plan / (0.02 * horizon), 1.0), 0.05 + 0.95 * (horizon - plan) / (decay * horizon)) * peak
    bare = Run(np.zeros(0), np.zeros(0), plan, rate)
    steps = np.linspace(0.05 * horizon, horizon, rows)
    loss, _ = law(THETA, points_at(schedule_of(bare, peak), steps), 0.9 * horizon)
    return Run(steps, loss + noise * np.random.default_rng(0).standard_normal(rows), plan, rate)


def test_slopes_are_those_of_finite_differences() -> None:
    plan = np.linspace(500.0, 9000.0, 60)
    rate = np.where(plan < 5000.0, 1.0, np.exp(-(plan - 5000.0) / 1500.0))
    points = points_at(schedule_of(Run(plan, plan, plan, rate), 1.0), np.linspace(600.0, 9000.0, 17))
    _, slopes = law(THETA, points, 6000.0)
    for column in range(len(THETA)):
        step = np.zeros(len(THETA))
        step[column] = 1e-6
        numeric = (law(THETA + step, points, 6000.0)[0] - law(THETA - step, points, 6000.0)[0]) / 2e-6
        assert np.allclose(slopes[:, column], numeric, atol=1e-6)


def test_the_area_is_the_integral_of_a_linear_rate() -> None:
    plan = np.array([0.0, 100.0, 1000.0])
    schedule = schedule_of(Run(plan, plan, plan, np.array([0.0, 2.0, 0.0])), 2.0)
    assert schedule.area_at(np.array([50.0, 100.0, 1000.0])) == pytest.approx([12.5, 50.0, 500.0])
    assert schedule.warm == pytest.approx(100.0)
    assert schedule.drop_size.sum() == pytest.approx(1.0)


def test_a_coarse_log_keeps_a_step_of_the_rate_a_step() -> None:
    plan = np.arange(0.0, 2000.0, 100.0)
    schedule = schedule_of(Run(plan, plan, plan, np.where(plan < 1000.0, 1.0, 0.1)), 1.0)
    assert schedule.area_at(np.array([1000.0])) == pytest.approx([1000.0], rel=1e-4)
    assert schedule.drop_rate.min() == pytest.approx(0.1)
    assert np.ptp(schedule.drop_area) < 1e-3


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_the_curve_accelerates_where_the_rate_decays(share: float) -> None:
    run = _wsd()
    mean, _ = predict(fit_lr_aware(_seen(run, share)), run, run.steps)
    before, decay = (np.gradient(mean, run.steps)[int(at * len(mean))] for at in (0.7, 0.85))
    assert decay < 3.0 * before < 0.0


@needs_curves
@pytest.mark.parametrize("size", ["25", "100"])
@pytest.mark.parametrize("name", ["wsd_20000_24000", "wsdld_20000_24000"])
def test_half_of_a_real_run_foretells_the_drop_of_its_decay(size: str, name: str) -> None:
    runs = _runs(size)
    run = runs.pop(f"{size}_{name}")
    siblings = [other for key, other in runs.items() if "wsd_" not in key and "wsdld" not in key]
    for given, error in (([], 0.05), (siblings, 0.015)):
        fit = fit_lr_aware(_seen(run, 0.5), given)
        mean, sd = _final(fit, run)
        held = replace(run, plan_lr=np.full_like(run.plan_lr, run.plan_lr[0]))
        assert abs(mean - run.loss[-1]) < min(error, 2.5 * sd)
        assert mean < _final(fit, held)[0] - 0.03


@needs_curves
def test_runs_of_a_smaller_model_foretell_those_of_a_larger_one() -> None:
    siblings = list(_runs("25").values())
    for share, goal in ((0.1, 0.025), (0.2, 0.015), (0.5, 0.012)):
        errors, covered = [], []
        for run in _runs("100").values():
            mean, sd = _final(fit_lr_aware(_seen(run, share), siblings), run)
            errors.append(abs(mean - run.loss[-1]))
            covered.append(errors[-1] < Z90 * sd)
        assert np.mean(errors) < goal
        assert sum(covered) >= 7


@needs_curves
def test_other_schedules_of_the_same_model_are_recognised() -> None:
    runs = _runs("100")
    run = runs.pop("100_cosine_24000")
    fit = fit_lr_aware(_seen(run, 0.3), [runs["100_wsd_20000_24000"], runs["100_wsdcon_9"], *list(_runs("25").values())[:3]])
    mean, _ = _final(fit, run)
    assert fit.same_model > 0.9
    assert abs(mean - run.loss[-1]) < 0.015


def test_units_do_not_matter() -> None:
    run, sibling = _seen(_wsd(), 0.5), _wsd(decay=0.4)
    mean, sd = predict(fit_lr_aware(run, [sibling]), run, np.array([20000.0]))
    for lr_unit, loss_unit in ((1e3, 1.0), (1e-4, 1.0), (1.0, 1.4427)):
        scaled = [replace(one, plan_lr=one.plan_lr * lr_unit, loss=one.loss * loss_unit) for one in (run, sibling)]
        again = predict(fit_lr_aware(scaled[0], scaled[1:]), scaled[0], np.array([20000.0]))
        assert again[0] == pytest.approx(mean * loss_unit, rel=1e-4)
        assert again[1] == pytest.approx(sd * loss_unit, rel=1e-2)


def test_an_axis_of_tokens_is_answered_and_its_unit_does_not_matter() -> None:
    run = _seen(_wsd(), 0.5)
    means = []
    for tokens in (1e6, 1e9):
        scaled = replace(run, steps=run.steps * tokens, plan_steps=run.plan_steps * tokens)
        means.append(predict(fit_lr_aware(scaled), scaled, np.array([20000.0 * tokens]))[0][0])
    assert means[0] == pytest.approx(means[1], rel=1e-6)
    known = fit_lr_aware(replace(run, steps=run.steps * 1e6, plan_steps=run.plan_steps * 1e6), step_unit=1e-6)
    assert known.reference_area == pytest.approx(fit_lr_aware(run).reference_area)


def test_the_same_run_gives_the_same_fit() -> None:
    run = _seen(_wsd(), 0.4)
    first, second = (predict(fit_lr_aware(run, [_wsd(decay=0.5)]), run, np.array([20000.0])) for _ in range(2))
    assert np.array_equal(first, second)


def test_past_the_end_of_the_plan_it_refuses_or_holds_the_rate() -> None:
    run = _seen(_wsd(), 0.4)
    fit = fit_lr_aware(replace(run, plan_steps=run.plan_steps[:440], plan_lr=run.plan_lr[:440]))
    known = replace(run, plan_steps=run.plan_steps[:440], plan_lr=run.plan_lr[:440])
    assert fit.plan_end == pytest.approx(run.plan_steps[439])
    with pytest.raises(NotEnoughData, match="planned up to x = 20000"):
        predict(fit, known, np.array([20000.0]))
    held, sd = predict(fit, known, np.array([8500.0, 20000.0]), beyond="hold")
    assert held[1] < held[0]
    assert sd[1] > sd[0]


def test_a_constant_rate_leaves_the_drop_to_the_prior_with_a_wide_interval() -> None:
    run = _wsd()
    flat = replace(_seen(run, 0.5), plan_lr=np.full_like(run.plan_lr, 1e-3))
    fit = fit_lr_aware(flat)
    _, sd = predict(fit, flat, np.array([20000.0]))
    _, decayed = predict(fit, run, np.array([20000.0]))
    assert decayed[0] > 2.0 * sd[0]
    assert np.isfinite(decayed[0])


def test_three_losses_are_answered_widely_and_two_are_refused() -> None:
    run = _wsd()
    three, many = (replace(run, steps=run.steps[:n], loss=run.loss[:n]) for n in (3, 100))
    assert _final(fit_lr_aware(three), run)[1] > 1.5 * _final(fit_lr_aware(many), run)[1]
    with pytest.raises(NotEnoughData, match="3 losses"):
        fit_lr_aware(replace(run, steps=run.steps[:2], loss=run.loss[:2]))


def test_spikes_and_noise_do_not_move_the_answer() -> None:
    run = _seen(_wsd(noise=0.01), 0.5)
    spoilt = run.loss.copy()
    spoilt[[20, 21, 50, 80]] += [3.0, 2.0, 8.0, -1.0]
    spoilt[60] = np.nan
    for loss in (run.loss, spoilt):
        mean, sd = _final(fit_lr_aware(replace(run, loss=loss)), _wsd())
        assert abs(mean - _wsd(noise=0.0).loss[-1]) < max(2.0 * sd, 0.02)


@pytest.mark.parametrize("slope", [1e-4, 0.0])
def test_a_loss_that_does_not_fall_is_answered_near_its_last_value_and_widely(slope: float) -> None:
    run = _seen(_wsd(), 0.5)
    mean, sd = _final(fit_lr_aware(replace(run, loss=3.0 + slope * (run.steps - run.steps[0]))), _wsd())
    assert np.isfinite([mean, sd]).all()
    assert abs(mean - 3.5) < 1.5


def test_a_rate_that_ends_at_zero_or_restarts_is_answered() -> None:
    run = _seen(_wsd(), 0.5)
    for rate in (np.maximum(1.0 - run.plan_steps / 20000.0, 0.0), np.abs(np.cos(run.plan_steps / 3000.0))):
        mean, sd = predict(fit_lr_aware(replace(run, plan_lr=rate)), replace(run, plan_lr=rate), np.linspace(10000.0, 20000.0, 9))
        assert np.isfinite(mean).all()
        assert (sd > 0.0).all()


def test_what_cannot_be_a_run_is_refused() -> None:
    run = _seen(_wsd(), 0.5)
    with pytest.raises(DegenerateData, match="never above zero"):
        fit_lr_aware(replace(run, plan_lr=np.zeros_like(run.plan_lr)))
    with pytest.raises(NotEnoughData, match="a learning rate"):
        fit_lr_aware(replace(run, plan_lr=np.full_like(run.plan_lr, np.nan)))
    with pytest.raises(DegenerateData, match="do not ascend"):
        fit_lr_aware(replace(run, steps=run.steps[::-1]))
    assert fit_lr_aware(run, [replace(run, plan_lr=np.zeros_like(run.plan_lr))]).same_model == 0.0


def test_the_module_loads_nothing_heavy() -> None:
    code = "import sys, fits.learning_curve.lr_aware; print({'pandas', 'scipy', 'sklearn', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
