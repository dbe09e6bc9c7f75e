"""Expected hypervolume improvement beside known objectives: against quadrature, Monte Carlo, and far from any improvement."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import torch
from botorch.models.deterministic import GenericDeterministicModel
from botorch.utils.multi_objective.box_decompositions.dominated import DominatedPartitioning

from fits import surrogates
from fits.acquisition.beliefs import Beliefs
from fits.acquisition.hypervolume import LogExpectedHypervolumeImprovement, log_improvement
from fits.acquisition.worth import worth
from fits.surrogates.base import Data

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")


def tensor(*values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("z", [8.0, 1.0, 0.0, -0.999, -1.001, -30.0, -9_999.0, -10_001.0, -1e8])
def test_log_improvement_is_exact_in_both_tails(z):
    with mpmath.workdps(60):
        exact = float(mpmath.log(mpmath.npdf(z) + z * mpmath.ncdf(z))) if z > -1e4 else -0.5 * z**2 - 2.0 * np.log(-z)
        exact -= 0.0 if z > -1e4 else 0.5 * np.log(2.0 * np.pi)
    mean = tensor(2.0 * z + 1.0).requires_grad_()
    value = log_improvement(mean, tensor(2.0), tensor(1.0))
    assert value.item() == pytest.approx(exact + np.log(2.0), rel=1e-9)
    (slope,) = torch.autograd.grad(value, mean)
    assert torch.isfinite(slope).all()
    assert slope > 0.0


def hypervolume(Y: torch.Tensor, reference: torch.Tensor) -> float:
    return float(DominatedPartitioning(reference, Y).compute_hypervolume())


@pytest.mark.parametrize(("m", "uncertain"), [(2, 0), (2, 1), (3, 1)])
def test_it_is_the_integral_over_the_uncertain_objective(m, uncertain):
    random = torch.Generator().manual_seed(m)
    front, reference = torch.randn(6, m, dtype=torch.float64, generator=random), torch.full((m,), -2.0, dtype=torch.float64)
    means, deviation = torch.randn(3, m, dtype=torch.float64, generator=random), tensor(0.2, 0.7, 1.5)
    found = LogExpectedHypervolumeImprovement(front, reference, uncertain)(means, deviation**2).exp()
    z = torch.linspace(-6.0, 6.0, 121, dtype=torch.float64)
    weights = torch.exp(-0.5 * z**2) / torch.exp(-0.5 * z**2).sum()
    before = hypervolume(front, reference)
    for mean, spread, value in zip(means, deviation, found, strict=True):
        gains = []
        for at in z:
            y = mean.clone()
            y[uncertain] += spread * at
            gains.append(hypervolume(torch.vstack([front, y]), reference) - before)
        assert float(value) == pytest.approx(float((weights * tensor(*gains)).sum()), rel=2e-2, abs=1e-6)


def test_far_from_any_improvement_it_can_still_be_climbed():
    front = tensor([0.0, 1.0], [1.0, 0.0])
    means = tensor([-40.0, 0.5], [-3000.0, 0.5], [0.5, -5.0]).requires_grad_()  # the last one is worse than the reference
    value = LogExpectedHypervolumeImprovement(front, tensor(-1.0, -1.0), 0)(means, tensor(1.0, 1e-6, 1.0))
    (slope,) = torch.autograd.grad(value.sum(), means)
    assert torch.isfinite(value).all()
    assert torch.isfinite(slope).all()
    assert (slope[:, 0] > 0.0).all()
    assert value[1] < value[0]


@pytest.fixture(scope="module")
def its() -> Beliefs:
    """One objective learned from five rows, one that is ``-x``."""
    X = torch.linspace(0, 1, 5, dtype=torch.float64).unsqueeze(-1)
    Y = torch.sin(5.0 * X)
    data, gp = Data(X, (Y - Y.mean()) / Y.std()), surrogates.load("gp")
    known = GenericDeterministicModel(lambda x: -x)
    return Beliefs(
        [gp.model(data, gp.fit(data, 0)), known], X, torch.hstack([data.Y, -X]), [0.0, 0.0], reference=tensor(-2.0, -1.2)
    )


GRID = torch.linspace(0.02, 0.98, 25, dtype=torch.float64).reshape(-1, 1, 1)


def test_worth_beside_a_known_objective_agrees_with_monte_carlo(its):
    exact = worth(its, None, 0)(GRID)
    sampled = worth(replace(its, noise=[1.0, 0.0]), None, 0)(GRID)
    good = exact > exact.max() - 0.6
    assert good.sum() > 3
    assert torch.allclose(exact[good], sampled[good], atol=0.15)
    assert abs(int(exact.argmax()) - int(sampled.argmax())) <= 1


def test_a_pending_point_beside_a_known_objective_is_worth_little(its):
    best = int(worth(its, None, 0)(GRID).argmax())
    assert worth(its, GRID[best], 0)(GRID)[best] < worth(its, None, 0)(GRID)[best] - 1.0


def test_of_known_objectives_the_gain_is_exact_and_pending_points_count(its):
    known = Beliefs([its.objectives[1]], its.X[2:], its.Y[2:, 1:], [0.0])
    assert worth(known, None, 0)(GRID)[0].exp().item() == pytest.approx(0.5 - 0.02)
    waiting = worth(known, GRID[5], 0)(GRID)
    assert waiting[0].exp().item() == pytest.approx(float(GRID[5]) - 0.02)
    assert waiting[6] < -1e6
