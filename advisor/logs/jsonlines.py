"""JSON lines: one flat object a line, its values kept as the text that stood there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from advisor.errors import LogError
from advisor.logs.decode import lines


@dataclass
class Objects:
    """The objects of a JSON lines text, by key: only the keys that were wanted have cells."""

    source: str
    places: list[int] = field(default_factory=list)  # line of each object
    names: dict[str, int] = field(default_factory=dict)  # every key, and the line where it was met first
    cells: dict[str, list[str]] = field(default_factory=dict)
    nested: dict[str, int] = field(default_factory=dict)  # first line where a key holds an array or object

    def column(self, name: str) -> list[str]:
        """The cells of a key; an object without the key has an empty cell."""
        if name in self.nested:
            raise LogError(
                "holds an array or object",
                source=self.source,
                line=self.nested[name],
                column=name,
                advice="write the number itself under a key of its own",
            )
        cells = self.cells[name]
        return cells + [""] * (len(self.places) - len(cells))

    def add(self, line: int, pairs: dict[str, object], wanted: Callable[[str], bool]) -> None:
        """Take in one object."""
        for name, value in pairs.items():
            if name not in self.names:
                self.names[name] = line
                if wanted(name):
                    self.cells[name] = []
            if name in self.cells:
                if isinstance(value, dict | list):
                    self.nested.setdefault(name, line)
                cells = self.cells[name]
                cells.extend([""] * (len(self.places) - len(cells)))
                cells.append(_text(value))
        self.places.append(line)


def read_objects(blocks: Iterable[str], source: str, wanted: Callable[[str], bool]) -> Objects:
    """Read every line; empty lines are skipped."""
    objects = Objects(source)
    decode = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=str).decode
    for number, line in enumerate(lines(blocks), start=1):
        text = line.strip(" \t\r\n")
        if not text:
            continue
        try:
            value = decode(text)
            if "\\u" in text:
                json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no character
        except _DuplicateKeyError as error:
            raise LogError(
                "the object has this key twice", source=source, line=number, column=error.key, advice="keep one"
            ) from None
        except json.JSONDecodeError as error:
            problem = f"is not JSON: {error.msg} at character {error.pos + 1}"
            raise LogError(problem, source=source, line=number, value=text, advice="write one JSON object a line") from None
        except RecursionError:
            raise LogError("is nested too deeply", source=source, line=number, advice="write flat objects") from None
        except UnicodeEncodeError:
            problem = "holds half of a surrogate pair"
            raise LogError(problem, source=source, line=number, value=text, advice="write the character in UTF-8") from None
        if not isinstance(value, dict):
            _refuse(text, source, number)
        objects.add(number, value, wanted)
    return objects


def _refuse(text: str, source: str, line: int) -> NoReturn:
    advice = "write one object a line"
    if text.startswith("["):
        advice += "; jq -c '.[]' FILE turns an array into that"
    raise LogError("is not a JSON object", source=source, line=line, value=text, advice=advice)


class _DuplicateKeyError(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for i, name in enumerate(names) if name in names[:i]))
    return found


def _text(value: object) -> str:
    """A value as the text of a cell. Numbers are text already; null is an empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else "(nested)"
