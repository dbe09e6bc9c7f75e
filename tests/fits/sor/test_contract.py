"""sor keeps the contract of every solver, on an ordinary log and on a full table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fits.testing import SolverContract
from tests.fits.sor.sequences import random_log, table


class TestLog(SolverContract):
    solver = "sor"

    def log(self) -> pd.DataFrame:
        return random_log()

    def query(self) -> dict[str, Any]:
        return {"contexts": {"c": 0.4}}

    def backtest_options(self) -> dict[str, Any]:
        return {"seeds": 2}


class TestUnorderedLog(TestLog):
    def log(self) -> pd.DataFrame:
        return random_log().drop(columns="step")


class TestTable(TestLog):
    def log(self) -> pd.DataFrame:
        return table(150)


class TestWithoutContext(TestLog):
    def log(self) -> pd.DataFrame:
        return random_log().drop(columns="contexts.c")

    def query(self) -> dict[str, Any]:
        return {}
