"""By how much intervals are widened where rows held out say that they are too narrow."""

from __future__ import annotations

import numpy as np
import pytest

from fits.bnn_bo import solver
from fits.bnn_bo.choosing import FEWEST, inflation
from fits.bnn_bo.predicting import interval
from fits.bnn_bo.schema import Fit, Options
from fits.space import Space
from tests.fits.bnn_bo.made import log_of

LINE = Space.model_validate({"parameters": {"x": {"type": "float", "low": 0, "high": 1}}})


def errors(n: int, deviation: float, seed: int = 0) -> np.ndarray:
    return deviation * np.random.default_rng(seed).normal(size=(1, n))


def fitted(rows: int, **given) -> Fit:
    log = log_of(LINE, {"y": lambda config: np.sin(9.0 * float(str(config["x"])))}, rows, noise=0.3)
    return solver.fit(log, Options(space=LINE, minimize=["y"], **given))


@pytest.mark.parametrize(("deviation", "expected"), [(1.0, 1.0), (2.0, 4.0), (0.3, 1.0)])
def test_of_many_rows_the_share_in_the_intervals_is_what_it_should_be_and_never_made_smaller(deviation, expected):
    assert inflation(errors(2000, deviation), np.ones((1, 2000))) == pytest.approx(expected, rel=0.15)


def test_few_rows_and_one_wild_one_widen_little():
    assert np.mean([inflation(errors(10, 1.0, seed), np.ones((1, 10))) for seed in range(50)]) < 1.2
    wild = errors(30, 0.9)
    wild[0, 0] = 1e6
    assert inflation(wild, np.ones((1, 30))) < 1.5


def test_where_surrogates_disagree_their_average_doubts_already():
    error = np.stack([errors(500, 0.1)[0] + 2.0, errors(500, 0.1)[0] - 2.0])
    assert inflation(error, np.full((2, 500), 0.01)) == 1.0


def test_auto_widens_its_intervals_and_a_surrogate_that_was_asked_for_says_what_it_says():
    fit = fitted(25)
    model = fit.models["y"]
    assert fit.choice is not None
    assert model.inflation == fit.choice.inflations["y"] >= 1.0
    told, wider = (interval(model.model_copy(update={"inflation": by}), 0.0, 0.5, noisy=True) for by in (1.0, 4.0))
    assert wider.low < told.low < told.high < wider.high
    assert fitted(25, surrogate="gp").models["y"].inflation == 1.0
    assert fitted(FEWEST - 1).models["y"].inflation == 1.0
