"""The model as a file of plain arrays."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fits.learning_curve.meta.model import Model
from fits.learning_curve.meta.trees import Trees
from fits.learning_curve.quantiles import LEVELS

FILE = "lcdb.npz"

Arrays = dict[str, npt.NDArray[np.generic]]


@cache
def shipped() -> Model:
    """The model of the package."""
    return loaded(files("fits.learning_curve.meta").joinpath(FILE).read_bytes())


def loaded(data: bytes) -> Model:
    """The model that `save` wrote."""
    with np.load(BytesIO(data), allow_pickle=False) as kept:
        return unpacked({name: kept[name] for name in kept.files})


def save(model: Model, path: Path) -> None:
    """Write the arrays, compressed: the same bytes for the same model."""
    arrays = packed(model)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def packed(model: Model) -> Arrays:
    """The arrays of a model, by name."""
    arrays: Arrays = {name: np.asarray(getattr(model, name)) for name in ("horizons", "offsets", "data_sets")}
    for level, trees in model.trees.items():
        arrays |= {f"q{level:g}.{field.name}": np.asarray(getattr(trees, field.name)) for field in fields(Trees)}
    return arrays


def unpacked(arrays: Arrays) -> Model:
    """The model that was packed."""
    named = {level: {field.name: arrays[f"q{level:g}.{field.name}"] for field in fields(Trees)} for level in LEVELS}
    trees = {level: Trees(**{**its, "start": float(its["start"])}) for level, its in named.items()}  # type: ignore[arg-type]
    return Model(trees, np.asarray(arrays["horizons"], float), np.asarray(arrays["offsets"], float), int(arrays["data_sets"]))
