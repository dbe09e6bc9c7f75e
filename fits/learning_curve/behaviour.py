"""Whether a curve does what learning curves are supposed to do.

After LCDB 1.1 (Yan, Mohr, Viering 2025), where one curve in seven is ill-behaved, not monotone or not convex: these limits find one
in six on its data sets of at least 2,000 training points (once, 3,139 curves).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fits.learning_curve.families.family import Array

if TYPE_CHECKING:
    from fits.learning_curve.schema import Behaviour

NOISES = 4.0  # a rise or a bump below so many standard deviations of the noise is none
SHARE = 0.3  # of the curve's range: nor is a smaller one
LEAST, LARGE = 0.02, 0.1  # of the metric's range, where that is finite: below the one nobody would mind, above the other anybody
WINDOW = 5  # of the running median: a single outlier is no rise


def behaviour(x: Array, y: Array, noise: float, metric_range: float) -> list[Behaviour]:
    """What is unusual about a curve (n,) in falling form; `metric_range` may be infinite."""
    from scipy.ndimage import median_filter

    span = float(np.ptp(y))
    if span <= NOISES * noise or span == 0.0:
        return ["flat"]
    y = median_filter(y, WINDOW, mode="nearest")
    enough = SHARE * float(np.ptp(y))
    if np.isfinite(metric_range):
        enough = min(max(enough, LEAST * metric_range), LARGE * metric_range)
    enough = max(enough, NOISES * noise)
    found: list[Behaviour] = []
    if float((y - np.minimum.accumulate(y)).max()) > enough:
        found.append("not-monotone")
    if float((y - _minorant(x, y)).max()) > enough:
        found.append("not-convex")
    return found


def _minorant(x: Array, y: Array) -> Array:
    """The greatest convex function below the points, at the points (n,): the lower side of their convex hull."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) >= 2:
            a, b = hull[-2], hull[-1]
            if (y[b] - y[a]) * (x[i] - x[a]) < (y[i] - y[a]) * (x[b] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return np.asarray(np.interp(x, x[hull], y[hull]))
