"""JSON lines: one flat object a line, its values kept as the text that stood there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NoReturn

from advisor.errors import LogError
from advisor.logs.decode import lines
from advisor.logs.records import Records, Wanted


def read_objects(blocks: Iterable[str], source: str, wanted: Wanted) -> Records:
    """Read every line; empty lines are skipped."""
    objects = Records(source)
    for number, line in enumerate(lines(blocks), start=1):
        text = line.strip(" \t\r\n")
        if not text:
            continue
        value = decoded(text, source, number, advice="write one JSON object a line", quote=True)
        if not isinstance(value, dict):
            _refuse(text, source, number)
        objects.add(number, value, wanted)
    return objects


def decoded(text: str, source: str, line: int = 1, *, advice: str, quote: bool = False) -> object:
    """The JSON value that `text` holds, its numbers kept as text; `line` is the line on which the text starts."""
    said = text if quote else None
    try:
        value: object = DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    except _DuplicateKeyError as error:
        raise LogError("the object has this key twice", source=source, line=line, column=error.key, advice="keep one") from None
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg} at character {error.colno}"
        raise LogError(problem, source=source, line=line + error.lineno - 1, value=said, advice=advice) from None
    except RecursionError:
        raise LogError("is nested too deeply", source=source, line=line, advice="write flat objects") from None
    except UnicodeEncodeError:
        problem = "holds half of a surrogate pair"
        raise LogError(problem, source=source, line=line, value=said, advice="write the character in UTF-8") from None
    return value


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


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=str)
