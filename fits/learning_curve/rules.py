"""What a user may write as a rule of stopping."""

from __future__ import annotations

import re
from typing import NamedTuple

_RULE = re.compile(r"\s*gain\s*<=?\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*(%?)\s*", re.IGNORECASE)


class Threshold(NamedTuple):
    """The gain below which training is not worth it: in units of the score, or relative to the present score."""

    amount: float
    relative: bool

    def of(self, current: float) -> float:
        """The gain in units of the score, for a present score."""
        return self.amount * abs(current) if self.relative else self.amount


def gain_below(text: str) -> str:
    """`text`, if it is a rule.

    Raises
    ------
    ValueError
        It is none.
    """
    threshold(text)
    return text


def threshold(text: str) -> Threshold:
    """The threshold of a rule such as ``gain < 0.01`` or ``gain < 1%``.

    Raises
    ------
    ValueError
        The text is no such rule.
    """
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError("must be a rule such as 'gain < 0.01' or 'gain < 1%'")
    relative = found[2] == "%"
    return Threshold(float(found[1]) / (100.0 if relative else 1.0), relative)
