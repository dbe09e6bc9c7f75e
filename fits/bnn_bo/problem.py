"""What is sought: objectives, limits and cost, from the options and the space file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fits.bnn_bo.schema import Limit, Objective
from fits.solver import BadQuery

if TYPE_CHECKING:
    from fits.bnn_bo.schema import _Problem as Options

_LIMIT = re.compile(r"(.+?)\s*(<=|>=|=<|=>|<|>)\s*(\S+)")


class Goal(NamedTuple):
    """What the outcomes of an evaluation mean."""

    objectives: list[Objective]
    limits: list[Limit]
    cost: str | None

    @property
    def outcomes(self) -> list[str]:
        """The columns that are read as numbers, each once."""
        names = [*(item.name for item in self.objectives), *(item.name for item in self.limits)]
        return list(dict.fromkeys([*names, *([self.cost] if self.cost else []), *(o.noise for o in self.objectives if o.noise)]))


def goal(options: Options) -> Goal:
    """The goal that the options state; what they leave open the space states.

    Raises
    ------
    BadQuery
        There is no objective, one column has two directions, or a limit cannot be read.
    """
    space = options.space
    objectives = [Objective(name=name, maximize=False) for name in options.minimize]
    objectives += [Objective(name=name, maximize=True) for name in options.maximize]
    if not objectives and space is not None:
        objectives = [
            Objective(name=name, maximize=its.direction == "maximize", reference=its.reference, noise=its.noise)
            for name, its in space.objectives.items()
        ]
    names = [item.name for item in objectives]
    if not names:
        raise BadQuery("minimize", "say which column is to be made small (--minimize COLUMN) or large (--maximize COLUMN)")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadQuery("minimize", f"{twice!r} is named twice")
    if options.noise is not None:
        if len(objectives) > 1:
            raise BadQuery("noise", "names the standard error of a single objective; of several, say it in the space file")
        objectives = [objectives[0].model_copy(update={"noise": options.noise})]
    limits = [limit(text) for text in [*options.limit, *(space.outcome_constraints if space is not None else [])]]
    cost = options.cost or (space.cost if space is not None else None)
    return Goal(objectives, limits, cost)


def limit(text: str) -> Limit:
    """Read ``latency <= 100``.

    Raises
    ------
    BadQuery
        It has another form.
    """
    match = _LIMIT.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        return Limit(name=match[1], sense="<=" if "<" in match[2] else ">=", bound=float(match[3]))
    except ValueError as error:
        raise BadQuery("limit", f"expected a rule such as 'latency <= 100' (got {text!r})") from error
