"""What is sought: objectives, limits and cost, from the options and the space file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fits.bnn_bo.schema import Limit, Objective
from fits.solver import BadQuery
from fits.space import outcome_constraint

if TYPE_CHECKING:
    from fits.bnn_bo.schema import _Problem as Options
    from fits.space import Space


LARGEST = 1e305  # of an outcome: differences of larger ones overflow


class Goal(NamedTuple):
    """What the outcomes of an evaluation mean; those that are `known` follow from the configuration."""

    objectives: list[Objective]
    limits: list[Limit]
    cost: str | None
    known: frozenset[str] = frozenset()

    @property
    def outcomes(self) -> list[str]:
        """All columns that count, each once."""
        names = [*(item.name for item in self.objectives), *(item.name for item in self.limits)]
        return list(dict.fromkeys([*names, *([self.cost] if self.cost else []), *(o.noise for o in self.objectives if o.noise)]))

    @property
    def measured(self) -> list[str]:
        """Those of them that are read from the log."""
        return [name for name in self.outcomes if name not in self.known]

    def wrong(self, name: str, value: float) -> str | None:
        """What was expected of an outcome instead of this value; None where nothing is wrong with it."""
        if name == self.cost and not value > 0.0:
            return "a number above 0, as a cost"
        if value < 0.0 and any(name == item.noise for item in self.objectives):
            return "a number that is not negative, as a standard error"
        return None if abs(value) <= LARGEST else f"a number between -{LARGEST:g} and {LARGEST:g}"


def goal(options: Options) -> Goal:
    """The goal that the options state; what they leave open the space states.

    Raises
    ------
    BadQuery
        There is no objective, one column has two directions, a limit cannot be read, or a pool is missing that says what is known.
    """
    space = options.space
    directions = [*((name, False) for name in options.minimize), *((name, True) for name in options.maximize)]
    if not directions and space is not None:
        directions = [(name, its.direction == "maximize") for name, its in space.objectives.items()]
    objectives = [_objective(name, space, maximize=maximize) for name, maximize in directions]
    names = [item.name for item in objectives]
    if not names:
        raise BadQuery("minimize", "say which column is to be made small (--minimize COLUMN) or large (--maximize COLUMN)")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadQuery("minimize", f"{twice!r} is named twice")
    if space is not None and (clash := next((name for name in names if name in space.parameters), None)) is not None:
        raise BadQuery("minimize", f"{clash!r} is a parameter of the space")
    known = known_names(space)
    if options.noise is not None:
        modelled = [item for item in objectives if item.name not in known]
        if len(modelled) != 1:
            raise BadQuery("noise", "names the standard error of a single objective; of several, say it in the space file")
        objectives = [item.model_copy(update={"noise": options.noise}) if item in modelled else item for item in objectives]
    limits = [limit(text) for text in [*options.limit, *(space.outcome_constraints if space is not None else [])]]
    cost = options.cost or (space.cost if space is not None else None)
    sought = Goal(objectives, limits, cost, known)
    _check_known(sought, options)
    return sought


def of_space(space: Space) -> Goal:
    """The goal that a space states by itself."""
    objectives = [_objective(name, space, maximize=its.direction == "maximize") for name, its in space.objectives.items()]
    return Goal(objectives, [limit(text) for text in space.outcome_constraints], space.cost, known_names(space))


def known_names(space: Space | None) -> frozenset[str]:
    """The outcomes that a space says are known."""
    return frozenset(name for name, its in space.objectives.items() if its.known) if space is not None else frozenset()


def _objective(name: str, space: Space | None, *, maximize: bool) -> Objective:
    """With what the space says of this column."""
    its = space.objectives.get(name) if space is not None else None
    if its is None:
        return Objective(name=name, maximize=maximize)
    return Objective(name=name, maximize=maximize, reference=its.reference, noise=its.noise)


def _check_known(sought: Goal, options: Options) -> None:
    if sought.known.issuperset([*(item.name for item in sought.objectives), *(item.name for item in sought.limits)]):
        raise BadQuery("minimize", "every outcome is known: there is nothing to be learned from an evaluation")
    for name, its in (options.space.objectives if options.space is not None else {}).items():
        if its.known is True and name in sought.outcomes and options.pool is None:
            raise BadQuery("pool", f'{name} is known: give a pool with a column of this name, or write known = "2*x + 3*y"')


def limit(text: str) -> Limit:
    """Read ``latency <= 100``.

    Raises
    ------
    BadQuery
        It has another form.
    """
    try:
        rule = outcome_constraint.parse(text)
    except ValueError as error:
        raise BadQuery("limit", str(error)) from error
    return Limit(name=rule.name, sense=rule.sense, bound=rule.bound)
