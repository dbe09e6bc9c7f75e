"""Text to checked numbers: what a cell of a role may hold, and where the first bad one stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.errors import LogError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_EXACT = 2.0**53  # beyond this a float64 does not hold every integer
_BOUNDS: dict[str, tuple[str, Callable[[Any, float], Any]]] = {
    "gt": ("greater than", lambda values, bound: values > bound),
    "ge": ("at least", lambda values, bound: values >= bound),
    "lt": ("less than", lambda values, bound: values < bound),
    "le": ("at most", lambda values, bound: values <= bound),
}


@dataclass(frozen=True)
class Rule:
    """What the cells of a column must be. `kind` is float, int or str; `choices` are the only texts allowed, if any."""

    kind: type
    optional: bool = False
    measured: bool = False
    bounds: tuple[tuple[str, float], ...] = ()
    choices: tuple[str, ...] = ()


@dataclass
class Cells:
    """The cells of one column as they are read: values, and the rows that must go: by position, line and reason."""

    rule: Rule
    source: str
    column: str
    strict: bool = False
    parts: list[Any] = field(default_factory=list)
    dropped: dict[int, tuple[int, str]] = field(default_factory=dict)
    _count: int = 0

    def add_text(self, texts: Sequence[str], lines: Sequence[int]) -> None:
        """Check the next cells, given as text."""
        import numpy as np

        if self.rule.kind is str:
            self._add_words(texts, lines)
            return
        empty: set[int] = set()
        joined = "".join(texts)
        try:
            if not joined.isascii() or "_" in joined:
                raise ValueError
            values = np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
        except ValueError:
            values = np.array([self._number(text, line) for text, line in zip(texts, lines, strict=True)], dtype=np.float64)
            empty = {i for i, text in enumerate(texts) if not text.strip()}
        self.add_numbers(values, lines, empty, texts)

    def add_numbers(self, values: Floats, lines: Sequence[int], empty: set[int], texts: Sequence[str] | None = None) -> None:
        """Check the next cells, given as numbers; `empty` are the positions of empty cells."""
        import numpy as np

        finite = np.isfinite(values)
        for i in np.flatnonzero(~finite).tolist():
            self._missing(i, lines[i], i in empty, texts[i] if texts else str(values[i]))

        def refuse_first(wrong: Any, expected: str) -> None:
            places = np.flatnonzero(wrong & finite)
            if places.size:
                i = int(places[0])
                raise self._error(f"must be {expected}", lines[i], texts[i] if texts else str(values[i]), "correct the value")

        if self.rule.kind is int:
            refuse_first(values != np.trunc(values), "a whole number")
            refuse_first(np.abs(values) > _EXACT, "at most 2^53, to be exact")
        for name, bound in self.rule.bounds:
            words, holds = _BOUNDS[name]
            refuse_first(~holds(values, bound), f"{words} {bound:g}")
        self.parts.append(values)
        self._count += len(values)

    def _add_words(self, texts: Sequence[str], lines: Sequence[int]) -> None:
        if "" in texts:
            for i, (text, line) in enumerate(zip(texts, lines, strict=True)):
                if text == "":
                    self._missing(i, line, True, text)
        if self.rule.choices and not set(texts) <= {"", *self.rule.choices}:
            i = next(i for i, text in enumerate(texts) if text and text not in self.rule.choices)
            raise self._error(f"must be one of {', '.join(self.rule.choices)}", lines[i], texts[i], "correct the value")
        known: dict[str, str] = {}  # few different texts fill a column: keep one object of each
        self.parts.append([known.setdefault(text, text) if text else None for text in texts])
        self._count += len(texts)

    def _number(self, text: str, line: int) -> float:
        bare = text.strip()
        if not bare:
            return math.nan
        try:
            if bare.isascii() and "_" not in bare:
                return float(bare)  # nan, inf and infinity included
        except ValueError:
            pass
        advice = "write plain digits such as 0.001, 1e-3 or 128"
        if "," in bare:
            advice = "write a decimal point, not a decimal comma, and no thousands separators"
        raise self._error("is not a number", line, text, advice)

    def _missing(self, i: int, line: int, empty: bool, text: str) -> None:
        """Decide about cell `i` of those that are added now, which holds no finite value."""
        reason = "empty" if empty else "not finite"
        if self.rule.measured and not self.strict:
            self.dropped[self._count + i] = line, reason
        elif self.rule.measured or not (empty and self.rule.optional):
            advice = "fill it in or delete the row"
            if self.rule.measured:
                advice += "; without strict reading the row is dropped"
            raise self._error(f"is {reason}", line, text, advice)

    def _error(self, problem: str, line: int, text: str, advice: str) -> LogError:
        return LogError(problem, source=self.source, line=line, column=self.column, value=text, advice=advice)

    def result(self) -> Any:
        """All cells: float64 for numbers, objects for text."""
        import numpy as np

        if self.rule.kind is not str:
            return np.concatenate(self.parts) if self.parts else np.empty(0, dtype=np.float64)
        return np.array([text for part in self.parts for text in part], dtype=object)
