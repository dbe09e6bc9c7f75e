"""Logs as the reader hands them on, made from functions whose minimum is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from fits.space import Encoding, Space

MIXED = Space.model_validate(
    {
        "parameters": {
            "lr": {"type": "float", "low": 1e-5, "high": 1e-1, "log": True},
            "layers": {"type": "integer", "low": 1, "high": 8},
            "optimizer": {"type": "categorical", "choices": ["adam", "sgd", "lion"]},
            "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
        }
    }
)


def mixed_loss(config: Mapping[str, object]) -> float:
    """Smallest, 1, at lr 1e-3, 5 layers, sgd with momentum 0.9."""
    penalty = {"adam": 0.2, "sgd": 0.0, "lion": 0.3}[str(config["optimizer"])]
    momentum = float(str(config.get("momentum", 0.9)))
    return (
        1.0
        + 0.2 * (np.log10(float(str(config["lr"]))) + 3.0) ** 2
        + 0.02 * (int(str(config["layers"])) - 5) ** 2
        + penalty
        + (momentum - 0.9) ** 2
    )


def log_of(
    space: Space,
    outcomes: Mapping[str, Callable[[Mapping[str, object]], float]],
    rows: int,
    *,
    seed: int = 0,
    noise: float = 0.0,
) -> pd.DataFrame:
    """`rows` valid configurations and what they gave, as text, a line each from 2 on."""
    encoding, random = Encoding(space), np.random.default_rng(seed)
    configs = encoding.decode(encoding.sample(rows, seed))
    return frame(configs, [{name: f(config) + noise * random.normal() for name, f in outcomes.items()} for config in configs])


def frame(configs: Sequence[Mapping[str, object]], outcomes: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Cells as text, empty ones as None."""
    names = dict.fromkeys(name for config in configs for name in config)
    measured = dict.fromkeys(name for row in outcomes for name in row)
    columns = {f"parameters.{name}": [_text(config.get(name)) for config in configs] for name in names}
    columns |= {f"outcomes.{name}": [_text(row.get(name)) for row in outcomes] for name in measured}
    index = pd.Index(range(2, 2 + len(configs)), name="line")
    return pd.DataFrame({name: pd.Series(cells, index=index, dtype=object) for name, cells in columns.items()}, index=index)


def _text(value: object) -> str | None:
    return None if value is None else repr(float(value)) if isinstance(value, float) else str(value)
