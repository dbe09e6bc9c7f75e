"""Which solvers there are: name -> module, imported only when asked for.

Third parties add theirs through the entry-point group ``fits.solvers``: the entry's name is the solver's name, its value a
package with the modules `schema` and `solver` (see `fits.solver`).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import fits

if TYPE_CHECKING:
    import pandas as pd

    from fits import solver as contract
    from fits.figure import Figure

ENTRY_POINTS = "fits.solvers"


@dataclass(frozen=True)
class Entry:
    """Where a solver lives and what it is for."""

    module: str
    summary: str
    version: str = fits.__version__


BUILT_IN = {
    "step-law": Entry("fits.step_law", "optimal learning rate and batch size for LLM pre-training, from N and D"),
    "learning-curve": Entry("fits.learning_curve", "where a run is heading, what a target needs, whether to stop or to go on"),
    "bnn-bo": Entry("fits.bnn_bo", "which configuration to evaluate next: Bayesian optimization with the surrogate that suits"),
    "sor": Entry("fits.sor", "relaxation parameter of SOR and SSOR-CG over a sequence of linear systems"),
}


class UnknownSolver(LookupError):
    """No solver of this name is registered; `known` lists those that are."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no solver named {name!r}; there are: {', '.join(known)}")
        self.name, self.known = name, known


@dataclass(frozen=True)
class Solver:
    """One registered solver. Its schema is imported at first use of a model, its mathematics at first use of a function."""

    name: str
    entry: Entry

    @cached_property
    def schema(self) -> Any:
        return importlib.import_module(self.entry.module + ".schema")

    @property
    def examples(self) -> Mapping[str, Sequence[str]]:
        """Command lines for the help of each verb."""
        return getattr(self.schema, "EXAMPLES", {})

    @cached_property
    def _functions(self) -> Any:
        return importlib.import_module(self.entry.module + ".solver")

    @property
    def Log(self) -> type[contract.LogRow]:
        return self.schema.Log  # type: ignore[no-any-return]

    @property
    def Options(self) -> type[contract.OptionsModel]:
        return self.schema.Options  # type: ignore[no-any-return]

    def columns(self, options: contract.OptionsModel, named: dict[str, list[str]]) -> dict[str, list[str]]:
        """The columns of each family: those `named`, and those that follow from the options."""
        columns = getattr(self.schema, "columns", None)
        return named if columns is None else columns(options, named)

    @property
    def begins_empty(self) -> bool:
        """Whether a log without rows, or none at all, is enough to begin with."""
        return bool(getattr(self.schema, "BEGINS_EMPTY", False))

    @property
    def BacktestOptions(self) -> type[contract.OptionsModel]:
        return getattr(self.schema, "BacktestOptions", self.schema.Options)  # type: ignore[no-any-return]

    @property
    def Query(self) -> type[contract.QueryModel]:
        return self.schema.Query  # type: ignore[no-any-return]

    @property
    def Fit(self) -> type[contract.FitModel]:
        return self.schema.Fit  # type: ignore[no-any-return]

    @property
    def Advice(self) -> type[contract.Advice]:
        return self.schema.Advice  # type: ignore[no-any-return]

    def fit(self, log: pd.DataFrame, options: contract.OptionsModel) -> contract.FitModel:
        return self._functions.fit(log, options)  # type: ignore[no-any-return]

    def recommend(self, fit: contract.FitModel, query: contract.QueryModel, count: int = 1) -> list[contract.Advice]:
        return self._functions.recommend(fit, query, count)  # type: ignore[no-any-return]

    def backtest(self, log: pd.DataFrame, options: contract.OptionsModel) -> contract.Backtest:
        return self._functions.backtest(log, options)  # type: ignore[no-any-return]

    @property
    def PolicyOptions(self) -> type[contract.OptionsModel]:
        return getattr(self.schema, "PolicyOptions", self.schema.Options)  # type: ignore[no-any-return]

    @property
    def has_policy(self) -> bool:
        """Whether the solver has an online form."""
        return hasattr(self._functions, "policy")

    def policy(
        self, options: contract.OptionsModel, fit: contract.FitModel | None = None, state: dict[str, Any] | None = None
    ) -> contract.Policy:
        return self._functions.policy(options, fit, state)  # type: ignore[no-any-return]

    @property
    def has_figures(self) -> bool:
        """Whether the solver has something to show."""
        return hasattr(self._functions, "figures")

    def figures(self, fit: contract.FitModel, log: pd.DataFrame | None = None) -> list[Figure]:
        return self._functions.figures(fit, log)  # type: ignore[no-any-return]

    def prior(self) -> contract.FitModel | None:
        """What the solver knows with no log at all, or None."""
        prior = getattr(self._functions, "prior", None)
        return None if prior is None else prior()


def entries() -> dict[str, Entry]:
    """Every registered solver: the built-in ones first, then plugins by name. A plugin never hides a built-in solver."""
    from importlib.metadata import entry_points

    found = dict(BUILT_IN)
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        summary = point.dist.metadata["Summary"] if point.dist else ""
        version = point.dist.version if point.dist else "0"
        found.setdefault(point.name, Entry(point.value, summary or point.value, version))
    return found


def load(name: str) -> Solver:
    """The solver of this name.

    Raises
    ------
    UnknownSolver
        No built-in solver and no entry point has this name.
    """
    entry = BUILT_IN.get(name) or entries().get(name)
    if entry is None:
        raise UnknownSolver(name, list(entries()))
    return Solver(name, entry)
