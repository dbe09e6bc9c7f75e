"""Whether intervals and densities can be trusted: where in its forecast each outcome fell, and how evenly that is spread.

The probability integral transform of a forecast with distribution F is F(y): over outcomes that were foretold rightly it is
uniform (Dawid 1984; Diebold, Gunther & Tay 1998). Many values near 0 and 1 tell of intervals that are too narrow, many in the
middle of ones that are too wide, a slope of forecasts that are too high or too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from scipy.stats import kstest
from torch import Tensor
from torch.special import ndtr

from fits.solver import Scalar
from fits.surrogates.base import forecast

if TYPE_CHECKING:
    from botorch.models.model import Model

LEVELS = (0.5, 0.9)
BINS = 10
LEAST_NOISE = 1e-12  # variance, so that a forecast without doubt has a distribution


class Foretold(NamedTuple):
    """One outcome and its forecast: log density in nats, and the PIT, both on the outcome's own scale."""

    surrogate: str
    objective: str
    log_density: float
    pit: float


def pit(model: Model, noise: float, X: Tensor, y: Tensor, inflation: float = 1.0) -> Tensor:
    """``n``: probability of an observation below `y` under its `forecast`.

    Parameters
    ----------
    model : of one outcome.
    noise : variance of an observation around the function.
    X : ``n x d``.
    y : ``n``, on the model's scale.
    inflation : of the variance of the forecast.
    """
    mean, variance = forecast(model, noise, X)
    return torch.as_tensor(ndtr((y.unsqueeze(-1) - mean) / (inflation * variance).clamp_min(LEAST_NOISE).sqrt()).mean(-1))


def calibration(found: Sequence[Foretold]) -> list[dict[str, Scalar]]:
    """A row a surrogate and objective: mean log density, share in each central interval, and how uniform the PIT is.

    ``uniform p`` is the p-value of the Kolmogorov-Smirnov test: a small one says that the forecasts are not calibrated.
    """
    table: list[dict[str, Scalar]] = []
    for (surrogate, objective), values, density in _groups(found):
        row: dict[str, Scalar] = {"surrogate": surrogate, "objective": objective, "trials": len(values)}
        row["log density"] = float(np.mean(density))
        for level in LEVELS:
            row[f"within {level:.0%}"] = float(np.mean(np.abs(values - 0.5) <= level / 2.0))
        row["mean PIT"] = float(values.mean())
        row["uniform p"] = float(kstest(values, "uniform").pvalue)
        table.append(row)
    return table


def histogram(found: Sequence[Foretold]) -> list[dict[str, Scalar]]:
    """A row a surrogate and objective: the share of PIT values in each tenth; a tenth each is right."""
    table: list[dict[str, Scalar]] = []
    for (surrogate, objective), values, _ in _groups(found):
        shares = np.histogram(values, bins=BINS, range=(0.0, 1.0))[0] / len(values)
        tenths: dict[str, Scalar] = {f"{i / BINS:.1f}-{(i + 1) / BINS:.1f}": float(share) for i, share in enumerate(shares)}
        table.append({"surrogate": surrogate, "objective": objective, **tenths})
    return table


def _groups(found: Sequence[Foretold]) -> list[tuple[tuple[str, str], Any, Any]]:
    keys = list(dict.fromkeys((item.surrogate, item.objective) for item in found))
    mine = [[item for item in found if (item.surrogate, item.objective) == key] for key in keys]
    return [
        (key, np.array([i.pit for i in its]), np.array([i.log_density for i in its])) for key, its in zip(keys, mine, strict=True)
    ]
