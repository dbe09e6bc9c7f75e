"""What can be wrong with a search space."""

from __future__ import annotations

from fits.solver import SolverError


class SpaceError(SolverError):
    """A space, or a configuration of it, breaks a rule: `where` names the parameter or key, `problem` says what was expected."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where, self.problem = where, problem


class NoFeasiblePoint(SolverError):
    """No configuration keeps every constraint."""
