"""What was set by the curves of LCDB 1.1 still holds on them: how many are ill-behaved, and intervals of short curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fits.learning_curve.behaviour import behaviour
from fits.learning_curve.curves import curves_of
from fits.learning_curve.meta.curves import read
from fits.learning_curve.metric import Metric
from fits.learning_curve.outlook import look_ahead
from tests.fits.learning_curve.made import log

TABLE = Path(__file__).parents[4] / "shared" / "data" / "learning-curve" / "lcdb11_error_dev.csv.gz"
pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="needs ../shared/data")
ERROR = Metric("error", "min", 0.0, 1.0)


@pytest.fixture(scope="module")
def groups():
    return [group for group in read(TABLE) if group.x[-1] >= 2000]


def test_about_one_curve_in_six_is_ill_behaved(groups):
    found = [behaviour(g.x, y, float(np.median(se)), 1.0) for g in groups for y, se in zip(g.ys, g.se, strict=True)]
    assert 0.14 <= np.mean([one not in ([], ["flat"]) for one in found]) <= 0.2


@pytest.mark.parametrize("points", [4, 6, 10, 16])
def test_intervals_of_short_curves_hold_what_they_claim(groups, points):
    """Every second anchor, and the value about twice as far as the last one seen."""
    held = []
    for group in groups[::8]:
        x, ys = group.x[::2], group.ys[:, ::2]
        at = int(np.searchsorted(x, 2.0 * x[points - 1])) if len(x) > points else len(x)
        if at < len(x):
            curves = curves_of(log({f"{i:02}": (x[:points], y[:points]) for i, y in enumerate(ys)}), ERROR)
            for outlook, truth in zip(look_ahead(curves, "families", 0.0, 1.0), ys[:, at], strict=True):
                low, high = (np.interp(np.log(x[at]), np.log(outlook.x), outlook.quantiles[:, k]) for k in (0, -1))
                held.append(low <= truth <= high)
    assert len(held) > 200
    assert 0.82 <= np.mean(held) <= 0.97
