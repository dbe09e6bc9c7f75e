"""Over random spaces and outcomes: every proposal is valid and new, or every configuration was tried."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fits.bnn_bo.proposing import propose
from fits.solver import DegenerateData
from fits.space import Encoding, NoFeasiblePoint, Space
from tests.fits.space.made import is_valid, spaces

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(spaces(), st.integers(0, 12), st.sampled_from(["noise", "equal", "wild"]), st.integers(0, 99))
def test_proposals_are_valid_and_new(space: Space, rows: int, kind: str, seed: int):
    space = Space.model_validate({**space.model_dump(), "objectives": {"y": {"direction": "maximize"}}})
    encoding, random = Encoding(space), np.random.default_rng(seed)
    try:
        tried = encoding.decode(encoding.sample(rows + 1, seed)[:rows])
    except NoFeasiblePoint:
        return
    n = len(tried)
    y = {"noise": random.normal(size=n), "equal": np.ones(n), "wild": random.standard_cauchy(n) ** 9}[kind]
    history = [(config, {"y": float(value)}) for config, value in zip(tried, y, strict=True)]
    try:
        batch = [item.config for item in propose(space, history, count=2, surrogate="gp", seed=seed)]
    except DegenerateData:
        points = encoding.points(10**6)
        assert points is not None
        assert encoding.is_duplicate(points, encoding.encode(tried)).all()
        return
    assert all(is_valid(space, config) for config in batch)
    X = encoding.encode(batch)
    assert not encoding.is_duplicate(X, encoding.encode(tried)).any()
    assert len(X) == 1 or encoding.distances(X[:1], X[1:]).min() > 1e-6
