"""A Gaussian process as cosines, and contexts brought to the unit interval."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fits.bandits.basis import features, scales, spectrum
from fits.bandits.gaussian import features_at
from fits.bandits.warp import Warp


def test_the_constant_comes_first_and_variances_fall() -> None:
    for dimensions in (0, 1, 2, 5):
        frequencies, variances = spectrum(dimensions, 30, 0.2, 0.3)
        assert not frequencies[0].any()
        assert (np.diff(variances) <= 0.0).all()
        assert len({tuple(row) for row in frequencies}) == len(frequencies)


def test_features_are_orthonormal_on_the_cube() -> None:
    frequencies, _ = spectrum(2, 12, 0.3, 0.5)
    axis = (np.arange(64) + 0.5) / 64
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    basis = features(points, frequencies)
    assert np.allclose(basis.T @ basis / len(points), np.eye(12), atol=1e-12)


def test_the_kernel_falls_with_distance_by_its_lengthscale() -> None:
    frequencies, variances = spectrum(1, 40, 0.1, 1.0)
    basis = features(np.array([[0.5], [0.6], [0.9]]), frequencies)
    near, far = (basis[0] * variances) @ basis[1], (basis[0] * variances) @ basis[2]
    own = (basis[0] * variances) @ basis[0]
    assert near / own == pytest.approx(np.exp(-0.5), abs=0.02)
    assert abs(far / own) < 0.02


def test_one_point_has_the_features_of_a_batch() -> None:
    frequencies, _ = spectrum(3, 24, 0.2, 0.3)
    point = np.array([0.2, 0.9, 0.55])
    assert np.allclose(features_at(point, frequencies, scales(frequencies)), features(point[None], frequencies)[0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
@example([*map(float, range(25)), 1.5, *(2.0**-k for k in range(1, 10)), 0.75])
def test_a_warp_increases_and_stays_in_the_unit_interval(values: list[float]) -> None:
    warp = Warp.of(np.array(values))
    inside = [warp(v) for v in sorted(values)]
    assert all(0.0 <= z <= 1.0 for z in inside)
    assert all(a <= b for a, b in pairwise(inside))
    assert all(a < b for a, b in pairwise(warp.x))


def test_a_warp_stretches_a_crowd_and_keeps_the_ends() -> None:
    values = np.concatenate([np.linspace(0.0, 0.01, 900), np.linspace(0.01, 1.0, 100)])
    warp = Warp.of(values)
    assert warp(0.0) == 0.0
    assert warp(1.0) == pytest.approx(1.0)
    assert warp(0.01) > 0.25
    assert warp.reach(0.2) == pytest.approx((-0.2, 1.2))


def test_a_warp_goes_on_as_far_as_its_margin_reaches() -> None:
    values = np.linspace(0.0, 1.0, 50)
    tight, wide = Warp.of(values), Warp.of(values, 0.2)
    assert wide(0.3) == pytest.approx(0.2 + 0.6 * tight(0.3), abs=0.01)
    assert [wide(x) for x in (-9.0, -0.5, 0.0, 1.0, 1.5, 9.0)] == pytest.approx([0.0, 0.05, 0.2, 0.8, 0.95, 1.0])
    assert [tight(x) for x in (-0.5, 1.5)] == pytest.approx([0.0, 1.0])


def test_a_context_that_never_changes_is_the_middle() -> None:
    warp = Warp.of(np.array([3.0, 3.0]))
    assert warp(3.0) == warp(7.0) == 0.5
    assert warp.reach(0.2) == (warp.x[0], warp.x[0])
