"""Curves as the model knows them: eight observations an octave of x, as in LCDB 1.1.

Epochs and steps are evenly spaced and may be a million; the model learned from anchors 16 * 2^(k/8). Where a curve is denser than
that, its neighbours are averaged.
"""

from __future__ import annotations

import numpy as np

from fits.learning_curve.families.family import Array

OCTAVE = 8
FEWEST = 6  # blocks, where there are as many observations: a curve that starts late is cut finer


def blocks(x: Array, ys: Array, se: Array | None) -> tuple[Array, Array, Array | None]:
    """Means over blocks of x, each an eighth of an octave wide, the last one about the last x.

    Parameters
    ----------
    x : (n,) ascending, > 0; ys : (S, n).
    se : (S, n) standard errors or None. Errors within a block count as independent.
    """
    octaves = np.log2(x / x[-1])
    for width in 2.0 ** -np.arange(50) / OCTAVE:
        starts = np.flatnonzero(np.diff(np.rint(octaves / width), prepend=-np.inf))
        if len(starts) >= min(FEWEST, len(x)):
            break
    if len(starts) == len(x):
        return x, ys, se
    counts = np.diff(starts, append=len(x)).astype(np.float64)
    mean = np.add.reduceat(ys, starts, axis=1) / counts
    errors = None if se is None else np.sqrt(np.add.reduceat(se**2, starts, axis=1)) / counts
    return np.add.reduceat(x, starts) / counts, mean, errors
