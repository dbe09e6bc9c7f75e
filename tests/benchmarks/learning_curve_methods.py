"""The methods that the benchmark compares, behind one form: what each says of the curves of a case."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
from learning_curve_cases import Array, Case, crossing
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

from fits.learning_curve.between import NORMAL
from fits.learning_curve.families import combine, fit_many
from fits.learning_curve.meta import LONGEST, Model, forecast
from fits.learning_curve.quantiles import LEVELS, chance_below, reach, standing
from fits.learning_curve.trace import trace

FIVE = ("pow3", "pow4", "mmf4", "wbl4", "expp3")
NEAR, FAR = np.geomspace(1.0, LONGEST, 33)[1:], np.geomspace(LONGEST, 1000.0, 33)[1:]  # positions in units of the last x
NEVER = 0.05  # a smaller chance of an arrival is a "never"


@dataclass(frozen=True)
class Answer:
    """What a method says of the S curves of a case.

    Attributes
    ----------
    value : (S,) at the end.
    pick : (S,) the best learner is the lowest of these.
    stop : (S,) whether less than a point is still to gain.
    arrival : (S,) x where the target is reached, NaN without an answer.
    never : (S,) whether the target is said never to be reached.
    interval : (S, 2) of 90 % for the value at the end; None without.
    silent : (S,) where the method has no forecast and the last value stands in.
    """

    value: Array
    pick: Array
    stop: np.ndarray
    arrival: Array
    never: np.ndarray
    interval: Array | None = None
    silent: np.ndarray | None = None


def answers(case: Case, model: Model, point: float) -> dict[str, Answer]:
    """Every method but trace, by name. `model` has not seen the data set; `point` is the gain that is worth going on for."""
    at = np.concatenate([[case.end], case.x[-1] * NEAR, case.x[-1] * FAR])
    near = at[: 1 + len(NEAR)]
    families = {name: fit.predict(at) for name, fit in fit_many(case.x, case.ys, None, 0.0, 1.0).items()}
    curves = {"last value": np.repeat(case.last[:, None], len(at), axis=1)}
    curves |= {name: curve for name, curve in families.items() if name != "last1"}
    curves["median of five"] = np.median([families[name] for name in FIVE], axis=0)
    curves["log-log line"] = log_log_line(case.x, case.ys, at)
    out = {name: of_curves(case, at, curve, point) for name, curve in curves.items()}
    out["Gaussian process (scikit-learn)"] = by_gaussian_process(case, near, point)
    out["mixture"] = of_quantiles(case, near, combine(case.x, case.ys, 0.0, 1.0).quantiles(near, LEVELS), point)
    out["meta"] = of_quantiles(case, near, forecast(case.x, case.ys, near, se=case.se, model=model).quantiles, point)
    return out


def by_trace(case: Case, point: float) -> Answer:
    """The trace method; the last value where it has no prediction level."""
    at = np.concatenate([[case.end], case.x[-1] * NEAR, case.x[-1] * FAR])
    trends = [trace(case.x, 100.0 * (1.0 - y)).trend for y in case.ys]
    curves = [np.full(len(at), y[-1]) if t is None else 1.0 - t.at(at) / 100.0 for y, t in zip(case.ys, trends, strict=True)]
    answer = of_curves(case, at, np.clip(curves, 0.0, 1.0), point)
    return replace(answer, silent=np.array([trend is None for trend in trends]))


def by_gaussian_process(case: Case, at: Array, point: float) -> Answer:
    """Scikit-learn's Gaussian process over ln x: a line, a smooth departure from it, and noise, by largest likelihood."""
    seen, ahead = np.log(case.x / case.x[-1])[:, None], np.log(at / case.x[-1])[:, None]
    rows = []
    for y in case.ys:
        kernel = ConstantKernel() * DotProduct() + ConstantKernel() * RBF(2.0) + WhiteKernel(0.01, (1e-6, 1.0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            process = GaussianProcessRegressor(kernel, normalize_y=True).fit(seen, y)
        mean, sd = process.predict(ahead, return_std=True)
        rows.append(np.clip(mean[:, None] + sd[:, None] * NORMAL, 0.0, 1.0))
    return replace(of_quantiles(case, at, np.stack(rows), point), pick=np.stack(rows)[:, 0, 2])


def of_curves(case: Case, at: Array, curves: Array, point: float) -> Answer:
    """From point forecasts (S, m) at `at`: the end first, then ascending."""
    x = np.concatenate([case.x[-1:], at[1:]])
    paths = np.concatenate([case.last[:, None], curves[:, 1:]], axis=1)
    arrival = np.array([crossing(x, path, target) for path, target in zip(paths, case.target, strict=True)])
    value = curves[:, 0]
    return Answer(value, value, case.last - value < point, arrival, np.isnan(arrival))


def of_quantiles(case: Case, at: Array, q: Array, point: float) -> Answer:
    """From quantiles (S, m, 5) at `at`: the end first, then ascending. Decisions as `recommend` makes them."""
    x = np.concatenate([case.x[-1:], at[1:]])
    now = np.repeat(case.last[:, None, None], len(LEVELS), axis=2)
    found = [reach(x, path, target) for path, target in zip(np.concatenate([now, q[:, 1:]], axis=1), case.target, strict=True)]
    arrival = np.array([np.nan if one.typical is None else one.typical for one in found])
    return Answer(
        value=q[:, 0, LEVELS.index(0.5)],
        pick=standing(q[:, 0], case.last),
        stop=chance_below(q[:, 0], case.last - point) < 0.5,
        arrival=arrival,
        never=np.array([one.chance < NEVER for one in found]),
        interval=q[:, 0][:, [0, -1]],
    )


def log_log_line(x: Array, ys: Array, at: Array) -> Array:
    """A straight line through ln y over ln x, from the second half of the observations: (S, m)."""
    half = len(x) // 2
    slope, level = np.polyfit(np.log(x[half:]), np.log(np.maximum(ys[:, half:], 1e-4)).T, 1)
    return np.asarray(np.clip(np.exp(level[:, None] + slope[:, None] * np.log(at)), 0.0, 1.0))
