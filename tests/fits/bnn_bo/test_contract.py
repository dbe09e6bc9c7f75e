"""bnn-bo keeps the contract of every solver: with a space and without, for one objective and for two."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fits.testing import SolverContract
from tests.fits.bnn_bo.made import MIXED, log_of, mixed_loss


class TestGuessedSpace(SolverContract):
    solver = "bnn-bo"

    def log(self) -> pd.DataFrame:
        return log_of(MIXED, {"loss": mixed_loss}, 14, noise=0.01)

    def query(self) -> dict[str, Any]:
        return {}

    def options(self) -> dict[str, Any]:
        return {"minimize": ["loss"], "surrogate": "gp"}

    def backtest_options(self) -> dict[str, Any]:
        return {**self.options(), "most": 2}


class TestGivenSpace(TestGuessedSpace):
    def query(self) -> dict[str, Any]:
        return {"hold": {"optimizer": "sgd"}}

    def options(self) -> dict[str, Any]:
        return {**super().options(), "space": MIXED.model_dump()}

    def test_too_little_data_is_refused_with_a_reason(self) -> None:
        """A space is enough to begin with: see test_solver."""


class TestTwoObjectives(TestGuessedSpace):
    def log(self) -> pd.DataFrame:
        return log_of(MIXED, {"loss": mixed_loss, "size": lambda config: float(str(config["layers"]))}, 14)

    def options(self) -> dict[str, Any]:
        return {**super().options(), "minimize": ["loss", "size"]}
