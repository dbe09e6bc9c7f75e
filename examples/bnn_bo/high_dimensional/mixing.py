"""A classifier of handwritten digits, trained on a mixture of 300 sources of labels, some of them bad.

scikit-learn's digits (1,797 images of 8 x 8): three rows from each source are for training, the other 897 for validation. Half of
the sources mislabel 40 to 100 % of their rows, each always by the same number of digits, the others up to 10 %; nobody says which
is which. What can be set is how much each source counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Array = NDArray[np.float64]

SOURCES = [f"source{k}" for k in range(300)]
ROWS = 3  # of a source
FEATURES = 200
RIDGE = 1.0
LEAST = 1e-3  # of every row: a mixture of nothing is none


class Data(NamedTuple):
    """Features ``n x p`` and labels ``n x 10``, one-hot: of training, in the order of the sources, and of validation.

    `bad` says which of the sources are, which no loop is told.
    """

    features: Array
    labels: Array
    held_features: Array
    held_labels: Array
    bad: NDArray[np.bool_]


@cache
def data() -> Data:
    random = np.random.default_rng(0)
    images, digits = load_digits(return_X_y=True)
    order = random.permutation(len(images))
    images, digits = images[order] / 16.0 - 0.5, digits[order]
    bad = random.random(len(SOURCES)) < 0.5
    wrong = np.where(bad, random.uniform(0.4, 1.0, len(SOURCES)), random.uniform(0.0, 0.1, len(SOURCES)))
    shift = random.integers(1, 10, len(SOURCES))
    n = ROWS * len(SOURCES)
    mislabelled = random.random(n) < np.repeat(wrong, ROWS)
    said = (digits[:n] + mislabelled * np.repeat(shift, ROWS)) % 10
    waves = random.normal(scale=0.6, size=(images.shape[1], FEATURES))  # random Fourier features: Rahimi & Recht 2007
    features = np.cos(images @ waves + random.uniform(0.0, 2.0 * np.pi, FEATURES))
    one_hot = np.eye(10)
    return Data(features[:n], one_hot[said], features[n:], one_hot[digits[n:]], bad)


def error(config: Mapping[str, float]) -> float:
    """Squared error of the classifier's ten outputs on the validation rows, its mean; a source's weight is in [0, 1]."""
    its = data()
    weights = np.repeat([float(config[name]) for name in SOURCES], ROWS) + LEAST
    weighted = its.features * weights[:, None]
    fitted = np.linalg.solve(weighted.T @ its.features + RIDGE * np.eye(FEATURES), weighted.T @ its.labels)
    return float(((its.held_features @ fitted - its.held_labels) ** 2).sum(axis=1).mean())
