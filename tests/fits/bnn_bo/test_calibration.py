"""Forecasts that are right have a uniform PIT; too narrow, too wide and slanted ones show."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models.deterministic import GenericDeterministicModel
from botorch.models.ensemble import EnsembleModel

from fits.bnn_bo import solver
from fits.bnn_bo.calibration import Foretold, calibration, histogram, pit
from fits.bnn_bo.schema import BacktestOptions
from fits.surrogates.mixture import Member, Mixture
from tests.fits.bnn_bo.made import MIXED, log_of, mixed_loss


def told(values) -> list[Foretold]:
    return [Foretold("gp", "loss", -1.0, float(value)) for value in values]


def normal_cdf(z):
    return torch.special.ndtr(torch.as_tensor(z)).numpy()


Z = np.random.default_rng(0).normal(size=400)


@pytest.mark.parametrize(
    ("deviation", "centre", "uniform"),
    [(1.0, 0.0, True), (0.5, 0.0, False), (2.0, 0.0, False), (1.0, 0.5, False)],
    ids=["right", "too narrow", "too wide", "too high"],
)
def test_calibration_tells_right_forecasts_from_wrong_ones(deviation, centre, uniform):
    row = calibration(told(normal_cdf((Z - centre) / deviation)))[0]
    assert (row["uniform p"] > 0.05) == uniform
    within = normal_cdf(1.6449 * deviation + centre) - normal_cdf(-1.6449 * deviation + centre)
    assert row["within 90%"] == pytest.approx(within, abs=0.04)
    assert (row["trials"], row["log density"]) == (400, -1.0)


def test_the_histogram_shows_the_shape():
    shares = [value for name, value in histogram(told(normal_cdf(2.0 * Z)))[0].items() if name[0].isdigit()]
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares[0], shares[-1]) > 2.0 * max(shares[4:6])


def test_each_surrogate_and_objective_has_a_row():
    rows = calibration([*told([0.1, 0.2]), Foretold("ibnn", "loss", 0.0, 0.5)])
    assert [(row["surrogate"], row["trials"]) for row in rows] == [("gp", 2), ("ibnn", 1)]


def test_pit_of_a_model_without_doubt_is_that_of_its_noise():
    model = GenericDeterministicModel(lambda X: X)
    X, y = torch.tensor([[0.0], [1.0]]).double(), torch.tensor([0.5, 0.5]).double()
    assert pit(model, 0.25, X, y).numpy() == pytest.approx(normal_cdf([1.0, -1.0]))


class Two(EnsembleModel):
    """Functions that are x - 1 and x + 1."""

    _num_outputs = 1

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return torch.stack([X - 1.0, X + 1.0], dim=-3)


def test_pit_of_an_ensemble_is_that_of_the_mixture():
    found = pit(Two(), 0.25, torch.zeros(2, 1).double(), torch.tensor([0.0, 1.0]).double())
    assert found.numpy() == pytest.approx([0.5, (normal_cdf(4.0) + 0.5) / 2.0])


def test_pit_of_models_that_are_averaged_is_the_average():
    low, high = (GenericDeterministicModel(lambda X, c=c: X + c) for c in (-1.0, 1.0))
    model = Mixture([Member(low, 0.25), Member(high, 1.0)])
    assert pit(model, 9.0, torch.zeros(1, 1).double(), torch.zeros(1).double()).item() == pytest.approx(
        (normal_cdf(2.0) + normal_cdf(-1.0)) / 2.0
    )


def test_the_backtest_tells_how_far_forecasts_can_be_trusted():
    log = log_of(MIXED, {"loss": mixed_loss, "gain": lambda config: -mixed_loss(config)}, 20, noise=0.02)
    given = {"space": MIXED, "surrogate": "gp", "most": 6}
    small = solver.backtest(log, BacktestOptions.model_validate({**given, "minimize": ["loss"]}))
    row = small.tables["calibration"][0]
    assert (row["surrogate"], row["objective"], row["trials"]) == ("gp", "loss", 6)
    score = next(score for score in small.summary if score.method == "gp")
    assert row["log density"] == pytest.approx(-score.mean)
    assert row["within 90%"] == small.coverage["gp: loss"]
    best = min(log["outcomes.loss"].astype(float).iloc[-6:])
    assert small.tables["choices"][0]["loss best"] <= best


def test_pit_is_on_the_outcome_s_own_scale():
    """An outcome and its negative, one made small, the other large: the same forecast, mirrored."""
    log = log_of(MIXED, {"loss": mixed_loss}, 16)
    log["outcomes.gain"] = [str(-float(cell)) for cell in log["outcomes.loss"]]
    given = {"space": MIXED, "surrogate": "gp", "most": 3}
    small = solver.backtest(log, BacktestOptions.model_validate({**given, "minimize": ["loss"]}))
    large = solver.backtest(log, BacktestOptions.model_validate({**given, "maximize": ["gain"]}))
    one, other = (result.tables["calibration"][0]["mean PIT"] for result in (small, large))
    assert one == pytest.approx(1.0 - other)
    assert one != pytest.approx(0.5, abs=1e-3)
