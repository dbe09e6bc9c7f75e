"""The online policy: ids, bad input, restarts, and the safety net."""

import json
from typing import Any, get_args

import numpy as np
import pytest

from fits.solver import BadQuery, NotEnoughData, UnknownId
from fits.sor import Policy
from fits.sor.law import log_cost
from fits.sor.policy import EVENTS, LIMIT_AFTER
from fits.sor.schema import Method

METHODS = get_args(Method)
SHAPE = np.array([2.95, 0.0, 0.28, 0.12])


def _cost(beta: float, omega: float) -> float:
    return float(round(np.exp(log_cost(omega, -0.5 * float(np.log(1.0 - beta**2)), SHAPE))))


def _run(policy: Policy, solves: int, seed: int = 0) -> list[tuple[int, float]]:
    made = []
    for beta in np.random.default_rng(seed).uniform(0.5, 0.99, size=solves):
        id_, omega = policy.ask({"beta": float(beta)})
        policy.tell(id_, _cost(float(beta), omega))
        made.append((id_, omega))
    return made


@pytest.mark.parametrize("method", METHODS)
def test_a_restarted_policy_goes_on_with_the_same_decisions(method: Method) -> None:
    policy, other = Policy(method, contexts=["beta"], seed=4), Policy(method, contexts=["beta"], seed=4)
    _run(policy, 90)
    waiting, _ = policy.ask({"beta": 0.7})
    other.restore(json.loads(json.dumps(policy.state())))
    assert json.loads(json.dumps(other.state())) == json.loads(json.dumps(policy.state()))
    policy.tell(waiting, 30)
    other.tell(waiting, 30)
    assert _run(policy, 60, 1) == _run(other, 60, 1)


@pytest.mark.parametrize("method", METHODS)
def test_outcomes_may_come_late_and_in_any_order(method: Method) -> None:
    policy = Policy(method, contexts=["beta"])
    for beta in (0.6, 0.8, 0.95) * 10:
        batch = [policy.ask({"beta": beta}) for _ in range(4)]
        for id_, omega in reversed(batch):
            assert 1.0 <= omega <= 1.95
            policy.tell(id_, _cost(beta, omega))
    assert policy.tells == 120


def test_an_unknown_or_repeated_id_is_an_error() -> None:
    policy = Policy()
    id_, _ = policy.ask()
    with pytest.raises(UnknownId, match="never asked"):
        policy.tell(id_ + 1, 3)
    policy.tell(id_, 3)
    with pytest.raises(UnknownId, match="told before"):
        policy.tell(id_, 3)
    assert policy.tells == 1


@pytest.mark.parametrize("cost", [0, -1, float("nan"), float("inf"), True, "12", None])
def test_a_bad_cost_is_refused_and_the_decision_goes_on_waiting(cost: Any) -> None:
    policy = Policy()
    id_, _ = policy.ask()
    with pytest.raises(BadQuery, match="cost"):
        policy.tell(id_, cost)
    policy.tell(id_, 12)


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({}, "c is missing"),
        ({"c": 1.0, "d": 2.0}, "unknown: d"),
        ({"c": float("nan")}, "finite"),
        ({"c": "x"}, "numbers"),
        ({"c": 10**400}, "numbers"),
    ],
)
def test_a_bad_context_is_refused(context: dict[str, Any], problem: str) -> None:
    policy = Policy(contexts=["c"])
    with pytest.raises(BadQuery, match=problem):
        policy.ask(context)
    assert policy.next_id == 1


def test_a_solve_that_gave_up_is_noted_and_avoided() -> None:
    policy = Policy(seed=1)
    for _ in range(30):
        id_, omega = policy.ask()
        cost = _cost(0.95, omega)
        limit = policy.limit
        gave_up = limit is not None and cost > limit
        policy.tell(id_, limit if gave_up and limit is not None else cost, converged=not gave_up)
    assert policy.limit is not None
    assert policy.limit < 5.5 * _cost(0.95, policy.fallback)
    id_, _ = policy.ask()
    policy.tell(id_, 500, converged=False)
    assert policy.events[-1] == (31, "gave-up")


def test_there_is_no_limit_before_anything_is_known() -> None:
    policy = Policy()
    for _ in range(LIMIT_AFTER - 1):
        assert policy.limit is None
        id_, omega = policy.ask()
        policy.tell(id_, _cost(0.9, omega))


def test_a_policy_that_pays_more_than_the_best_fixed_omega_is_guarded() -> None:
    policy = Policy("uniform", contexts=["beta"], seed=2)
    _run(policy, 800)
    assert "guard-on" in [what for _, what in policy.events]
    asked = [(policy.fallback, policy.ask({"beta": 0.9})[1]) for _ in range(200)]
    assert 60 < sum(omega == fallback for fallback, omega in asked) < 140


def test_events_are_bounded() -> None:
    policy = Policy(seed=1)
    for _ in range(EVENTS + 50):
        id_, _ = policy.ask()
        policy.tell(id_, 100, converged=False)
    assert len(policy.events) == EVENTS


@pytest.mark.parametrize("options", [{"low": 0.0}, {"high": 2.0}, {"low": 1.5, "high": 1.2}, {"arms": [1.0, 2.5]}])
def test_a_bad_range_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs 0|between 0 and 2"):
        Policy(**options)


def test_ids_may_be_raised_never_lowered() -> None:
    policy = Policy()
    policy.next_id = 50
    assert policy.ask()[0] == 50
    with pytest.raises(ValueError, match="never given twice"):
        policy.next_id = 3


def test_the_verdict_says_whether_the_context_pays() -> None:
    policy = Policy(contexts=["beta"], seed=3)
    with pytest.raises(NotEnoughData):
        policy.verdict()
    _run(policy, 300)
    decided, why = policy.verdict()
    assert decided == "contextual"
    assert "saves" in why


def test_the_verdict_says_where_nothing_is_to_be_gained() -> None:
    """An interval of 90 % lies above 0 now and then: in 4 of 48 such sequences."""
    verdicts = []
    for seed in range(6):
        policy, rng = Policy(contexts=["noise"], seed=seed), np.random.default_rng(100 + seed)
        for c in rng.uniform(size=400):
            id_, omega = policy.ask({"noise": float(c)})
            policy.tell(id_, _cost(0.9, omega) * float(np.exp(0.1 * rng.standard_normal())))
        verdicts.append(policy.verdict()[0])
    assert verdicts.count("nothing-to-gain") >= 5
