"""The rules to compare with."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from fits.bandits.rule import Choice, Rule
from fits.bandits.stream import Stream
from fits.solver import BadQuery
from fits.sor.policies.controls import Fixed, Greedy, Uniform, Young
from fits.sor.policies.tsallis import GRID


def test_fixed_never_moves() -> None:
    rule, stream = Fixed(1.6), Stream(0)
    for cost in (3.0, 900.0):
        choice = rule.choose((), stream)
        assert choice == Choice(1.6, 1.0)
        rule.learn((), choice, cost)
    assert stream.position == 0
    with pytest.raises(ValueError, match="finite"):
        Fixed(math.nan)


def test_uniform_takes_every_omega_alike() -> None:
    rule, stream = Uniform(), Stream(0)
    choices = [rule.choose((), stream) for _ in range(20_000)]
    assert {choice.probability for choice in choices} == {1 / 20}
    counts = np.array([[choice.action for choice in choices].count(omega) for omega in GRID])
    assert (np.abs(counts - 1000) < 150).all()


def test_greedy_tries_every_omega_once_and_then_the_cheapest() -> None:
    rule, stream, costs = Greedy((1.0, 1.4, 1.8)), Stream(0), {1.0: 30.0, 1.4: 10.0, 1.8: 20.0}
    taken = []
    for _ in range(6):
        choice = rule.choose((), stream)
        rule.learn((), choice, costs[choice.action])
        taken.append(choice.action)
    assert taken == [1.0, 1.4, 1.8, 1.4, 1.4, 1.4]
    rule.learn((), Choice(1.4, 1.0, 1), 90.0)  # its mean is now 26
    assert rule.choose((), stream).action == 1.8


def test_greedy_passes_over_what_is_still_awaited() -> None:
    rule, stream = Greedy((1.0, 1.4, 1.8)), Stream(0)
    waiting = [rule.choose((), stream) for _ in range(3)]
    assert [choice.action for choice in waiting] == [1.0, 1.4, 1.8]
    assert rule.choose((), stream).action == 1.0  # nothing told yet
    rule.learn((), waiting[2], 5.0)
    assert rule.choose((), stream).action == 1.8
    again = Greedy((1.0, 1.4, 1.8))
    again.restore(json.loads(json.dumps(rule.state(), allow_nan=False)))
    for each in (rule, again):
        each.learn((), waiting[1], 4.0)
    assert again.choose((), stream).action == rule.choose((), stream).action == 1.4
    with pytest.raises(ValueError, match="3 arms, not 20"):
        Greedy().restore(rule.state())


@pytest.mark.parametrize(("beta", "omega"), [(0.0, 1.0), (0.6, 1 + 1 / 9), (0.8, 1.25), (math.cos(math.pi / 11), 1.5603879)])
def test_young_is_the_formula(beta: float, omega: float) -> None:
    choice = Young().choose((beta,), Stream(0))
    assert choice.action == pytest.approx(omega, rel=1e-7)
    assert choice.action == pytest.approx(2 / (1 + math.sqrt(1 - beta**2)))
    assert choice.probability == 1.0


def test_young_gives_the_smallest_spectral_radius() -> None:
    n, beta = 6, math.cos(math.pi / 7)  # of the one-dimensional Laplacian with six unknowns
    a = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)

    def radius(omega: float) -> float:
        splitting = np.diag(np.diag(a)) / omega + np.tril(a, -1)
        return float(np.abs(np.linalg.eigvals(np.eye(n) - np.linalg.solve(splitting, a))).max())

    best = Young(component=1).choose((9.0, beta), Stream(0)).action
    assert radius(best) <= min(radius(omega) for omega in np.linspace(1.0, 1.95, 96)) + 1e-6


@pytest.mark.parametrize("beta", [1.0, 1.5, -0.1, math.nan, math.inf])
def test_young_refuses_a_beta_without_an_optimum(beta: float) -> None:
    with pytest.raises(BadQuery, match="spectral radius"):
        Young().choose((beta,), Stream(0))


def test_young_refuses_a_context_without_beta() -> None:
    with pytest.raises(BadQuery, match="component 1 decides, but 1 were given"):
        Young(component=1).choose((0.5,), Stream(0))


@pytest.mark.parametrize("rule", [Fixed(1.5), Uniform(), Young()])
def test_rules_without_memory_have_an_empty_state(rule: Rule) -> None:
    rule.learn((0.5,), rule.choose((0.5,), Stream(0)), 10.0)
    assert rule.state() == {}
    rule.restore({})
