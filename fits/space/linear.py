"""Linear constraints as people write them: ``x1 + 2*x2 <= 100``, ``x < y``, ``(a + b)/2 + c == 1``; read, never evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from fits.space.errors import shown

Sense = Literal["<=", "=="]
Sum = dict[str, float]
"""Weight of each parameter; that of "" is the constant."""

LONGEST = 100_000  # characters
DEEPEST = 50  # brackets within brackets
_RELATIONS = ("<=", ">=", "==", "=<", "=>", "<", ">", "=")
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Linear:
    """``sum(coefficient * parameter) sense bound``; a strict relation is read as the one that holds equality too."""

    coefficients: Mapping[str, float]
    sense: Sense
    bound: float
    text: str


def parse(text: str, names: Iterable[str]) -> Linear:
    """Read a constraint over the parameters `names`, which may hold any characters.

    A name stands as it is or in quotes; of two names that fit, the longer one is meant. A name that is a number, or has no letter,
    needs the quotes.

    Raises
    ------
    ValueError
        It is not one linear relation, or names no parameter.
    """
    reader = _reader(text, names)
    left = reader.sum()
    relation = reader.take(*_RELATIONS)
    if relation is None:
        raise reader.expected("an operator or one relation such as '<='")
    right = reader.sum()
    if reader.take(*_RELATIONS):
        raise reader.error("expected one relation, found two: write two constraints")
    if reader.token.kind != "end":
        raise reader.expected("an operator or the end")
    sign = -1.0 if ">" in relation else 1.0
    total = _added(_scaled(left, sign), _scaled(right, -sign))
    if not all(map(math.isfinite, total.values())):
        raise reader.error("a number is not finite")
    bound = -total.pop("", 0.0) + 0.0
    coefficients = {name: weight for name, weight in total.items() if weight}
    if not coefficients:
        raise reader.error("no parameter counts")
    return Linear(coefficients, "==" if relation in ("==", "=") else "<=", bound, text)


def expression(text: str, names: Iterable[str]) -> Sum:
    """Read one side of a constraint: a sum such as ``2*x + 3*y + 10``.

    Raises
    ------
    ValueError
        It is not one linear sum, or names no parameter.
    """
    reader = _reader(text, names)
    total = reader.sum()
    if reader.token.kind != "end":
        raise reader.expected("an operator or the end")
    if not all(map(math.isfinite, total.values())):
        raise reader.error("a number is not finite")
    if not any(name and weight for name, weight in total.items()):
        raise reader.error("no parameter counts")
    return total


def _reader(text: str, names: Iterable[str]) -> _Reader:
    if len(text) > LONGEST:
        raise ValueError(f"a constraint has at most {LONGEST:,} characters (got {len(text):,})")
    return _Reader(text, list(names))


class _Token(NamedTuple):
    kind: Literal["number", "name", "sign", "end"]
    text: str


class _Reader:
    """Reads sums of products from left to right; `token` is what comes next."""

    def __init__(self, text: str, names: list[str]) -> None:
        self._text, self._depth = text, 0
        self._tokens = self._split(names)
        self.token = next(self._tokens)

    def take(self, *signs: str) -> str | None:
        """The next token, gone past, where it is one of the signs."""
        return self._past() if self.token.kind == "sign" and self.token.text in signs else None

    def error(self, problem: str) -> ValueError:
        """What is wrong, with the constraint."""
        return ValueError(f"{problem} (in {shown(self._text)})")

    def expected(self, what: str) -> ValueError:
        """What should have come next."""
        return self.error(f"expected {what}, found {'the end' if self.token.kind == 'end' else shown(self.token.text)}")

    def sum(self) -> Sum:
        """Products with plus or minus between them."""
        total = self._product()
        while sign := self.take("+", "-"):
            total = _added(total, _scaled(self._product(), -1.0 if sign == "-" else 1.0))
        return total

    def _product(self) -> Sum:
        """Factors of which at most one is no number."""
        total = self._factor()
        while sign := self.take("*", "/"):
            factor = self._factor()
            if sign == "/":
                if not (divisor := _number(factor)):
                    raise self.error("expected a number other than 0 after '/'")
                total = {name: weight / divisor for name, weight in total.items()}
            elif (number := _number(factor)) is not None:
                total = _scaled(total, number)
            elif (number := _number(total)) is not None:
                total = _scaled(factor, number)
            else:
                raise self.error("expected a linear relation, found a product of parameters")
        return total

    def _factor(self) -> Sum:
        """A number, a parameter or a sum in brackets, perhaps with signs before it."""
        sign = 1.0
        while taken := self.take("+", "-"):
            sign = -sign if taken == "-" else sign
        if self.token.kind == "number":
            return {"": sign * float(self._past())}
        if self.token.kind == "name":
            return {self._past(): sign}
        if not self.take("("):
            raise self.expected("a number or a parameter")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(f"expected at most {DEEPEST} brackets within brackets")
        total = self.sum()
        if not self.take(")"):
            raise self.expected("an operator or a closing bracket")
        self._depth -= 1
        return _scaled(total, sign)

    def _past(self) -> str:
        text, self.token = self.token.text, next(self._tokens)
        return text

    def _split(self, names: list[str]) -> Iterator[_Token]:
        bare = sorted(filter(_stands_bare, names), key=len, reverse=True)
        token = re.compile(
            rf"\s*(?:(?P<name>{'|'.join(map(re.escape, bare)) or '(?!)'})(?![\w.])|(?P<number>{_NUMBER})(?![\w.])"
            rf"|(?P<quote>[\"'`])(?P<quoted>.+?)(?P=quote)|(?P<word>[\w.]+)|(?P<sign>{'|'.join(_RELATIONS)}|\S))"
        )
        for match in token.finditer(self._text):
            unknown = match["word"] or match["quoted"]
            if unknown and unknown not in names:
                there_are = f"; there are: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}" if names else ""
                raise self.error(f"there is no parameter {shown(unknown)}{there_are}")
            kind: Literal["number", "sign", "name"] = "number" if match["number"] else "sign" if match["sign"] else "name"
            yield _Token(kind, match["number"] or match["sign"] or match["name"] or unknown)
        while True:
            yield _Token("end", "")


def _stands_bare(name: str) -> bool:
    """Whether a name cannot be taken for a number or a sign."""
    return any(char.isalpha() or char == "_" for char in name) and not re.fullmatch(_NUMBER, name)


def _number(total: Sum) -> float | None:
    """The number that a sum is; None where it holds a parameter."""
    return total.get("", 0.0) if total.keys() <= {""} else None


def _added(a: Sum, b: Sum) -> Sum:
    return {name: a.get(name, 0.0) + b.get(name, 0.0) for name in {**a, **b}}


def _scaled(total: Sum, factor: float) -> Sum:
    return {name: weight * factor for name, weight in total.items()}
