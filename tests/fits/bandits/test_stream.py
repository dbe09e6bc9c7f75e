"""Random numbers by position."""

import numpy as np
import pytest

from fits.bandits.stream import BLOCK, Stream


def test_a_stream_goes_on_where_another_stands() -> None:
    first = Stream(3)
    for _ in range(BLOCK - 2):
        first.uniform()
    second = Stream(3, first.position)
    for _ in range(5):  # across the end of a block
        assert first.uniform() == second.uniform()
        assert first.normals(6).tolist() == second.normals(6).tolist()
        assert first.normal() == second.normal()
    assert first.position == second.position


def test_draws_do_not_repeat_and_have_the_right_moments() -> None:
    stream = Stream(0)
    uniforms = np.array([stream.uniform() for _ in range(5000)])
    normals = np.concatenate([stream.normals(7) for _ in range(2000)])
    assert len(set(uniforms)) == 5000
    assert abs(uniforms.mean() - 0.5) < 0.02
    assert abs(normals.mean()) < 0.03
    assert abs(normals.std() - 1.0) < 0.03


def test_seeds_differ() -> None:
    assert Stream(1).uniform() != Stream(2).uniform()


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        Stream(-1)
