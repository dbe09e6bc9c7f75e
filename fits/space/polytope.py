"""Points in a polytope: uniform ones by hit and run, and the one nearest to a given point, in whole numbers where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

DIRECTIONS = 16  # of the linear programs beyond two a dimension
STEPS = 64  # of a walk, beyond one a dimension: it begins at a mixture of vertices, so not in a corner
STRAY = 0.25  # of the steps in any direction, so that no dimension is left out
NODES = 1000  # of a branch and bound
GAP = 0.1  # nearest within this share is near enough


class Polytope(NamedTuple):
    """``A x <= b``, ``E x == e`` and ``low <= x <= high`` in k dimensions."""

    A: Array
    b: Array
    E: Array
    e: Array
    low: Array
    high: Array

    def vertices(self) -> Array:
        """Some vertices, ``v x k``, far apart in every dimension; none where the polytope is empty."""
        import numpy as np

        k = len(self.low)
        random = np.random.default_rng(0)
        found = np.empty((0, k))
        for objective in np.vstack([random.normal(size=(DIRECTIONS, k)), np.eye(k), -np.eye(k)]):
            least = float(np.where(objective > 0.0, objective * self.low, objective * self.high).sum())
            if len(found) and (found @ objective).min() <= least:
                continue  # a vertex that is known is as far that way as the box
            vertex = self._least(objective, np.zeros(k, dtype=bool))
            if vertex is None:
                break  # the first one tells whether there is any
            found = np.vstack([found, vertex])
        return np.unique(found, axis=0)

    def walk(self, vertices: Array, n: int, seed: int) -> Array:
        """``n x k`` uniform points: `n` walks, each from a mixture of the vertices, step along differences of vertices.

        Such steps suit a polytope that is long and thin, and stay in one that is flat [hit and run: Smith 1984, Operations
        Research 32(6)].
        """
        import numpy as np

        random = np.random.default_rng(seed)
        v, k = vertices.shape
        x = random.dirichlet(np.ones(v), size=n) @ vertices
        across = vertices - vertices.mean(axis=0)
        flat = np.eye(k) - np.linalg.pinv(self.E) @ self.E if len(self.E) else np.eye(k)
        ends = np.concatenate([self.b, self.high, -self.low])
        size = np.concatenate([np.linalg.norm(self.A, axis=1), np.ones(2 * k)])

        def left(x: Array) -> Array:
            return np.hstack([x @ self.A.T, x, -x])

        for _ in range(STEPS + k):
            along = random.normal(size=(n, v)) @ across
            stray = random.random(n) < STRAY
            along[stray] = random.normal(size=(int(stray.sum()), k)) @ flat
            rate = left(along)
            rate[np.abs(rate) <= 1e-12 * size * np.linalg.norm(along, axis=1, keepdims=True)] = 0.0
            room = np.maximum(ends - left(x), 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = room / rate
            farthest = np.where(rate > 0.0, reach, np.inf).min(axis=1)
            nearest = np.where(rate < 0.0, reach, -np.inf).max(axis=1)
            still = ~np.isfinite(farthest - nearest)
            farthest[still] = nearest[still] = 0.0
            x = x + (nearest + random.random(n) * (farthest - nearest))[:, None] * along
        return np.clip(x, self.low, self.high)

    def nearest(self, x: Array, weights: Array, whole: Mask) -> Array | None:
        """The point of the polytope, in whole numbers where `whole`, with about the least ``sum(weights * |point - x|)``.

        None where there is none, or the search for one was given up.
        """
        import numpy as np

        k = len(x)
        one, zero = np.eye(k), np.zeros((k, k))
        wider = Polytope(  # k further dimensions are how far the first k are from x
            np.vstack([np.hstack([self.A, np.zeros_like(self.A)]), np.hstack([one, -one]), np.hstack([-one, -one])]),
            np.concatenate([self.b, x, -x]),
            np.hstack([self.E, np.zeros_like(self.E)]),
            self.e,
            np.concatenate([self.low, np.zeros(k)]),
            np.concatenate([self.high, np.full(k, np.inf)]),
        )
        found = wider._least(np.concatenate([np.zeros(k), weights]), np.concatenate([whole, zero[0] > 0.0]))
        return None if found is None else np.where(whole, np.rint(found[:k]), found[:k])

    def _least(self, objective: Array, whole: Mask) -> Array | None:
        """The point with the least ``objective @ x``."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp

        constraints = []
        if len(self.A):
            constraints.append(LinearConstraint(self.A, -np.inf, self.b))
        if len(self.E):
            constraints.append(LinearConstraint(self.E, self.e, self.e))
        result = milp(
            objective,
            integrality=whole.astype(np.int64),
            bounds=Bounds(self.low, self.high),
            constraints=constraints,
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )
        return None if result.x is None else np.asarray(result.x, dtype=np.float64)
