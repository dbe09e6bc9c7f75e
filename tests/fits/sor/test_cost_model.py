"""The two models side by side: who is in charge, what the best fixed omega is, and when the world has changed."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from fits.bandits.stream import Stream
from fits.sor.cost_model import MEMORY, CostModel
from fits.sor.law import log_cost

SHAPE = np.array([2.95, 0.0, 0.28, 0.12])
Cost = Callable[[float, float], float]


def _law(shift: float = 0.0) -> Cost:
    return lambda c, omega: float(round(np.exp(log_cost(omega, 0.4 + shift + 1.2 * c, SHAPE))))


def _bowl(c: float, omega: float) -> float:
    return 20.0 + 200.0 * (omega - 1.2 - 0.5 * c) ** 2


def _play(model: CostModel, cost: Cost, solves: int, seed: int, stream: Stream) -> list[float]:
    rng = np.random.default_rng(seed)
    ratio = []
    grid = np.linspace(1.0, 1.95, 191)
    for c in rng.uniform(size=solves):
        omega = model.sample((float(c),), stream)
        paid = cost(float(c), omega)
        model.learn((float(c),), omega, paid)
        ratio.append(paid / min(cost(float(c), float(w)) for w in grid))
    return ratio


@pytest.mark.parametrize("seed", [1, 2])
def test_sor_is_played_within_a_few_per_cent_of_the_optimum(seed: int) -> None:
    ratio = _play(CostModel(1, 1.0, 1.95), _law(), 300, seed, Stream(seed))
    assert np.mean(ratio[100:]) < 1.06


def test_a_cost_without_theory_is_learned_too() -> None:
    model = CostModel(1, 1.0, 1.95)
    ratio = _play(model, _bowl, 400, 1, Stream(1))
    assert np.mean(ratio[200:]) < 1.04


def test_the_unit_of_the_cost_does_not_matter() -> None:
    ratio = _play(CostModel(1, 1.0, 1.95), lambda c, w: 3e-4 * _law()(c, w), 300, 3, Stream(3))
    assert np.mean(ratio[100:]) < 1.08


def test_the_best_fixed_omega_is_found() -> None:
    model, law = CostModel(1, 1.0, 1.95), _law()
    _play(model, law, 400, 1, Stream(1))
    contexts = np.random.default_rng(9).uniform(size=300)
    means = [np.mean([law(float(c), float(w)) for c in contexts]) for w in model.grid]
    assert model.best_fixed is not None
    at = means[int(np.abs(model.grid - model.best_fixed.omega).argmin())]
    assert at < 1.06 * min(means)
    assert model.best_fixed.cost == pytest.approx(min(means), rel=0.1)


def test_a_change_of_the_world_is_noticed_and_learned() -> None:
    model, stream = CostModel(1, 1.0, 1.95), Stream(5)
    _play(model, _law(), 300, 1, stream)
    assert model.drifts == []
    ratio = _play(model, lambda c, w: 4.0 * _law(1.2 - 2.4 * c)(c, w), 500, 2, stream)
    assert np.mean(ratio[250:]) < 1.12


def test_memory_stays_bounded_and_the_state_survives_json() -> None:
    model, stream = CostModel(1, 1.0, 1.95), Stream(1)
    _play(model, _law(), MEMORY + 200, 1, stream)
    assert len(model.contexts) == MEMORY
    state = json.loads(json.dumps(model.state()))
    other = CostModel(1, 1.0, 1.95)
    other.restore(state)
    assert other.state() == state
    twin = Stream(1, stream.position)
    assert _play(model, _law(), 30, 4, stream) == _play(other, _law(), 30, 4, twin)
    assert model.state() == other.state()


def test_contexts_that_wander_are_followed() -> None:
    model, stream, rng, law = CostModel(2, 1.0, 1.95), Stream(4), np.random.default_rng(4), _law()
    grid, ratio = np.linspace(1.0, 1.95, 191), []
    for t in range(500):
        context = (t / 500.0 + 0.02 * float(rng.standard_normal()), float(rng.uniform()))
        c = 0.8 * context[0] + 0.2 * context[1]
        omega = model.sample(context, stream)
        model.learn(context, omega, law(c, omega))
        ratio.append(law(c, omega) / min(law(c, float(w)) for w in grid))
    assert np.mean(ratio[100:]) < 1.045


def test_without_contexts_one_omega_is_found() -> None:
    model, stream = CostModel(0, 1.0, 1.95), Stream(1)
    paid = []
    for _ in range(150):
        omega = model.sample((), stream)
        paid.append(_law()(0.5, omega))
        model.learn((), omega, paid[-1])
    best = min(_law()(0.5, float(w)) for w in np.linspace(1.0, 1.95, 191))
    assert np.mean(paid[50:]) < 1.06 * best


def test_only_the_arms_are_played() -> None:
    arms = (1.1, 1.3, 1.5)
    model, stream = CostModel(1, 1.0, 1.95, arms), Stream(1)
    for c in np.linspace(0.0, 1.0, 60):
        omega = model.sample((float(c),), stream)
        assert omega in arms
        model.learn((float(c),), omega, _law()(float(c), omega))


@pytest.mark.parametrize(("odds", "share_of_the_law"), [(2.0, 1.0), (-1.0, 0.5)])
def test_a_law_in_doubt_takes_turns_with_the_other_model(
    odds: float, share_of_the_law: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, stream = CostModel(1, 1.0, 1.95), Stream(2)
    model._odds = odds
    monkeypatch.setattr(model._law, "choose", lambda *_: 1.5)
    monkeypatch.setattr(model._smooth, "choose", lambda *_: 1.2)
    assert np.mean([model.sample((0.5,), stream) == 1.5 for _ in range(400)]) == pytest.approx(share_of_the_law, abs=0.07)
