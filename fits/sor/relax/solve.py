"""What a solve gives, and the ways it can end."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fits.sor.relax.matrix import Array

Reason = Literal["converged", "cap", "diverged", "not positive definite"]
ENDINGS: tuple[Reason, ...] = ("cap", "converged", "diverged", "not positive definite")  # by the codes of the kernels
RUNNING, CONVERGED, DIVERGED, INDEFINITE = range(4)
# SOR on a symmetric positive definite matrix never raises the energy norm of the error, so |r_k| <= sqrt(cond A) |r_0|: more
# growth than this means another matrix, or a condition number beyond 1e8.
GROWTH = 1e4


class Solve(NamedTuple):
    """What a solve gave.

    Attributes
    ----------
    x : (n,) the last iterate, whatever the reason for stopping.
    iterations : the first k with |r_k| < tolerance · reference, or how many were made.
    residual : |r_k| / reference.
    reference : |r_0| unless the caller gave one; hand it on to go on with the same system under another omega.
    reason : "converged", "cap", "diverged" (not finite, or grown by the factor `growth`) or "not positive definite" (seen by CG).
    """

    x: Array
    iterations: int
    residual: float
    reference: float
    reason: Reason

    @property
    def converged(self) -> bool:
        """Whether the tolerance was reached."""
        return self.reason == "converged"

    @property
    def diverged(self) -> bool:
        """Whether going on was hopeless."""
        return self.reason in ("diverged", "not positive definite")
