"""Sequences of solves for the tests: a full table by Young's formula, a log of it, and one where no context helps."""

from __future__ import annotations

import numpy as np
import pandas as pd

ARMS = np.round(np.linspace(1.0, 1.95, 20), 2)


def costs(context: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """Iterations to 1e-8 where the spectral radius of Jacobi's iteration grows with the context, in [0, 1]."""
    beta2 = 0.3 + 0.68 * context
    root = np.sqrt(np.maximum(omega**2 * beta2 - 4 * (omega - 1), 0.0))
    best = 2 / (1 + np.sqrt(1 - beta2))
    radius = np.where(omega < best, (omega * np.sqrt(beta2) + root) ** 2 / 4, omega - 1)
    return np.ceil(20 / -np.log(np.clip(radius, 1e-9, 1 - 1e-9)))


def table(solves: int = 300, seed: int = 0) -> pd.DataFrame:
    """What every omega costs: roles step, contexts.c and grid.it_w*."""
    rng = np.random.default_rng(seed)
    c = rng.beta(1.0, 1.5, solves)
    columns = {f"grid.it_w{omega:.2f}": costs(c, omega) for omega in ARMS}
    return pd.DataFrame({"step": np.arange(solves, dtype=float), "contexts.c": c, **columns})


def random_log(solves: int = 300, seed: int = 0) -> pd.DataFrame:
    """The same as a user would have logged it: one random omega a solve."""
    return logged(table(solves, seed), seed + 1)


def no_gain_table(solves: int = 600, seed: int = 0) -> pd.DataFrame:
    """Where the context tells nothing, as in the sequence measured at 6.131 (best fixed) against 6.146 (for each context)."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.98, 1.02, solves)
    smooth = 6.0 + 8.0 * (ARMS - 1.3) ** 2
    full = np.round(level[:, None] * smooth + rng.normal(0.0, 0.3, (solves, len(ARMS)))).clip(1)
    columns = {f"grid.it_w{omega:.2f}": full[:, i] for i, omega in enumerate(ARMS)}
    return pd.DataFrame({"step": np.arange(solves, dtype=float), "contexts.c": rng.random(solves), **columns})


def logged(full: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """A log of a table with random omegas."""
    arm = np.random.default_rng(seed).integers(len(ARMS), size=len(full))
    cost = full.filter(like="grid.").to_numpy()[np.arange(len(full)), arm]
    return full[["step", "contexts.c"]].assign(omega=ARMS[arm], cost=cost)
