"""A sum of regression trees as flat arrays, so that the model needs neither a pickle nor the library that grew it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROWS = 4096  # answered at once: bounds the memory, which grows with rows times trees


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees, one after the other.

    Attributes
    ----------
    roots : (trees,) where each tree begins.
    feature : (nodes,) what is asked; a leaf has -1.
    number : (nodes,) a row goes left where its feature is at most this; of a leaf what it adds.
    missing_left : (nodes,) whether a row without the feature (NaN) goes left.
    left, right : (nodes,) where the children are, counted from the tree's root.
    start : what all trees add to.
    """

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int8]
    number: npt.NDArray[np.float32]
    missing_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.uint8]
    right: npt.NDArray[np.uint8]
    start: float

    def predict(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The sum for each row (n, features): (n,). All trees are climbed down at the same time."""
        parts = [self._some(rows[k : k + ROWS]) for k in range(0, len(rows), ROWS)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _some(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        trees = len(self.roots)
        leaf = np.empty(len(rows) * trees, dtype=np.int32)
        going = np.arange(leaf.size)  # pairs of a row and a tree that are not at a leaf yet
        node = np.tile(self.roots, len(rows))
        while going.size:
            feature = self.feature[node]
            inner = feature >= 0
            if not inner.all():
                leaf[going[~inner]] = node[~inner]
                going, node, feature = going[inner], node[inner], feature[inner]
            value = rows[going // trees, feature]
            left = (value <= self.number[node]) | (np.isnan(value) & self.missing_left[node])
            node = self.roots[going % trees] + np.where(left, self.left[node], self.right[node])
        return np.asarray(self.start + self.number[leaf].reshape(-1, trees).sum(axis=1, dtype=np.float64))
