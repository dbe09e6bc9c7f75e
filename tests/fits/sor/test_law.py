"""The law of relaxation against dense algebra, and the model that learns from it."""

import json

import numpy as np
import pytest

from fits.bandits.robust import Batch
from fits.sor.law import SHAPE, log_cost, log_costs, slopes
from fits.sor.law_model import LawModel

PURE = np.array([np.log(18.42), 0.0, 0.0, 0.0])


def _radius(matrix: np.ndarray, omega: float) -> float:
    lower, diagonal = np.tril(matrix, -1), np.diag(np.diag(matrix))
    iteration = np.eye(len(matrix)) - np.linalg.solve(diagonal / omega + lower, matrix)
    return float(np.abs(np.linalg.eigvals(iteration)).max())


@pytest.mark.parametrize("omega", [1.0, 1.2, 1.35, 1.5, 1.8])
def test_the_rate_is_that_of_a_consistently_ordered_matrix(omega: float) -> None:
    matrix = 2.2 * np.eye(12) - np.eye(12, k=1) - np.eye(12, k=-1)
    beta = np.abs(np.linalg.eigvalsh(np.eye(12) - matrix / 2.2)).max()
    s = -0.5 * np.log(1.0 - beta**2)
    expected = np.log(18.42 / -np.log(_radius(matrix, omega)) + 0.054 * 18.42)
    assert log_cost(omega, s, PURE) == pytest.approx(expected, abs=2e-4)


def test_the_optimum_is_youngs() -> None:
    omegas = np.linspace(1.0, 1.95, 2000)
    for beta in (0.5, 0.9, 0.99):
        s = -0.5 * np.log(1.0 - beta**2)
        best = omegas[log_costs(omegas, np.full(2000, s), PURE).argmin()]
        assert best == pytest.approx(1.0 + (beta / (1.0 + np.sqrt(1.0 - beta**2))) ** 2, abs=1e-3)


def test_slopes_are_those_of_finite_differences() -> None:
    shape = np.array([2.9, 0.1, 0.28, 0.12])
    omega, s = np.array([1.2, 1.4, 1.7]), np.array([1.1, 0.5, 2.4])
    found = slopes(omega, s, shape, 1e-6)
    for column in range(SHAPE):
        step = np.zeros(SHAPE)
        step[column] = 1e-6
        numeric = (log_costs(omega, s, shape + step) - log_costs(omega, s, shape - step)) / 2e-6
        assert np.allclose(found[:, 1 + column], numeric, atol=1e-5)


def _batch(count: int, seed: int, unit: float = 1.0) -> tuple[Batch, np.ndarray]:
    rng = np.random.default_rng(seed)
    z, omega = rng.uniform(size=(count, 1)), rng.uniform(1.0, 1.95, size=count)
    s = 0.5 + 1.5 * z[:, 0] ** 2
    log = log_costs(omega, s, np.array([2.95, 0.0, 0.28, 0.12])) + np.log(unit) + 0.03 * rng.standard_normal(count)
    return Batch(z, omega, log, np.zeros(count), np.zeros(count, dtype=bool), unit == 1.0), s


@pytest.mark.parametrize("unit", [1.0, 2e-4])
def test_a_batch_of_random_omegas_teaches_the_optimum_in_any_unit(unit: float) -> None:
    batch, _ = _batch(150, 0, unit)
    model = LawModel(1)
    model.fit(batch)
    for z in (0.1, 0.5, 0.9):
        best = 2.0 / (1.0 + np.exp(-(0.5 + 1.5 * z**2)))
        chosen = model.choose(np.array([z]), np.zeros(1 + SHAPE), np.empty(0), 1.0, 1.95)
        assert chosen == pytest.approx(best + 0.01, abs=0.025)


def test_wild_costs_do_not_decide() -> None:
    batch, _ = _batch(150, 1)
    spoiled = batch.log_cost.copy()
    spoiled[::15] += 3.0
    model = LawModel(1)
    model.fit(batch._replace(log_cost=spoiled))
    chosen = model.choose(np.array([0.5]), np.zeros(1 + SHAPE), np.empty(0), 1.0, 1.95)
    assert chosen == pytest.approx(2.0 / (1.0 + np.exp(-0.875)), abs=0.04)


def test_a_censored_cost_below_the_prediction_teaches_nothing() -> None:
    model = LawModel(1)
    before = model.theta.copy()
    model.learn(np.array([0.5]), 1.5, 0.1, 0.0, True)
    assert (model.theta == before).all()
    model.learn(np.array([0.5]), 1.5, 0.1, 0.0, False)
    assert (model.theta != before).any()


def test_the_posterior_survives_json() -> None:
    model, other = LawModel(1), LawModel(1)
    model.fit(_batch(40, 2)[0])
    other.restore(json.loads(json.dumps(model.state())))
    normals = np.arange(1 + SHAPE) / 3.0
    at = np.array([0.3])
    assert model.choose(at, normals, np.empty(0), 1.0, 1.95) == other.choose(at, normals, np.empty(0), 1.0, 1.95)
