"""What is optimized: functions, a real model, and, by name, the tables of `bnn_bo_tables`.

`made` gives a problem by its name, `GROUPS` lists the names. The page's four, mixed spaces, several objectives, and what is made
for neural networks: draws of a wide network in 200 and 400 dimensions, a function that is smooth on one side and wiggly on the
other, and six dimensions that matter of fifty. Where a best is not known in closed form it was sought once from many starts, and
is a constant here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

import numpy as np
from bnn_bo_spaces import Array, Config, Parameters, Scalar, boolean, categorical, integer, real, sobol

Outcomes = dict[str, float]
Direction = Literal["minimize", "maximize"]

REFERENCE_POINTS = 1024  # of the space, whose median is what a regret of 1 means where there is no table
SLOW_REFERENCE_POINTS = 128  # of a real model


@dataclass(frozen=True)
class Problem:
    """A space as plain data, what an evaluation of it gives, and what is best.

    `pool` lists the rows that can be evaluated, where not every configuration of the space can. `reference` is a point of all
    objectives that counts in the hypervolume, and `hypervolume` the most that can be had from it.
    """

    name: str
    group: str
    parameters: Parameters
    evaluate: Callable[[Config], Outcomes]
    directions: Mapping[str, Direction]
    best: float | None = None
    median: float | None = None
    pool: Sequence[Config] | None = None
    table: bool = False
    values: Array | None = field(default=None, repr=False)  # n x m, of a table
    reference: Mapping[str, float] | None = None
    hypervolume: float | None = None
    reference_points: int = REFERENCE_POINTS

    @property
    def several(self) -> bool:
        return len(self.directions) > 1

    @property
    def size(self) -> int | None:
        return None if self.values is None else len(self.values)

    @cached_property
    def usual(self) -> float:
        """The median outcome of the space, exactly of a table, of Sobol points elsewhere."""
        if self.median is not None:
            return self.median
        (name,) = self.directions
        return float(np.median([self.evaluate(config)[name] for config in sobol(self.parameters, self.reference_points, 0)]))


# --- the page's four


def _minimized(
    name: str, group: str, parameters: Parameters, function: Callable[[Config], float], best: float, points: int = REFERENCE_POINTS
) -> Problem:
    def evaluate(config: Config) -> Outcomes:
        return {"y": float(function(config))}

    return Problem(name, group, parameters, evaluate, {"y": "minimize"}, best=best, reference_points=points)


def _cube(d: int, low: float = 0.0, high: float = 1.0) -> Parameters:
    return {f"x{i}": real(low, high) for i in range(d)}


def _vector(config: Mapping[str, Scalar]) -> Array:
    return np.array([float(value) for value in config.values()])


def branin() -> Problem:
    def f(config: Config) -> float:
        x, y = float(config["x0"]), float(config["x1"])
        a, b, c = y - 5.1 * (x / (2 * math.pi)) ** 2 + 5.0 * x / math.pi - 6.0, 1.0 - 1.0 / (8.0 * math.pi), math.cos(x)
        return a * a + 10.0 * b * c + 10.0

    return _minimized("branin", "page", {"x0": real(-5.0, 10.0), "x1": real(0.0, 15.0)}, f, 0.39788735772973816)


HARTMANN_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
HARTMANN_BEST = -3.32236801141551


def _hartmann(x: Array) -> float:
    return -float(HARTMANN_ALPHA @ np.exp(-(HARTMANN_A * (x - HARTMANN_P) ** 2).sum(axis=1)))


def hartmann6() -> Problem:
    return _minimized("hartmann6", "page", _cube(6), lambda config: _hartmann(_vector(config)), HARTMANN_BEST)


def _ackley(x: Array) -> float:
    return float(-20.0 * np.exp(-0.2 * np.sqrt((x**2).mean())) - np.exp(np.cos(2.0 * np.pi * x).mean()) + 20.0 + math.e)


def ackley10() -> Problem:
    """On [-10, 15], where random search has 14.1 after 30: the page's 14.2 (on [-32.768, 32.768] it has 19.9)."""
    return _minimized("ackley10", "page", _cube(10, -10.0, 15.0), lambda config: _ackley(_vector(config)), 0.0)


