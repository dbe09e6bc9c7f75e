"""Search spaces from plain data of anybody's: our own form, Optuna's distributions, or Ax's parameters."""

from __future__ import annotations

from collections.abc import Mapping

from fits.space.ax_form import from_ax, from_ax_experiment
from fits.space.checked import checked
from fits.space.errors import SpaceError
from fits.space.model import Space
from fits.space.optuna_form import from_optuna, is_distribution

__all__ = ["from_ax", "from_optuna", "read"]


def read(content: object) -> Space:
    """The space that plain data describes in any of the three forms.

    Raises
    ------
    SpaceError
        For the first thing wrong.
    """
    if isinstance(content, list):
        return from_ax(content)
    if not isinstance(content, Mapping):
        raise SpaceError("the space", "must be a table with the key parameters")
    parameters = content.get("parameters")
    if isinstance(parameters, list):
        return from_ax_experiment(content)
    if "parameters" not in content and content and all(map(is_distribution, content.values())):
        return from_optuna(content)
    if "parameters" not in content and content and all(isinstance(its, Mapping) and "type" in its for its in content.values()):
        raise SpaceError("parameters", "is missing: put the parameters under this key, as in [parameters.lr]")
    return checked(content)
