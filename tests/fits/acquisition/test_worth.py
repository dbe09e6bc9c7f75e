"""What a point is worth: expected improvement against quadrature, limits, cost, pending points, several objectives."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from fits.acquisition.beliefs import Beliefs, Limit
from fits.acquisition.worth import log_chance, worth
from fits.surrogates.base import moments
from tests.fits.acquisition.made import beliefs, model

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")


def _gain(z, mean, deviation, best):
    return max(mean + deviation * z - best, 0.0) * norm.pdf(z)


GRID = torch.linspace(0.013, 0.987, 9, dtype=torch.float64).reshape(-1, 1, 1)


def test_expected_improvement_is_that_of_quadrature():
    its = beliefs()
    mean, variance = moments(its.objectives[0], GRID.squeeze(-2))
    best = its.incumbent
    for log_value, m, v in zip(worth(its, None, 0)(GRID), mean, variance, strict=True):
        s = float(v) ** 0.5
        expected, _ = quad(
            lambda z, m=float(m), s=s: max(m + s * z - best, 0.0) * norm.pdf(z), -8, 8, points=[(best - float(m)) / s], limit=400
        )
        if expected > 1e-12:
            assert float(log_value) == pytest.approx(np.log(expected), rel=1e-3, abs=1e-3)


def test_noisy_expected_improvement_agrees_where_there_is_little_noise():
    quiet, noisy = beliefs(), beliefs(noise=[0.06])
    one, other = worth(quiet, None, 0)(GRID), worth(noisy, None, 0)(GRID)
    good = one > one.max() - 3.0
    assert torch.allclose(one[good], other[good], atol=1.0)


def test_a_pending_point_is_worth_little():
    its = beliefs()
    best = int(worth(its, None, 0)(GRID).argmax())
    free, pending = (worth(its, waiting, 0)(GRID)[best] for waiting in (GRID[best + 1], GRID[best]))
    assert float(pending) < float(worth(its, None, 0)(GRID)[best]) - 1.0
    assert float(pending) < float(free)


def test_the_same_seed_gives_the_same_samples():
    its = beliefs(noise=[0.3])
    assert torch.equal(worth(its, None, 5)(GRID), worth(its, None, 5)(GRID))


@pytest.mark.parametrize("at_most", [True, False])
def test_a_limit_multiplies_by_its_chance(at_most):
    _, gp, _ = model(lambda x: x)
    limit = Limit(gp, 0.2, at_most)
    mean, variance = moments(gp, GRID.squeeze(-2))
    chance = norm.cdf((0.2 - mean) / variance.sqrt())
    assert log_chance(limit, GRID).exp().numpy() == pytest.approx(chance if at_most else 1.0 - chance, abs=1e-6)
    with_limit, without = worth(beliefs(limits=[limit]), None, 0)(GRID), worth(beliefs(), None, 0)(GRID)
    assert torch.allclose(with_limit, without + log_chance(limit, GRID))


def test_where_no_row_keeps_the_limits_the_likeliest_point_is_sought():
    _, gp, _ = model(lambda x: x)
    value = worth(beliefs(limits=[Limit(gp, -3.0)], kept=False), None, 0)(GRID)
    assert int(value.argmax()) == 0


def test_cost_divides():
    value = worth(beliefs(log_cost=lambda X: 2.0 * X[:, 0, 0]), None, 0)(GRID)
    assert torch.allclose(value, worth(beliefs(), None, 0)(GRID) - 2.0 * GRID[:, 0, 0])


def test_of_two_objectives_the_hypervolume_counts_and_nothing_is_compiled():
    data, first, _ = model(lambda x: -((x - 0.2) ** 2))
    other, second, _ = model(lambda x: -((x - 0.8) ** 2))
    rows = torch.tensor([0, 11])  # both ends are known, the front between them is not
    Y = torch.cat([data.Y, other.Y], -1)
    its = Beliefs(
        [first, second],
        data.X[rows],
        Y[rows],
        [0.0, 0.0],
        reference=torch.tensor([-2.0, -2.0]).double(),
    )
    best = float(GRID[int(worth(its, None, 0)(GRID).argmax())])
    assert 0.15 < best < 0.85
    assert "logei_fused_ext" not in sys.modules