def svr_diabetes() -> Problem:
    """Mean RMSE of five shuffled folds. The page states neither folds nor bounds: with these its figures nearly come out."""
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    folds = list(KFold(5, shuffle=True, random_state=1).split(X))

    def rmse(config: Config) -> float:
        errors = []
        for kept, held in folds:
            model = SVR(C=float(config["C"]), gamma=float(config["gamma"]), epsilon=float(config["epsilon"]))
            predicted = model.fit(X[kept], y[kept]).predict(X[held])
            errors.append(math.sqrt(float(np.mean((predicted - y[held]) ** 2))))
        return float(np.mean(errors))

    space = {"C": real(1e-2, 1e2, log=True), "gamma": real(1e-5, 1e2, log=True), "epsilon": real(1e-4, 1e2, log=True)}
    return _minimized("svr-diabetes", "page", space, rmse, SVR_BEST, SLOW_REFERENCE_POINTS)


SVR_BEST = 54.29258859293515  # of five Nelder-Mead searches: the surface is rough at the scale of .05


# --- mixed


def _rosenbrock(x: Array) -> float:
    return float(100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2) / 300.0


def _camel(x: Array) -> float:
    a, b = x
    return float((4.0 - 2.1 * a**2 + a**4 / 3.0) * a**2 + a * b + (-4.0 + 4.0 * b**2) * b**2) / 10.0


