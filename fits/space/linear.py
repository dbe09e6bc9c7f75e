"""Linear constraints as people write them: ``x1 + 2*x2 <= 100``, ``x < y``, ``a + b + c == 1``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Sense = Literal["<=", "=="]

_RELATION = re.compile(r"<=|>=|==|=<|=>|<|>|=")
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_WORD = re.compile(rf"\s*[+-]?\s*(?:(?:{_NUMBER})\s*\*\s*)?([^\W\d][\w.]*)")


@dataclass(frozen=True)
class Linear:
    """``sum(coefficient * parameter) sense bound``; a strict relation is read as the one that holds equality too."""

    coefficients: Mapping[str, float]
    sense: Sense
    bound: float
    text: str

    def excess(self, values: Mapping[str, float]) -> float:
        """By how much the left side is above the bound."""
        return sum(weight * values[name] for name, weight in self.coefficients.items()) - self.bound


def parse(text: str, names: Iterable[str]) -> Linear:
    """Read a constraint over the parameters `names`, which may hold any characters.

    Raises
    ------
    ValueError
        It is not linear, or names no parameter.
    """
    sides = _RELATION.split(text)
    if len(sides) != 2:
        raise ValueError(f"expected one relation such as 'x + 2*y <= 10' (got {text!r})")
    relation = _RELATION.findall(text)[0]
    known = sorted(names, key=len, reverse=True)
    left, right = (_side(side, known, text) for side in sides)
    sign = -1.0 if ">" in relation else 1.0
    coefficients: dict[str, float] = {}
    for side, direction in ((left, sign), (right, -sign)):
        for name, weight in side.items():
            coefficients[name] = coefficients.get(name, 0.0) + direction * weight
    bound = -coefficients.pop("", 0.0)
    coefficients = {name: weight for name, weight in coefficients.items() if weight}
    if not coefficients:
        raise ValueError(f"no parameter counts in {text!r}")
    return Linear(coefficients, "==" if relation in ("==", "=") else "<=", bound + 0.0, text)


def _side(side: str, names: list[str], text: str) -> dict[str, float]:
    """Weight of each parameter on one side, that of "" being the constant."""
    name = "|".join(map(re.escape, names)) or r"(?!)"
    edge = r"(?![\w.])"
    term = re.compile(
        rf"\s*([+-]?)\s*(?:({_NUMBER})\s*\*\s*({name}){edge}|({name}){edge}\s*\*\s*({_NUMBER})|({name}){edge}\s*/\s*({_NUMBER})|({name}){edge}|({_NUMBER}))\s*"
    )
    weights: dict[str, float] = {}
    place = 0
    while place < len(side.rstrip()):
        match = term.match(side, place)
        if match is None or (place and not match[1]):
            unknown = _WORD.match(side, place)
            if match is None and unknown and unknown[1] not in names:
                raise ValueError(f"there is no parameter {unknown[1]!r} (in {text!r}); there are: {', '.join(names)}")
            raise ValueError(f"expected a sum of numbers and multiples of parameters (got {side.strip()!r} in {text!r})")
        sign = -1.0 if match[1] == "-" else 1.0
        if match[2]:
            key, weight = match[3], float(match[2])
        elif match[4]:
            key, weight = match[4], float(match[5])
        elif match[6]:
            key, weight = match[6], 1.0 / (float(match[7]) or math.nan)
        elif match[8]:
            key, weight = match[8], 1.0
        else:
            key, weight = "", float(match[9])
        weights[key] = weights.get(key, 0.0) + sign * weight
        if not math.isfinite(weights[key]):
            raise ValueError(f"a number in {text!r} is not finite")
        place = match.end()
    if not weights:
        raise ValueError(f"one side of {text!r} is empty")
    return weights
