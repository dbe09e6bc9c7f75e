"""The contract that every solver must pass, shipped so that the author of a plugin can run it.

Subclass `SolverContract` in a test module, name the class ``Test...``, give it a solver's name, a log and a query; pytest finds
the tests. They use plain asserts only::

    class TestBudget(SolverContract):
        solver = "budget"

        def log(self): return pd.read_csv("runs.csv")
        def query(self): return {"target": 2.7}
"""

from __future__ import annotations

import contextlib
import math
import operator
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from fits import registry
from fits.figure import Figure
from fits.solver import Advice, DegenerateData, Interval, LogRow, NotEnoughData, SolverError

if TYPE_CHECKING:
    import pandas as pd

HEAVY = ("pandas", "numpy", "scipy", "sklearn", "torch", "botorch", "gpytorch", "rich")
ROW_ORDER_TOLERANCE = 1e-6  # sums in another order differ in the last bits, and an iterative fit amplifies them
_BOUNDS = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}


class SolverContract:
    """What any solver promises. A subclass sets `solver` and gives `log` and `query`; the rest is optional."""

    solver: str
    rescale: dict[str, float] = {}  # noqa: RUF012  (read only): factor by which a column's unit shrinks
    expected_rescale: dict[str, float] = {}  # noqa: RUF012  (read only): factor by which a key of `config` then grows

    def log(self) -> pd.DataFrame:
        """A log as the reader hands it on: columns named after the roles of `Log`."""
        raise NotImplementedError

    def query(self) -> dict[str, Any]:
        """A question that a fit of `log` can answer."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """Options of `fit`, where the defaults take too long for a test."""
        return {}

    def backtest_options(self) -> dict[str, Any]:
        return self.options()

    def small_log(self) -> pd.DataFrame:
        """A log that is too small to answer from."""
        return self.log().iloc[:1]

    def rescaled_query(self) -> dict[str, Any]:
        """The question of `query` in the units of `rescale`."""
        return self.query()

    # --- helpers

    def _solver(self) -> registry.Solver:
        return registry.load(self.solver)

    def _fit(self, log: pd.DataFrame) -> Any:
        solver = self._solver()
        return solver.fit(log, solver.Options.model_validate(self.options()))

    def _advice(self, fit: Any, query: dict[str, Any] | None = None, count: int = 1) -> list[Advice]:
        solver = self._solver()
        return solver.recommend(fit, solver.Query.model_validate(self.query() if query is None else query), count)

    # --- the contract

    def test_same_seed_gives_the_same_bytes(self) -> None:
        first, second = self._fit(self.log()), self._fit(self.log())
        assert first.model_dump_json() == second.model_dump_json()
        assert _dump(self._advice(first)) == _dump(self._advice(second))

    def test_row_order_does_not_matter(self) -> None:
        log = self.log()
        straight = self._advice(self._fit(log))
        for other in (log.iloc[::-1], log.sample(frac=1.0, random_state=1)):
            assert_close(straight, self._advice(self._fit(other)), ROW_ORDER_TOLERANCE)

    def test_a_fit_survives_json(self) -> None:
        fit = self._fit(self.log())
        again = self._solver().Fit.model_validate_json(fit.model_dump_json())
        assert again.model_dump_json() == fit.model_dump_json()
        assert _dump(self._advice(again)) == _dump(self._advice(fit))

    def test_arguments_are_not_changed(self) -> None:
        log = self.log()
        before = log.copy(deep=True)
        fit = self._fit(log)
        assert log.equals(before), "fit changed the log"
        assert list(log.columns) == list(before.columns), "fit changed the columns of the log"
        dumped = fit.model_dump_json()
        self._advice(fit)
        assert fit.model_dump_json() == dumped, "recommend changed the fit"
        solver = self._solver()
        solver.backtest(log, solver.BacktestOptions.model_validate(self.backtest_options()))
        assert log.equals(before), "backtest changed the log"

    def test_too_little_data_is_refused_with_a_reason(self) -> None:
        for log in (self.small_log(), self.log().iloc[:0]):
            try:
                self._advice(self._fit(log))
            except (NotEnoughData, DegenerateData):
                continue
            raise AssertionError(f"a log of {len(log)} rows was answered")

    def test_advice_is_finite_and_within_bounds(self) -> None:
        solver = self._solver()
        advice = self._advice(self._fit(self.log()))
        assert advice, "no advice"
        for item in advice:
            assert type(item) is solver.Advice, f"schema.Advice is {solver.Advice.__name__}, the advice is a {type(item).__name__}"
            assert item.config, "advice without a configuration"
            assert item.why, "advice without a reason"
            assert set(item.intervals) <= set(item.config), "an interval for a key that config does not have"
            for name, value in item.config.items():
                assert_within(solver.Log, name, value)
            for name, interval in item.intervals.items():
                assert_interval(name, interval)
                assert_within(solver.Log, name, interval.low)
                assert_within(solver.Log, name, interval.high)
            for name, interval in item.expected.items():
                assert_interval(name, interval)
            item.model_dump_json()

    def test_at_most_as_many_proposals_as_asked_for(self) -> None:
        fit = self._fit(self.log())
        for count in (1, 3):
            assert 1 <= len(self._advice(fit, count=count)) <= count or self._may_give_more()

    def _may_give_more(self) -> bool:
        """True for a solver that answers with alternatives side by side."""
        return False

    def test_units_scale(self) -> None:
        if not self.rescale:
            return
        log = self.log()
        scaled = log.assign(**{column: log[column] * factor for column, factor in self.rescale.items()})
        plain, other = self._advice(self._fit(log))[0], self._advice(self._fit(scaled), self.rescaled_query())[0]
        for name, factor in self.expected_rescale.items():
            value, expected = other.config[name], plain.config[name]
            assert isinstance(value, int | float)
            assert isinstance(expected, int | float)
            assert math.isclose(value, expected * factor, rel_tol=1e-4), f"{name}: {value} is not {factor} times {expected}"

    def test_backtest_runs_and_is_deterministic(self) -> None:
        solver = self._solver()
        options = solver.BacktestOptions.model_validate(self.backtest_options())
        first, second = solver.backtest(self.log(), options), solver.backtest(self.log(), options)
        assert first.model_dump_json() == second.model_dump_json()
        assert first.folds, "no folds"
        assert first.summary, "no summary"
        assert all(0 <= share <= 1 for share in first.coverage.values())

    def test_a_prior_can_be_asked(self) -> None:
        prior = self._solver().prior()
        if prior is None:
            return
        with contextlib.suppress(SolverError):  # it may refuse this question
            assert self._advice(prior)

    def test_figures_are_plain_data_and_deterministic(self) -> None:
        solver = self._solver()
        if not solver.has_figures:
            return
        log = self.log()
        fit = self._fit(log)
        dumped, before = fit.model_dump_json(), log.copy(deep=True)
        read = solver.Fit.model_validate_json(dumped)
        for given in (None, log):
            figures = solver.figures(fit, given)
            assert figures, "no figures"
            assert len({figure.name for figure in figures}) == len(figures), "two figures of one name"
            texts = [figure.model_dump_json() for figure in figures]
            assert texts == [figure.model_dump_json() for figure in solver.figures(read, given)]
            assert texts == [Figure.model_validate_json(text).model_dump_json() for text in texts]
        assert fit.model_dump_json() == dumped, "figures changed the fit"
        assert log.equals(before), "figures changed the log"

    def test_models_have_json_schemas(self) -> None:
        solver = self._solver()
        for model in (solver.Log, solver.Options, solver.BacktestOptions, solver.Query, solver.Fit, solver.Advice):
            schema = model.model_json_schema()
            assert schema["type"] == "object"
        for model in (solver.Log, solver.Options, solver.BacktestOptions, solver.Query):
            for name, field in model.model_fields.items():
                assert field.description, f"{model.__name__}.{name} has no description, so --help cannot explain it"

    def test_the_schema_imports_nothing_heavy(self) -> None:
        module = self._solver().entry.module + ".schema"
        code = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)  # noqa: S603
        assert not done.stdout.strip(), f"{module} imports {done.stdout.strip()}"


def _dump(advice: list[Advice]) -> list[str]:
    return [item.model_dump_json() for item in advice]


def assert_interval(name: str, interval: Interval) -> None:
    """Finite, and low <= mean <= high."""
    assert all(math.isfinite(x) for x in (interval.low, interval.mean, interval.high)), f"{name}: {interval}"
    assert interval.low <= interval.mean <= interval.high, f"{name}: {interval}"
    assert 0 < interval.level < 1, f"{name}: {interval}"


def assert_within(row_model: type[LogRow], name: str, value: object) -> None:
    """`value` keeps the bounds of the role `name`, where it is a role."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    assert math.isfinite(value), f"{name} is {value}"
    field = row_model.model_fields.get(name)
    for rule in field.metadata if field else ():
        for bound, keeps in _BOUNDS.items():
            limit = getattr(rule, bound, None)
            assert limit is None or keeps(value, limit), f"{name}={value} breaks {bound} {limit}"


def assert_close(first: list[Advice], second: list[Advice], tolerance: float) -> None:
    """The same advice, but for rounding in its numbers."""
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        keep = {"config", "intervals", "expected"}
        _close(one.model_dump(include=keep), other.model_dump(include=keep), tolerance, "advice")


def _close(one: Any, other: Any, tolerance: float, place: str) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            _close(one[key], other[key], tolerance, f"{place}.{key}")
    elif isinstance(one, float) and isinstance(other, float):
        assert math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-12), f"{place}: {one} and {other}"
    else:
        assert one == other, f"{place}: {one!r} and {other!r}"
