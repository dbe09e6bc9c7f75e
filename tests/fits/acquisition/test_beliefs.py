"""What is believed of the rows: means, the incumbent, and the rows to search around."""

from __future__ import annotations

import pytest
import torch

from fits.acquisition import beliefs as module
from tests.fits.acquisition.made import beliefs, model

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")


def noisy() -> module.Beliefs:
    data, gp, noise = model(lambda x: torch.sin(6 * x), n=15, noise=0.5)
    return module.Beliefs([gp], data.X, data.Y, [noise])


def test_the_incumbent_is_a_mean_not_the_luckiest_outcome():
    its = noisy()
    assert its.incumbent == float(its.means.max()) < float(its.Y.max())


def test_the_best_rows_come_first():
    its = noisy()
    order = its.means.squeeze(-1).argsort(descending=True)
    assert torch.equal(its.best, its.X[order[: module.BEST]])


def test_of_several_objectives_every_row_may_be_on_the_front():
    its = beliefs()
    both = module.Beliefs(its.objectives * 2, its.X, its.Y.expand(-1, 2), [0.0, 0.0])
    assert torch.equal(both.best, its.X)
    assert both.means.shape == (5, 2)
