"""Which relaxation parameter for the next linear system: bandits over a sequence of solves (arXiv 2310.02246, 2509.08765)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fits.sor.policy import Policy

__all__ = ["Policy"]


def __getattr__(name: str) -> object:
    """Import the policy when it is asked for: the schema beside it must not load numpy."""
    if name == "Policy":
        from fits.sor.policy import Policy

        return Policy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
