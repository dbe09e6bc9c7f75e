"""What an outcome must keep, as people write it: ``latency <= 100``."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

from fits.space.errors import shown

_RELATION = re.compile(r"(<=|>=|=<|=>|<|>)")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class OutcomeConstraint(NamedTuple):
    """``name sense bound``; a strict relation is read as the one that holds equality too."""

    name: str
    sense: Literal["<=", ">="]
    bound: float


def parse(text: str) -> OutcomeConstraint:
    """Read an outcome's name, a relation and a number, in this order.

    Raises
    ------
    ValueError
        It has another form, or the number is not finite.
    """
    parts = [part.strip() for part in _RELATION.split(text)]
    if len(parts) != 3 or not parts[0] or not _NUMBER.fullmatch(parts[2]):
        raise ValueError(f"expected a rule such as 'latency <= 100' (got {shown(text)})")
    name, relation, bound = parts[0], parts[1], float(parts[2])
    if not math.isfinite(bound):
        raise ValueError(f"the number in {shown(text)} is not finite")
    return OutcomeConstraint(name, "<=" if "<" in relation else ">=", bound)
