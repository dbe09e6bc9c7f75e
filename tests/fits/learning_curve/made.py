"""Made-up logs of learning curves."""

from __future__ import annotations

import numpy as np
import pandas as pd


def power_law(x, limit=0.1, scale=1.0, exponent=0.5, noise=0.0, seed=0):
    """limit + scale x^-exponent, with noise."""
    x = np.asarray(x, dtype=np.float64)
    return limit + scale * x**-exponent + noise * np.random.default_rng(seed).standard_normal(len(x))


def log(curves, metric="error", **columns):
    """A log as the reader hands it on: {name: (x, score)}, where None is the name of the only curve."""
    parts = []
    for name, (x, score) in curves.items():
        part = pd.DataFrame({"x": np.asarray(x, dtype=np.float64), "score": np.asarray(score, dtype=np.float64), **columns})
        if name is not None:
            part["curve"] = name
        parts.append(part)
    made = pd.concat(parts, ignore_index=True)
    made.attrs["columns"] = {"x": "examples", "score": metric}
    return made


SIZES = np.unique(np.geomspace(16, 4000, 40).round())


def three(noise=0.002):
    """Three error curves: a good one, a poor one, and one that is good at first and then stays behind."""
    return log(
        {
            "good": (SIZES, power_law(SIZES, 0.05, 1.0, 0.5, noise, 1)),
            "poor": (SIZES, power_law(SIZES, 0.35, 1.0, 0.5, noise, 2)),
            "early": (SIZES, power_law(SIZES, 0.12, 0.6, 0.6, noise, 3)),
        }
    )
