"""Over random spaces and histories: every proposal is valid and new, and a fit survives its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fits.bnn_bo import solver
from fits.bnn_bo.proposing import propose
from fits.bnn_bo.schema import Fit, Options, Query
from fits.solver import DegenerateData
from fits.space import Encoding, NoFeasiblePoint, Space
from tests.fits.bnn_bo.made import frame
from tests.fits.space.made import is_valid, spaces

pytestmark = pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
some = settings(max_examples=max(1, settings.default.max_examples // 3), suppress_health_check=list(HealthCheck))
Config = dict[str, Any]

STATUSES = ["done", "done", "done", "failed", "pending"]


@st.composite
def studies(draw: st.DrawFn) -> tuple[Space, list[Config], list[Config], np.random.Generator]:
    """A space with an objective and perhaps a limit, configurations tried, some of them twice, others, and a source of chance."""
    its = draw(spaces())
    limits = ["z <= 0"] if draw(st.booleans()) else []
    space = Space.model_validate(
        {**its.model_dump(), "objectives": {"y": {"direction": "minimize"}}, "outcome_constraints": limits}
    )
    rows, seed = draw(st.integers(0, 14)), draw(st.integers(0, 99))
    try:
        configs = Encoding(space).decode(Encoding(space).sample(rows + 6, seed))
    except NoFeasiblePoint:
        return space, [], [], np.random.default_rng(seed)
    tried = configs[:rows]
    again = draw(st.lists(st.sampled_from(tried), max_size=3)) if tried else []
    return space, [*tried, *again], configs[rows:], np.random.default_rng(seed)


def numbers(random: np.random.Generator, kind: str, n: int) -> list[float]:
    made = {"noise": random.normal(size=n), "equal": np.ones(n), "wild": random.standard_cauchy(n) ** 9}
    return [float(value) for value in made[kind]]


def check(space: Space, batch: Sequence[Config], tried: Sequence[Config], pool: Sequence[Config] | None, count: int) -> None:
    """That proposals are valid and different, and that none was tried."""
    encoding = Encoding(space)
    assert 1 <= len(batch) <= count
    assert all(is_valid(space, config) for config in batch)
    X = encoding.encode(batch)
    assert not encoding.is_duplicate(X, encoding.encode(tried)).any()
    assert (encoding.distances(X, X) + np.eye(len(X)) > 1e-6).all()
    if pool is not None:
        assert all(config in pool for config in batch)


def check_nothing_is_left(space: Space, tried: Sequence[Config], pool: Sequence[Config] | None) -> None:
    encoding = Encoding(space)
    left = encoding.encode(pool) if pool is not None else encoding.points(10**5)
    if left is None:  # an infinite space of which constraints leave little
        left = encoding.sample(100, 1)
    assert encoding.is_duplicate(left, encoding.encode(tried)).all()


@some
@given(studies(), st.sampled_from(["noise", "equal", "wild"]), st.integers(1, 3), st.booleans())
def test_proposals_are_valid_and_new(study: Any, kind: str, count: int, pooled: bool) -> None:
    space, tried, others, random = study
    pool = [*tried[:2], *others] if pooled and others else None
    measured = zip(tried, numbers(random, kind, len(tried)), random.normal(size=len(tried)).tolist(), strict=True)
    history = [(config, {"y": y, "z": z}) for config, y, z in measured]
    try:
        batch = [item.config for item in propose(space, history, count=count, surrogate="gp", pool=pool)]
    except NoFeasiblePoint:
        assert not tried
        return
    except DegenerateData:
        check_nothing_is_left(space, tried, pool)
        return
    check(space, batch, tried, pool, count)


@some
@given(studies(), st.sampled_from(["noise", "equal", "wild"]), st.integers(1, 3), st.data())
def test_a_log_with_failed_and_pending_rows_gives_valid_new_proposals_also_from_its_file(
    study: Any, kind: str, count: int, data: st.DataObject
) -> None:
    space, tried, _, random = study
    if not tried or not space.free:
        return
    states = data.draw(st.lists(st.sampled_from(STATUSES), min_size=len(tried), max_size=len(tried)))
    cells = [
        {"status": state, "y": y if state == "done" else None, "z": z if state == "done" else None}
        for state, y, z in zip(states, numbers(random, kind, len(tried)), random.normal(size=len(tried)).tolist(), strict=True)
    ]
    log = frame(tried, cells).rename(columns={"outcomes.status": "status"})
    for name in space.free:
        if f"parameters.{name}" not in log:
            log[f"parameters.{name}"] = pd.Series([None] * len(log), index=log.index, dtype=object)
    fit = solver.fit(log, Options(space=space, surrogate="gp"))
    assert [trial.config for trial in fit.trials] == tried
    assert [trial.status for trial in fit.trials] == states
    back = Fit.model_validate_json(fit.model_dump_json())
    assert back == fit
    try:
        batch = solver.recommend(fit, Query(), count)
    except DegenerateData:
        check_nothing_is_left(space, tried, None)
        return
    check(space, [item.config for item in batch], tried, None, count)
    assert solver.recommend(back, Query(), count) == batch
