"""A dip that is too narrow for the smooth model is found and held by what the model leaves over."""

import json

import numpy as np
import pytest

from fits.bandits.stream import Stream
from fits.sor.remainder import SIZE, SPREAD, TEMPER, Remainder, cells, drawn_remainder
from fits.sor.smooth_model import NORMALS, SmoothModel


def _mean(remainder: Remainder, place: float) -> float:
    at = cells(np.array([place]))
    return float(drawn_remainder(remainder.mean, remainder.variance, np.zeros(SIZE), at)[0])


def test_a_dip_is_learned_where_it_is_and_nowhere_else() -> None:
    remainder = Remainder()
    place = np.linspace(0.0, 1.0, 400)
    error = np.where(np.abs(place - 0.5) < 0.025, -0.2, 0.0)
    remainder.fit(place, error, np.full(400, 0.05**2))
    assert _mean(remainder, 0.5) == pytest.approx(-0.2, abs=0.03)
    assert abs(_mean(remainder, 0.3)) < 0.01


def test_an_omega_that_nobody_tried_is_as_doubtful_as_the_tempered_prior() -> None:
    remainder, rng = Remainder(), np.random.default_rng(0)
    drawn = [
        drawn_remainder(remainder.mean, remainder.variance, rng.standard_normal(SIZE), cells(np.array([0.4])))[0]
        for _ in range(4000)
    ]
    assert np.std(drawn) == pytest.approx(TEMPER * SPREAD, rel=0.05)


def test_an_omega_outside_the_range_lies_in_the_outermost_cell() -> None:
    assert cells(np.array([-0.2, 1.0, 1.3])).tolist() == [0, SIZE - 2, SIZE - 2]


def test_the_state_survives_json() -> None:
    remainder = Remainder()
    remainder.fit(np.array([0.1, 0.9]), np.array([0.3, -0.1]), np.array([0.01, 0.01]))
    other = Remainder()
    other.restore(json.loads(json.dumps(remainder.state())))
    assert other.state() == remainder.state()
    with pytest.raises(ValueError, match="tiles"):
        other.restore({"mean": [0.0], "variance": [1.0]})


def test_the_smooth_model_finds_a_narrow_dip() -> None:
    model, stream, rng = SmoothModel(0, 1.0, 1.95, np.empty(0)), Stream(1), np.random.default_rng(1)
    z, played = np.empty(0), []
    for _ in range(400):
        omega = model.choose(z, stream.normals(NORMALS))
        dip = abs(omega - 1.3) < 0.03
        model.learn(z, omega, float(np.log(20.0 if dip else 24.0)) + 0.02 * rng.standard_normal(), 0.0, False)
        played.append(dip)
    assert np.mean(played[200:]) > 0.9
