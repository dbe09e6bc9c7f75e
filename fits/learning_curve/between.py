"""Reading a forecast between the positions at which it was made."""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array

NORMAL = np.array([-1.6448536269514722, -0.6744897501960817, 0.0, 0.6744897501960817, 1.6448536269514722])
"""Quantiles of the normal distribution at `fits.learning_curve.quantiles.LEVELS`."""


def between(x: Array, quantiles: Array, last_x: float, now: Array, at: float) -> Array:
    """Quantiles (5,) at `at`: straight in ln x from one position to the next, and from what is known now to the first.

    Parameters
    ----------
    x, quantiles : (m,) and (m, 5) the forecast.
    last_x, now : where the curve was last seen, and quantiles (5,) of its value there.
    """
    places = np.log([last_x, *x])
    return np.array([np.interp(np.log(at), places, [now[k], *quantiles[:, k]]) for k in range(len(now))])
