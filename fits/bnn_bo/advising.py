"""`recommend`: the next configurations, what each is expected to give, and whether to go on at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fits import surrogates
from fits.acquisition.holding import Held
from fits.acquisition.proposing import Candidate, propose
from fits.acquisition.search import Exhausted
from fits.bnn_bo.choosing import behind_default
from fits.bnn_bo.learning import study_from
from fits.bnn_bo.modelling import DEFAULT, USUAL, beliefs, learned, restored
from fits.bnn_bo.predicting import expected_improvement, intervals, moments
from fits.bnn_bo.rows import value
from fits.bnn_bo.schema import Fit, OutcomeModel, Proposal, Query, Stop
from fits.bnn_bo.study import Study
from fits.solver import BadQuery, BadRow, Caution, DegenerateData, Scalar

if TYPE_CHECKING:
    from fits.space import Encoding

Array = NDArray[np.float64]

FEWEST = 6  # done trials, or d + 1 where that is fewer, below which the space is filled
CORNER = 0.8  # share of the numeric coordinates at a bound from which a proposal is in a corner
SAME = 1e-6  # of a dimension, up to which a row of the pool has a value that is held
LITTLE = 0.1  # of the noise's standard deviation: a smaller expected improvement is not worth an evaluation
LEAST = 1e-3  # of the spread of the log's middle half: the same without noise


class _Basis(NamedTuple):
    """What proposals rest on: a surrogate and its models."""

    surrogate: str
    why: str
    models: Mapping[str, OutcomeModel]


def advise(fit: Fit, query: Query, count: int) -> list[Proposal]:
    """`count` different configurations, to be evaluated together, the first being worth most.

    They are at the target fidelity, for a cheap evaluation only informs. Where `query` holds another fidelity, what is best there
    is sought.
    """
    study = study_from(fit)
    space = held(study, query.hold)
    study = study.but(fidelity=_fidelity(study, space))
    if not fit.models or int(study.done.sum()) < min(FEWEST, study.encoding.d + 1):
        return _filling(study, space, count)
    assert fit.choice is not None
    basis = _Basis(fit.choice.surrogate, fit.choice.why, fit.models)
    chosen = _searched(study, space, basis, count)
    warnings: list[Caution] = []
    if DEFAULT not in surrogates.components(basis.surrogate) and in_corner(space, chosen[0].x) and not study.pool:
        behind = behind_default(study.learnable, basis.surrogate)
        if behind > 0.0:
            message = (
                f"{basis.surrogate} proposed a corner of the space, but foretells rows held out worse than {DEFAULT} "
                f"(by {behind:.2f} nats): the proposals are those of {DEFAULT}"
            )
            warnings.append(Caution(code="corner", message=message))
            basis = _Basis(DEFAULT, "instead of a surrogate that runs to the corners", learned(study, USUAL))
            chosen = _searched(study, space, basis, count)
    proposals = [_proposal(study, basis, item) for item in chosen]
    first = {"stop": stop(study, basis.models, chosen[0].x), "warnings": warnings, "tables": tables(fit)}
    proposals[0] = proposals[0].model_copy(update=first)
    return proposals


def tables(fit: Fit) -> dict[str, list[dict[str, Scalar]]]:
    """What is known so far: the incumbents, the parameters' importance and good ranges, and how the surrogates compared."""
    found: dict[str, list[dict[str, Scalar]]] = {
        "incumbents": [{"row": item.row, **item.config, **item.measured} for item in fit.incumbents],
        "importance": [item.model_dump() for item in fit.importance],
        "ranges": [{**item.model_dump(exclude={"choices"}), "choices": ", ".join(map(str, item.choices))} for item in fit.ranges],
        "surrogates": [item.model_dump() for item in (fit.choice.scores if fit.choice else [])],
    }
    return {name: rows for name, rows in found.items() if rows}


def held(study: Study, fixed: Mapping[str, str]) -> Encoding:
    """The space at the target fidelity, or the part of it in which some parameters have a given value.

    Raises
    ------
    BadQuery
        There is no such parameter, or it cannot have this value.
    """
    places = dict(study.target)
    for name, text in fixed.items():
        if name not in study.encoding.names:
            raise BadQuery("hold", f"there is no parameter {name!r}; there are: {', '.join(study.encoding.names)}")
        i = study.encoding.names.index(name)
        axis = study.encoding.axes[i]
        try:
            wanted = value(axis.parameter, text, 0, name)
        except BadRow as error:
            raise BadQuery("hold", f"{name}={text}: expected {error.expected}") from error
        if not axis.holds(wanted):
            raise BadQuery("hold", f"{name}={text}: expected {axis.expected()}")
        places[i] = float(axis.positions([wanted])[0])
    return Held(study.encoding, places) if places else study.encoding


def _fidelity(study: Study, space: Encoding) -> float | None:
    """The fidelity at which `space` is held."""
    if study.space.fidelity is None or not isinstance(space, Held):
        return None
    i = study.encoding.names.index(study.space.fidelity.parameter)
    return float(str(study.encoding.axes[i].decoded(np.array([space.fixed[i]]))[0]))


