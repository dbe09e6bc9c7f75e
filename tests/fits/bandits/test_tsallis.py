"""Tsallis-INF: the distribution against a root finder, the estimates against their definition, and what it costs to learn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from fits.bandits.stream import Stream
from fits.bandits.tsallis import Draw, TsallisBandit, draw, probabilities


def by_root_finding(losses: list[float], rate: float) -> list[float]:
    """p_i = 4 / (rate (L_i - x))^2 with the root x found by bisection between its bounds, in u = min L - x."""
    gaps = np.array(losses) - min(losses)

    def distribution(u: float) -> list[float]:
        roots = 2.0 / (rate * (gaps + u))
        return list(roots * roots)

    def surplus(u: float) -> float:
        return float(np.sum(distribution(u))) - 1.0

    low, high = 2.0 / rate, 2.0 * math.sqrt(len(losses)) / rate
    u = low if surplus(low) <= 0 else brentq(surplus, low, high * (1 + 1e-12), xtol=1e-300, rtol=1e-14)
    return distribution(u)


LOSSES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(LOSSES, st.floats(1e-4, 10.0))
@example([0.0] * 20, 2.0)  # the start: all tie
@example([0.0] * 1000, 2.0)
@example([0.0, 1e300], 1.0)
@example([0.0] + [1e-9] * 30, 1e-3)
@example([1e9 + i for i in range(20)], 2.0)  # far from zero
@example([0.0] + [1e12] * 19, 2.0)  # one arm leads
@example([0.0, 0.0] + [50.0] * 18, 0.02)
@example([float(2**i) for i in range(40)], 1.0)
def test_the_distribution_is_that_of_a_root_finder(losses: list[float], rate: float) -> None:
    found = probabilities(losses, rate)
    assert sum(found) == pytest.approx(1.0, abs=1e-12)
    assert min(found) >= 0
    assert found == pytest.approx(by_root_finding(losses, rate), rel=1e-8)


def test_a_cheaper_arm_is_likelier_and_ties_are_equal() -> None:
    p = probabilities([1.0, 3.0, 3.0, 9.0], 0.5)
    assert p[0] > p[1] == p[2] > p[3] > 0


def test_a_draw_follows_the_distribution() -> None:
    stream, p = Stream(1), [0.5, 0.2, 0.3]
    counts = np.bincount([draw(p, stream) for _ in range(20_000)], minlength=3)
    assert counts / 20_000 == pytest.approx(p, abs=0.015)


def play(bandit: TsallisBandit, rounds: int, means: list[float], seed: int = 0, noise: float = 5.0) -> list[int]:
    stream, rng, arms = Stream(seed), np.random.default_rng(seed), []
    for _ in range(rounds):
        drawn = bandit.draw(stream)
        bandit.learn(drawn, means[drawn.arm] + float(rng.uniform(0, noise)))
        arms.append(drawn.arm)
    return arms


def test_estimates_are_the_papers_importance_weighted_sums() -> None:
    bandit, stream, rng = TsallisBandit(4), Stream(3), np.random.default_rng(3)
    estimates, losses = np.zeros(4), [1.0]
    for t in range(1, 200):
        scale = np.mean(losses[1:]) - 1.0 if t > 1 else 1.0  # running mean(loss) - 1
        expected = by_root_finding(list(estimates / scale), 2.0 / math.sqrt(t))
        assert bandit.probabilities() == pytest.approx(expected, rel=1e-6)
        drawn = bandit.draw(stream)
        loss = float(10 + 5 * drawn.arm + rng.integers(0, 5))
        bandit.learn(drawn, loss)
        estimates[drawn.arm] += (loss - 1.0) / drawn.probability
        losses.append(loss)


def test_reduced_variance_shifts_the_arms_that_are_likely_enough() -> None:
    bandit = TsallisBandit(3, reduced_variance=True)
    play(bandit, 300, [5.0, 40.0, 40.0])
    drawn, p, t = bandit.draw(Stream(5)), bandit.probabilities(), bandit.rounds + 1
    assert drawn.shifted == [i for i in range(3) if t * p[i] >= 16] != []
    before = bandit.state()["shifts"]
    bandit.learn(Draw(0, p[0], [0, 1]), 9.0)
    after = bandit.state()["shifts"]
    assert after[0] - before[0] == pytest.approx(0.5 - 0.5 / p[0])
    assert after[1] - before[1] == 0.5
    assert after[2] == before[2]


@pytest.mark.parametrize("reduced_variance", [False, True])
@pytest.mark.parametrize("unit", [1.0, 1e-4])  # iterations, and seconds below one
def test_regret_grows_slower_than_the_rounds(reduced_variance: bool, unit: float) -> None:
    means = [unit * (10 + 2 * abs(i - 7)) for i in range(20)]
    regret = np.zeros(6000)
    for seed in range(4):
        arms = play(TsallisBandit(20, reduced_variance=reduced_variance), 6000, means, seed, noise=5.0 * unit)
        regret += np.cumsum([means[arm] - means[7] for arm in arms]) / 4 / unit
    assert regret[5999] / regret[1499] < 2.4  # sqrt(4) = 2 for any losses, less for stochastic ones, 4 without learning
    assert regret[5999] / 6000 < 0.35 * np.mean([mean / unit - 10 for mean in means])


def test_it_leaves_an_arm_that_becomes_dear() -> None:
    bandit, stream, late = TsallisBandit(3), Stream(0), []
    for t in range(6000):
        drawn = bandit.draw(stream)
        bandit.learn(drawn, [5.0, 20.0, 20.0][drawn.arm] if t < 1000 else [60.0, 20.0, 20.0][drawn.arm])
        late.append(drawn.arm)
    assert late[:1000].count(0) > 700
    assert late[-1000:].count(0) < 100


def test_equal_losses_keep_it_uniform() -> None:
    for loss in (1.0, 0.1):
        bandit = TsallisBandit(5)
        for _ in range(50):
            bandit.learn(bandit.draw(Stream(1)), loss)
        assert bandit.probabilities() == pytest.approx([0.2] * 5)


def test_a_new_lowest_cost_counts_as_if_known_from_the_start() -> None:
    bandit, draws = TsallisBandit(3), [Draw(0, 0.5, []), Draw(1, 0.3, []), Draw(0, 0.4, []), Draw(2, 0.2, [])]
    losses = [0.9, 0.7, 0.5, 0.6]
    for drawn, loss in zip(draws, losses, strict=True):
        bandit.learn(drawn, loss)
    expected = [0.4 / 0.5 + 0.0 / 0.4, 0.2 / 0.3, 0.1 / 0.2]
    assert bandit.state()["estimates"] == pytest.approx(expected)
    assert bandit.state()["floor"] == 0.5


def test_losses_told_late_and_out_of_order_count_the_same() -> None:
    first, second, stream = TsallisBandit(6, reduced_variance=True), TsallisBandit(6, reduced_variance=True), Stream(2)
    told = [(first.draw(stream), float(3 + i % 5)) for i in range(40)]
    for drawn, loss in told:
        first.learn(drawn, loss)
    for drawn, loss in reversed(told):
        second.learn(drawn, loss)
    assert first.probabilities() == pytest.approx(second.probabilities(), rel=1e-9)


def test_absorbing_another_bandit_is_playing_its_rounds() -> None:
    whole, left, right, stream = TsallisBandit(4), TsallisBandit(4), TsallisBandit(4), Stream(7)
    for i in range(60):
        drawn, loss = whole.draw(stream), (0.4, 0.7)[i % 2] + i % 7 / 10  # the two have floors of their own
        for bandit in (whole, (left, right)[i % 2]):
            bandit.learn(drawn, loss)
    for first, second in ((left, right), (right, left)):
        merged = TsallisBandit(4)
        merged.absorb(first)
        merged.absorb(second)
        assert merged.rounds == 60
        assert merged.probabilities() == pytest.approx(whole.probabilities(), rel=1e-9)


@pytest.mark.parametrize("reduced_variance", [False, True])
def test_a_state_survives_json_to_the_bit(reduced_variance: bool) -> None:
    bandit, means = TsallisBandit(5, reduced_variance=reduced_variance), [0.3, 0.4, 0.1, 0.9, 2.0]
    play(bandit, 100, means)
    again = TsallisBandit(5, reduced_variance=reduced_variance)
    again.restore(json.loads(json.dumps(bandit.state(), allow_nan=False)))
    assert play(again, 100, means, seed=4) == play(bandit, 100, means, seed=4)
    assert again.state() == bandit.state()
    with pytest.raises(ValueError, match="5 arms, not 4"):
        TsallisBandit(4).restore(bandit.state())


def test_no_arms_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one arm"):
        TsallisBandit(0)
