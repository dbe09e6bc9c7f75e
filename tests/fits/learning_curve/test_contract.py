"""learning-curve keeps the contract of every solver: several curves, one curve, each method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fits.testing import SolverContract
from tests.fits.learning_curve.made import SIZES, log, power_law, three


class TestSeveral(SolverContract):
    solver = "learning-curve"

    def log(self) -> pd.DataFrame:
        return three()

    def query(self) -> dict[str, Any]:
        return {"at": 16000.0, "target": 0.1}


class TestOne(SolverContract):
    solver = "learning-curve"
    rescale = {"x": 1000.0}  # noqa: RUF012
    expected_rescale = {"x": 1000.0}  # noqa: RUF012

    def log(self) -> pd.DataFrame:
        return log({None: (SIZES, 1.0 - power_law(SIZES, 0.05, noise=0.002))}, "accuracy")

    def query(self) -> dict[str, Any]:
        return {"stop_if": "gain < 1%"}

    def options(self) -> dict[str, Any]:
        return {"method": "families"}

    def backtest_options(self) -> dict[str, Any]:
        return {"methods": ["families"]}


class TestTrace(TestOne):
    rescale = {}  # noqa: RUF012

    def log(self) -> pd.DataFrame:
        x = np.arange(1, 41) * 5000.0
        return log({None: (x, 1.0 - power_law(x / 5000.0, 0.03, 0.1, 0.6, 0.0005))}, "accuracy")

    def options(self) -> dict[str, Any]:
        return {"method": "trace"}

    def backtest_options(self) -> dict[str, Any]:
        return {"methods": ["trace"]}


class TestLearningRate(SolverContract):
    """A finished run, and one that is half way: its plan goes on as a cosine."""

    solver = "learning-curve"

    def log(self) -> pd.DataFrame:
        x = np.arange(100.0, 10001.0, 100.0)
        half = x[:50]
        small, large = power_law(x, 3.0, 20.0, 0.5, 0.003), power_law(half, 2.5, 20.0, 0.5, 0.003, 1)
        made = log({"small": (x, small), "large": (half, large)}, "val_loss")
        return made.assign(learning_rate=3e-4 * 0.5 * (1.0 + np.cos(np.pi * made["x"] / 10000.0)), horizon=10000.0)

    def query(self) -> dict[str, Any]:
        return {"curve": "large"}

    def small_log(self) -> pd.DataFrame:
        return self.log().iloc[:2]

    def options(self) -> dict[str, Any]:
        return {"method": "lr-aware"}

    def backtest_options(self) -> dict[str, Any]:
        return {"methods": ["lr-aware"]}
