"""What the beginning of a curve shows: the numbers that the networks decide by.

None of them knows the unit of x. Lengths along y are told twice: as they are, and in units of the error that the mixture of
families expects of itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fits.learning_curve.families import Mixture, combine
from fits.learning_curve.families.combine import NAMES
from fits.learning_curve.families.family import Array

WINDOWS = np.log(2.0) * np.array([0.5, 1.0, 2.0, 4.0])  # of the slopes, in ln x
FEWEST = 3  # observations of a window
RECENT = np.log(2.0)  # in ln x
FLAT = 0.01  # a curve that moved no more than this
LEAST = 1e-4  # a y or a scale below it counts as this
FARTHEST = 2.0  # where a line in ln y is cut off, in ln y


class Seen(NamedTuple):
    """What is known before the networks.

    Attributes
    ----------
    base : (S, m) the mixture's forecast.
    unit : (S, m) what the networks count in: the scale of the mixture's error.
    features : (S, m, k)
    """

    base: Array
    unit: Array
    features: npt.NDArray[np.float32]


def seen(x: Array, ys: Array, se: Array | None, at: Array) -> Seen:
    """Describe S curves with the same x, and what the families foretell at `at`.

    Parameters
    ----------
    x : (n,) ascending, distinct, > 0; ys : (S, n) falling form, between 0 and 1.
    se : (S, n) standard errors, or None.
    at : (m,) positions to forecast, beyond the last x.
    """
    mixture = combine(x, ys, 0.0, 1.0)
    base, scale = mixture.predict(at), np.maximum(mixture.scale(at), LEAST)
    last, horizon = ys[:, -1:], np.log(at / x[-1])
    lengths = _of_curve(x, ys, se) | _of_mixture(mixture, at) | {"drop": base - last}
    slopes, log_slopes = _slopes(np.log(x), ys)
    lines = [last + slope * horizon for slope in slopes]
    lines += [np.maximum(last, LEAST) * np.exp(np.minimum(slope * horizon, FARTHEST)) for slope in log_slopes]
    columns = [
        *(np.log(len(x)), np.log(x[-1] / x[0]), horizon, base, last, scale, scale / np.maximum(last, LEAST)),
        *(mixture.weights.max(axis=0)[:, None], *_rises(x, ys), *slopes, *log_slopes),
        *lengths.values(),
        *(length / scale for length in (last, *lengths.values(), *(line - base for line in lines))),
    ]
    features = np.stack([np.broadcast_to(column, base.shape) for column in columns], axis=-1)
    # The families expect no error of a curve that is flat so far, yet it may drop.
    least_unit = FLAT / (1.0 + (np.ptp(ys, axis=1, keepdims=True) / FLAT) ** 2)
    return Seen(base, np.hypot(scale, least_unit), features.astype(np.float32))


def _of_curve(x: Array, ys: Array, se: Array | None) -> dict[str, Array]:
    """Lengths along y, (S, 1) each; NaN where one is not known."""
    last, step = ys[:, -1:], np.diff(ys, axis=1)
    half = max(ys.shape[1] // 2, 2)
    return {
        "mean of three": ys[:, -3:].mean(axis=1, keepdims=True) - last,
        "first": ys[:, :1] - last,
        "least": ys.min(axis=1, keepdims=True) - last,
        "most": ys.max(axis=1, keepdims=True) - last,
        "standard error": np.full_like(last, np.nan) if se is None else se[:, -3:].mean(axis=1, keepdims=True),
        "recent rise": np.maximum(step[:, _recent(x)], 0.0).sum(axis=1, keepdims=True),
        "slope of the first half": _slope(np.log(x[:half]), ys[:, :half]),
    }


def _of_mixture(mixture: Mixture, at: Array) -> dict[str, Array]:
    """Lengths along y, (S, m) or (S, 1) each. A family that could not take part lies on the mixture."""
    members, base, names = mixture.members(at), mixture.predict(at), list(mixture.fits)
    told = {"noise": mixture.noise[:, None], "spread": members.std(axis=0)}
    told |= {"lowest": members.min(axis=0) - base, "highest": members.max(axis=0) - base}
    for name in NAMES:
        taking_part = name in names
        told[f"error of {name}"] = mixture.errors[names.index(name)][:, None] if taking_part else np.full_like(base, np.nan)
        told[name] = members[names.index(name)] - base if taking_part else np.zeros_like(base)
    return told


def _rises(x: Array, ys: Array) -> list[Array]:
    """Shares of the steps that go up: of all and of the recent ones, (S, 1) each."""
    up = np.diff(ys, axis=1) > 0.0
    return [up.mean(axis=1, keepdims=True), up[:, _recent(x)].mean(axis=1, keepdims=True)]


def _recent(x: Array) -> slice:
    """The steps within the last octave, at least one."""
    return slice(min(int(np.searchsorted(np.log(x), np.log(x[-1]) - RECENT - 1e-9)), len(x) - 2), None)


def _slopes(log_x: Array, ys: Array) -> tuple[list[Array], list[Array]]:
    """Over the windows, of y and of ln y against ln x: (S, 1) each."""
    log_ys = np.log(np.maximum(ys, LEAST))
    starts = [max(min(int(np.searchsorted(log_x, log_x[-1] - w - 1e-9)), len(log_x) - FEWEST), 0) for w in WINDOWS]
    return [_slope(log_x[k:], ys[:, k:]) for k in starts], [_slope(log_x[k:], log_ys[:, k:]) for k in starts]


def _slope(x: Array, ys: Array) -> Array:
    """Least-squares slopes, (S, 1)."""
    centred = x - x.mean()
    slope = (ys - ys.mean(axis=1, keepdims=True)) @ centred / max(float(centred @ centred), 1e-12)
    return np.asarray(slope[:, None])