def _searched(study: Study, space: Encoding, basis: _Basis, count: int) -> list[Candidate]:
    running = np.array([trial.status == "pending" for trial in study.ordered], dtype=bool)
    try:
        return propose(
            beliefs(study, basis.models),
            space,
            count,
            avoid=study.X,
            pending=study.X[running],
            pool=_pool(study, space),
            seed=study.seed,
        )
    except Exhausted as error:
        raise _exhausted(study) from error


def _pool(study: Study, space: Encoding) -> Array | None:
    """The rows of the pool in the part of the space that is asked for, within the limits on what is known; None without a pool.

    Raises
    ------
    DegenerateData
        There is no such row.
    """
    pool = study.candidates
    if pool is None:
        return None
    found = pool[(np.abs(space.round(pool) - pool) < SAME).all(axis=1) & study.allowed(pool)]
    if not len(found):
        raise DegenerateData("no row of the pool has what is held and keeps the limits on what is known", remedy="hold less")
    return found


def _filling(study: Study, space: Encoding, count: int) -> list[Proposal]:
    """Points that fill the space, each as far as can be from the trials and from those before it."""
    pool, taken = _pool(study, space), study.X
    points = _sequence(space, taken, count, study.seed) if pool is None else pool
    n = int(study.done.sum())
    why = f"{n or 'no'} trials {'are too few for a model' if n else 'are done'}: this fills the space"
    found: list[Proposal] = []
    for _ in range(count):
        left = points[~space.is_duplicate(points, taken)]
        if not len(left):
            if not found:
                raise _exhausted(study)
            break
        x = left[int(np.argmax(space.distances(left, taken).min(axis=1)))] if len(taken) else left[0]
        taken = np.vstack([taken, x])
        expected = {name: intervals(study, {}, name, x[None], noisy=True)[0] for name in study.known if name in study.goal.outcomes}
        config = study.config(x)
        found.append(Proposal(config=config, expected=expected, why=why, surrogate=None, acquisition=None, improves=None))
    return found


def _sequence(space: Encoding, taken: Array, count: int, seed: int) -> Array:
    """Twice as many points as will be taken: the farthest of many more would all lie at the edge."""
    points = space.sample(max(8, 2 * (len(taken) + count)), seed)
    left = ~space.is_duplicate(points, taken)
    return points if left.sum() >= count else space.sample(max(256, 4 * count), seed)


def _exhausted(study: Study) -> DegenerateData:
    where = "the pool" if study.pool is not None else "the space"
    return DegenerateData(
        f"every configuration of {where} was evaluated or is pending", remedy="widen it, or stop: the incumbent is its best"
    )


def in_corner(space: Encoding, x: Array) -> bool:
    """Whether a point has nearly all its numeric coordinates, three or more, at a bound."""
    numeric = [i for i in range(space.d) if i not in space.levels and i not in space.discrete]
    at_bound = [min(x[i], 1.0 - x[i]) < 1e-6 for i in numeric]
    return len(numeric) >= 3 and sum(at_bound) >= CORNER * len(numeric)


def _proposal(study: Study, basis: _Basis, candidate: Candidate) -> Proposal:
    x, improves = candidate.x[None], None
    names = [name for name in study.goal.outcomes if name in basis.models or name in study.known]
    if len(study.goal.objectives) == 1 and study.kept.any():
        model = restored(study, basis.models, study.goal.objectives[0].name)
        mean, variance = moments(model, x)
        best = moments(model, study.X[study.kept])[0].max()
        improves = float(ndtr((mean[0] - best) / max(variance[0] ** 0.5, 1e-12)))
    how = "best in a sample of" if candidate.sampled else "largest expected improvement under"
    return Proposal(
        config=study.config(x[0]),
        expected={name: intervals(study, basis.models, name, x, noisy=True)[0] for name in names},
        why=f"{how} {basis.surrogate}: {basis.why}",
        surrogate=basis.surrogate,
        acquisition=candidate.value if np.isfinite(candidate.value) else None,
        improves=improves,
    )


def stop(study: Study, models: Mapping[str, OutcomeModel], x: Array) -> Stop:
    """Whether the best next evaluation can be expected to bring more than a tenth of the noise, or a thousandth of the spread."""
    if len(study.goal.objectives) > 1 or not study.kept.any():
        return Stop(
            verdict="cannot tell", expected_improvement=None, noise=None, why="told for a single objective with a row that counts"
        )
    name = study.goal.objectives[0].name
    its, model = models[name], restored(study, models, name)
    mean, variance = moments(model, x[None])
    best = float(moments(model, study.X[study.kept])[0].max())
    gain = expected_improvement(its, float(mean[0]), float(variance[0]), best)
    here = float(its.scale.back(np.array(best)))
    noise = float(its.state["noise"]) ** 0.5 / float(its.scale.slope(np.array(here)))
    least = max(LITTLE * noise, LEAST * its.scale.size)
    verdict = "stop" if gain < least else "go on"
    why = f"one more evaluation is expected to improve {name} by {gain:.3g}; its noise is about {noise:.3g}"
    return Stop(verdict=verdict, expected_improvement=gain, noise=noise, why=why)
