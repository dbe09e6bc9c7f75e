"""What can be wrong with a search space."""

from __future__ import annotations

from fits.solver import DegenerateData, SolverError


class SpaceError(SolverError):
    """A space, or a configuration of it, breaks a rule: `where` names the parameter or key, `problem` says what was expected."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where, self.problem = where, problem


class NoFeasiblePoint(DegenerateData):
    """No configuration keeps every constraint."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, remedy="loosen a constraint of the space")


def shown(value: object, most: int = 80) -> str:
    """A value as an error shows it, cut to `most` characters."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."
