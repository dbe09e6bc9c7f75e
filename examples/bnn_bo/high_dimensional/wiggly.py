"""A function of 50 numbers that is wiggly near 0 and smooth near 1, with a term that ties neighbours.

In each dimension it is that of Xiong et al. (2007), "A non-stationary covariance-based kriging method for metamodelling in
engineering design". The minimum is -0.625, where all are 0.28; where all are 0 it is -0.618.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

INPUTS = [f"x{k}" for k in range(50)]


def error(config: Mapping[str, float]) -> float:
    x = np.array([float(config[name]) for name in INPUTS])
    each = np.sin(30.0 * (x - 0.9) ** 4) * np.cos(2.0 * (x - 0.9)) + (x - 0.9) / 2.0
    return float(each.mean() + 0.25 * ((x[1:] - x[:-1]) ** 2).mean())
