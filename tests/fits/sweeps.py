"""Sweeps with a known optimum."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd


def synthetic_log(*, noise: float = 0.1, seed: int = 0) -> pd.DataFrame:
    """A sweep whose optimum is LR = 2 N^-.7 D^.3, B = .6 D^.57, over a bowl that the surface can represent."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in (1e8, 2e8, 4e8, 8e8):
        for d in (4e9, 16e9, 64e9):
            best_lr, best_batch = math.log(2 * n**-0.7 * d**0.3), math.log(0.6 * d**0.57)
            for u in (-1.4, -0.7, 0, 0.7, 1.4):
                for v in (-1.4, -0.7, 0, 0.7, 1.4):
                    x, y = u + rng.uniform(-0.3, 0.3), v + rng.uniform(-0.3, 0.3)
                    excess = (0.9 * x - 0.33 * y) ** 2 + (0.75 * y) ** 2 + noise * rng.standard_normal()
                    rows.append((n, d, math.exp(best_lr + x), math.exp(best_batch + y), 2.5 * math.exp(excess / 100)))
    return pd.DataFrame(rows, columns=["params", "tokens", "lr", "batch_tokens", "loss"])
