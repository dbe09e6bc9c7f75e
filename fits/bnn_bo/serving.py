"""`advisor serve bnn-bo`: ask for a configuration, tell what it gave; the imports are paid once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fits.bnn_bo.advising import advise
from fits.bnn_bo.learning import fitted, goal_of, pool_of
from fits.bnn_bo.problem import Goal, goal
from fits.bnn_bo.schema import Fit, PolicyOptions, Query, Row, Trial
from fits.bnn_bo.study import Study
from fits.solver import BadQuery, Scalar, UnknownId
from fits.space import Space
from fits.surrogates.numerics import numerics


class Policy:
    """A study that grows by one trial a tell. A decision that waits for its outcome is pending, so that it is not made again."""

    def __init__(self, space: Space, sought: Goal, trials: list[Trial], pool: list[Row] | None, surrogate: str, seed: int) -> None:
        self.space, self.goal, self.pool, self.surrogate, self.seed = space, sought, pool, surrogate, seed
        self.trials = {trial.row: trial for trial in trials}
        self.next_id = max(self.trials, default=0) + 1

    def ask(self, query: Mapping[str, Any]) -> tuple[int, dict[str, Scalar]]:
        """The next configuration; `query` may hold ``{"hold": {...}}``."""
        if not query.keys() <= {"hold"} or not isinstance(query.get("hold", {}), dict):
            raise BadQuery("hold", 'a question may hold {"hold": {parameter: value}}')
        held = {str(name): str(value) for name, value in query.get("hold", {}).items()}
        study = Study(self.space, self.goal, list(self.trials.values()), self.pool, self.seed)
        with numerics():
            fit = fitted(study, self.surrogate, guesses=[], explained=False)
            config = advise(fit, Query(hold=held), 1)[0].config
        id_ = self.next_id
        self.trials[id_] = Trial(row=id_, config=config, status="pending")
        self.next_id += 1
        return id_, config

    def tell(self, id_: int, outcome: Mapping[str, Any]) -> None:
        """`outcome` holds a number for every outcome, or ``{"failed": true}``."""
        trial = self.trials.get(id_)
        if trial is None or trial.status != "pending":
            raise UnknownId(id_, "waits for no outcome")
        if dict(outcome) == {"failed": True}:
            self.trials[id_] = trial.model_copy(update={"status": "failed"})
            return
        wanted = self.goal.measured
        for name in wanted:
            value = outcome.get(name)
            expected: str | None = "a finite number"
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                expected = self.goal.wrong(name, value)
            if expected is not None:
                raise BadQuery(name, f"expected {expected}, or {{'failed': true}} for the whole trial (got {value!r})")
        unknown = outcome.keys() - set(wanted)
        if unknown:
            raise BadQuery(min(unknown), f"unknown; there are: {', '.join(wanted)}")
        self.trials[id_] = trial.model_copy(update={"status": "done", "outcomes": {name: float(outcome[name]) for name in wanted}})

    def state(self) -> dict[str, Any]:
        return {"next_id": self.next_id, "trials": [trial.model_dump(mode="json") for trial in self.trials.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.trials = {trial.row: trial for trial in map(Trial.model_validate, state["trials"])}
        self.next_id = int(state["next_id"])


def start(options: PolicyOptions, fit: Fit | None, state: dict[str, Any] | None) -> Policy:
    """A new study, one that begins with the trials of `fit`, or one that goes on from `state`.

    Raises
    ------
    BadQuery
        Neither a space nor a fit is given, or no objective.
    """
    if fit is not None:
        policy = Policy(fit.space, goal_of(fit), list(fit.trials), fit.pool, options.surrogate, options.seed)
    else:
        if options.space is None:
            raise BadQuery("space", "a loop needs --space, or --fit with what was tried before")
        policy = Policy(options.space, goal(options), [], pool_of(options.pool, options.space), options.surrogate, options.seed)
    if state is not None:
        policy.restore(state)
    return policy
