"""step-law keeps the contract of every solver."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from fits.testing import SolverContract
from tests.fits.sweeps import synthetic_log


class TestSurface(SolverContract):
    solver = "step-law"
    # The unit of the loss (nats or bits) changes nothing: only ratios count.
    rescale: ClassVar[dict[str, float]] = {"loss": 1.4427}
    expected_rescale: ClassVar[dict[str, float]] = {"lr": 1.0, "batch_tokens": 1.0}

    def log(self) -> pd.DataFrame:
        return synthetic_log()

    def query(self) -> dict[str, Any]:
        return {"params": 1e9, "tokens": 1e11}


class TestPaper(TestSurface):
    def options(self) -> dict[str, Any]:
        return {"method": "paper", "bootstrap": 200}
