"""Batches: valid, new, different, the same for the same seed, and as many as there are points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fits import surrogates
from fits.acquisition import proposing
from fits.acquisition.beliefs import Beliefs
from fits.acquisition.holding import Held
from fits.acquisition.proposing import ONE_BY_ONE, propose
from fits.acquisition.search import FINALISTS, Exhausted, best_of
from fits.acquisition.worth import worth
from fits.space import Encoding
from fits.surrogates.base import Data
from tests.fits.acquisition.made import UNIT, encoding

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")

MIXED = {
    "a": UNIT,
    "b": UNIT,
    "n": {"type": "integer", "low": 0, "high": 4},
    "kind": {"type": "categorical", "choices": list("xyz")},
}
RULES = ["a + b <= 1"]


def bowl(X: np.ndarray) -> np.ndarray:
    return -((X[:, :2] - 0.3) ** 2).sum(axis=1)


def learned(space: Encoding, rows: np.ndarray, surrogate: surrogates.Name = "gp") -> Beliefs:
    y = bowl(rows)
    Y = torch.from_numpy((y - y.mean()) / y.std())[:, None]
    data = Data(torch.from_numpy(rows), Y, levels=space.levels)
    its = surrogates.load(surrogate)
    state = its.fit(data, 0)
    return Beliefs([its.model(data, state)], data.X, Y, [state["noise"]])


def batch(
    space: Encoding, count: int, surrogate: surrogates.Name = "gp", pool: np.ndarray | None = None, within=None
) -> np.ndarray:
    """A batch, after fifteen rows of which the last is pending; checked to be of different, new and valid points."""
    rows = space.sample(15, 7)
    found = propose(learned(space, rows[:14], surrogate), within or space, count, avoid=rows, pending=rows[14:], pool=pool)
    X = np.array([item.x for item in found])
    assert space.feasible(X).all()
    assert (space.round(X) == X).all()
    assert not space.is_duplicate(X, rows).any()
    assert (space.distances(X, X) + np.eye(len(X)) > 1e-6).all()
    return X


@pytest.mark.parametrize("surrogate", ["gp", "ensemble", "laplace"])
def test_a_large_batch_holds_different_new_points_whatever_the_surrogate(surrogate, monkeypatch):
    monkeypatch.setattr(proposing, "ONE_BY_ONE", 1)
    assert len(batch(encoding(MIXED, constraints=RULES), 30, surrogate)) == 30


def test_a_large_batch_begins_with_the_small_one_and_is_the_same_again():
    space = encoding(dict.fromkeys("ab", UNIT))
    large = batch(space, 20)
    assert (large[:ONE_BY_ONE] == batch(space, ONE_BY_ONE)).all()
    assert (large == batch(space, 20)).all()


def test_a_batch_owes_nothing_to_the_callers_generator_and_leaves_it_as_it_was():
    space = encoding(dict.fromkeys("ab", UNIT))
    drawn = []
    for seed in (15, 16, 17):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        drawn.append(batch(space, 10))
        assert (torch.get_rng_state() == before).all()
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] == drawn[2]).all()


def test_what_is_sampled_is_near_what_is_sought_and_the_best_of_it_comes_first():
    space = encoding(dict.fromkeys("ab", UNIT))
    rows = space.sample(15, 7)
    found = propose(learned(space, rows), space, 40, avoid=rows, pending=rows[:0])[ONE_BY_ONE:]
    assert np.median(bowl(np.array([item.x for item in found]))) > np.quantile(bowl(space.sample(1000, 0)), 0.9)
    assert [item.value for item in found] == sorted((item.value for item in found), reverse=True)


def test_what_is_held_stays_in_a_large_batch(monkeypatch):
    monkeypatch.setattr(proposing, "ONE_BY_ONE", 1)
    space = encoding(MIXED, constraints=RULES)
    assert (batch(space, 20, within=Held(space, {0: 0.75}))[:, 0] == 0.75).all()


def test_a_large_batch_is_of_the_pool():
    space = encoding(MIXED, constraints=RULES)
    pool = space.sample(300, 3)
    assert space.is_duplicate(batch(space, 25, pool=pool), pool).all()


def test_of_more_points_than_can_be_sampled_those_worth_most_are(monkeypatch):
    monkeypatch.setattr(proposing, "SAMPLED", 100)
    space = encoding(dict.fromkeys("ab", UNIT))
    pool = space.sample(2000, 3)
    assert bowl(batch(space, 40, pool=pool)[ONE_BY_ONE:]).min() > np.quantile(bowl(pool), 0.5)


def test_all_points_that_are_left_are_proposed_and_then_none():
    space = encoding({"a": {"type": "integer", "low": 0, "high": 6}, "b": {"type": "integer", "low": 0, "high": 4}})
    assert len(batch(space, 50)) == 20
    rows = space.sample(35, 0)
    with pytest.raises(Exhausted):
        propose(learned(space, rows), space, 50, avoid=rows, pending=rows[:0])


def test_of_several_objectives_a_rough_look_at_thousands_of_points_finds_the_best_of_them():
    space = encoding(MIXED, constraints=RULES)
    rows, points = space.sample(15, 7), space.sample(3000, 1)
    one = learned(space, rows)
    other = torch.from_numpy(rows[:, :1] - rows[:, 1:2])
    data = Data(one.X, other, levels=space.levels)
    gp = surrogates.load("gp")
    state = gp.fit(data, 0)
    both = Beliefs(
        [*one.objectives, gp.model(data, state)],
        one.X,
        torch.cat([one.Y, other], -1),
        [*one.noise, state["noise"]],
        reference=torch.tensor([-2.0, -1.0]).double(),
    )
    value = worth(both, None, 0)
    assert len(points) > FINALISTS
    x, found = best_of(value, space, points, rows, value.rough)
    exact, largest = best_of(value, space, points, rows)
    assert found == largest
    assert (x == exact).all()
    assert worth(one, None, 0).rough is None
