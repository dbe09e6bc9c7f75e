"""The model as a file of plain arrays."""

from __future__ import annotations

import itertools
from dataclasses import fields
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fits.learning_curve.meta.model import Model
from fits.learning_curve.meta.network import Floats, Network, Scaling

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
    arrays |= {f"scaling.{field.name}": getattr(model.scaling, field.name) for field in fields(Scaling)}
    for k, network in enumerate(model.networks):
        for layer, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
            arrays |= {f"network{k}.weights{layer}": weights, f"network{k}.biases{layer}": biases}
    return arrays


def unpacked(arrays: Arrays) -> Model:
    """The model that was packed."""
    scaling = Scaling(*(arrays[f"scaling.{field.name}"] for field in fields(Scaling)))  # type: ignore[arg-type]
    networks = tuple(
        Network(_layers(arrays, f"network{k}.weights"), _layers(arrays, f"network{k}.biases"))
        for k in itertools.takewhile(lambda k: f"network{k}.weights0" in arrays, itertools.count())
    )
    horizons, offsets = (np.asarray(arrays[name], dtype=np.float64) for name in ("horizons", "offsets"))
    return Model(scaling, networks, horizons, offsets, int(arrays["data_sets"]))


def _layers(arrays: Arrays, name: str) -> tuple[Floats, ...]:
    return tuple(arrays[f"{name}{layer}"] for layer in range(sum(key.startswith(name) for key in arrays)))  # type: ignore[misc]