def _beale(x: Array) -> float:
    a, b = x
    return float((1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2) / 50.0


def func2c() -> Problem:
    """Two categories choose the terms of a sum over two numbers, after Ru et al. 2020 (CoCaBO, arXiv 1906.08878)."""
    terms = {"rosenbrock": _rosenbrock, "camel": _camel, "beale": _beale}
    second = {"rosenbrock": "rosenbrock", "camel": "camel", "b0": "beale", "b1": "beale", "b2": "beale"}

    def f(config: Config) -> float:
        x = 2.0 * np.array([float(config["x0"]), float(config["x1"])])
        return terms[str(config["h1"])](x) + terms[second[str(config["h2"])]](x)

    space = {"h1": categorical(*terms), "h2": categorical(*second), "x0": real(-1.0, 1.0), "x1": real(-1.0, 1.0)}
    return _minimized("func2c", "mixed", space, f, -0.20632569069797535)


def mixed_ackley() -> Problem:
    """Ten switches and three numbers on [-1, 1]: Ackley53 of Bliek et al. 2021 with fewer switches."""
    space = {f"b{i}": boolean() for i in range(10)} | {f"x{i}": real(-1.0, 1.0) for i in range(3)}
    return _minimized("mixed-ackley13", "mixed", space, lambda config: _ackley(_vector(config)), 0.0)


def integer_levy() -> Problem:
    """Levy's function of six: three are integers, two are given as powers of ten, and a category shifts the last."""
    shift = {"a": 0.0, "b": 1.5, "c": -3.0, "d": 4.0}

    def f(config: Config) -> float:
        x = [float(config[f"i{k}"]) for k in range(3)] + [math.log10(float(config[f"l{k}"])) + 3.0 for k in range(2)]
        w = 1.0 + (np.array([*x, 1.0 + shift[str(config["c"])]]) - 1.0) / 4.0
        inner = ((w[:-1] - 1.0) ** 2 * (1.0 + 10.0 * np.sin(np.pi * w[:-1] + 1.0) ** 2)).sum()
        last = (w[-1] - 1.0) ** 2 * (1.0 + np.sin(2.0 * np.pi * w[-1]) ** 2)
        return float(np.sin(np.pi * w[0]) ** 2 + inner + last)

    space = {f"i{k}": integer(-10, 10) for k in range(3)} | {f"l{k}": real(1e-6, 1e3, log=True) for k in range(2)}
    return _minimized("integer-levy6", "mixed", space | {"c": categorical(*shift)}, f, 0.0)


# --- several objectives


def _of_botorch(name: str, make: Callable[[], object], scaled: bool = True) -> Problem:
    """A test problem of BoTorch, to be minimized, with its reference point and its largest hypervolume."""
    import torch

    function = make()
    bounds: list[list[float]] = function.bounds.T.tolist()  # type: ignore[attr-defined]
    names = [f"f{k}" for k in range(function.num_objectives)]  # type: ignore[attr-defined]

    def evaluate(config: Config) -> Outcomes:
        x = torch.tensor([[float(value) for value in config.values()]], dtype=torch.float64)
        return dict(zip(names, function.evaluate_true(x)[0].tolist(), strict=True))  # type: ignore[attr-defined]

    return Problem(
        name,
        "multi",
        {f"x{i}": real(low, high) for i, (low, high) in enumerate(bounds)},
        evaluate,
        dict.fromkeys(names, "minimize"),
        reference=dict(zip(names, (-function.ref_point).abs().tolist(), strict=True)),  # type: ignore[attr-defined]
        hypervolume=float(function.max_hv),  # type: ignore[attr-defined]
    )


def _multi(name: str) -> Problem:
    from botorch.test_functions import multi_objective as made

    makes: dict[str, Callable[[], object]] = {
        "branin-currin": lambda: made.BraninCurrin(),
        "dtlz2": lambda: made.DTLZ2(dim=6, num_objectives=2),
        "vehicle-safety": lambda: made.VehicleSafety(),
    }
    return _of_botorch(name, makes[name])


# --- made for neural networks

NETWORK_BEST = {200: -9.784477443673255, 400: -11.740171497822468}
WIDTH, LAYERS, GAIN = 256, 3, 1.5


class Network:
    """A draw of a tanh network, 3 layers of 256, weights N(0, 1.5² / inputs), biases N(0, .3²), on the cube [-1, 1]."""

    def __init__(self, d: int, seed: int) -> None:
        rng, sizes = np.random.default_rng(seed), [d, *[WIDTH] * LAYERS, 1]
        shapes = list(itertools.pairwise(sizes))
        self.weights = [rng.standard_normal((a, b)) * GAIN / math.sqrt(a) for a, b in shapes]
        self.biases = [0.3 * rng.standard_normal(b) for _, b in shapes]

    def __call__(self, x: Array) -> float:
        return self.with_gradient(x)[0]

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        layers = [x]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(np.tanh(layers[-1] @ weight + bias))
        value = float((layers[-1] @ self.weights[-1] + self.biases[-1])[0])
        gradient = self.weights[-1][:, 0]
        for weight, layer in zip(self.weights[-2::-1], layers[:0:-1], strict=True):
            gradient = weight @ (gradient * (1.0 - layer**2))
        return value, gradient


def network(d: int) -> Problem:
    """Minima found by L-BFGS-B from 200 starts."""
    draw = Network(d, seed=d)
    return _minimized(f"network-{d}", "high", _cube(d, -1.0, 1.0), lambda config: draw(_vector(config)), NETWORK_BEST[d])


def nonstationary() -> Problem:
    """Mean over four dimensions of Xiong et al. 2007: wiggly on the left, smooth on the right, with a term that ties neighbours."""

    def f(config: Config) -> float:
        x = _vector(config)
        each = np.sin(30.0 * (x - 0.9) ** 4) * np.cos(2.0 * (x - 0.9)) + (x - 0.9) / 2.0
        return float(each.mean() + 0.25 * ((x[1:] - x[:-1]) ** 2).mean())

    return _minimized("nonstationary4", "high", _cube(4), f, NONSTATIONARY_BEST)


NONSTATIONARY_BEST = -0.6249989007178574  # of 800 starts


def embedded_hartmann() -> Problem:
    return _minimized("hartmann6-of-50", "high", _cube(50), lambda config: _hartmann(_vector(config)[7::7][:6]), HARTMANN_BEST)


# --- by name

MADE: dict[str, Callable[[], Problem]] = {
    "branin": branin,
    "hartmann6": hartmann6,
    "ackley10": ackley10,
    "svr-diabetes": svr_diabetes,
    "func2c": func2c,
    "mixed-ackley13": mixed_ackley,
    "integer-levy6": integer_levy,
    "branin-currin": lambda: _multi("branin-currin"),
    "dtlz2": lambda: _multi("dtlz2"),
    "vehicle-safety": lambda: _multi("vehicle-safety"),
    "network-200": lambda: network(200),
    "network-400": lambda: network(400),
    "nonstationary4": nonstationary,
    "hartmann6-of-50": embedded_hartmann,
}
GROUPS: dict[str, tuple[str, ...]] = {
    "page": ("branin", "hartmann6", "ackley10", "svr-diabetes"),
    "mixed": ("func2c", "mixed-ackley13", "integer-levy6"),
    "multi": ("branin-currin", "dtlz2", "vehicle-safety"),
    "high": ("network-200", "network-400", "nonstationary4", "hartmann6-of-50"),
}


@cache
def made(name: str) -> Problem:
    return MADE[name]()
