"""JSON as the standard means it: no duplicate keys, no NaN or infinity, no number that overflows; and one canonical form."""

from __future__ import annotations

import json
import json.encoder
import math
from collections.abc import Callable, Iterable
from typing import Any, NoReturn


def loads(data: bytes) -> Any:
    """Read UTF-8 JSON.

    Raises
    ------
    ValueError
        With one line for people: what is wrong and where.
    """
    try:
        text = data.decode().removeprefix("\ufeff")  # "utf-8-sig" is no C codec: ten times as slow
        if text[:1] == "{":  # an object and its line's end: `decode` would look for white space twice
            value, end = _DECODER.raw_decode(text)
            if text[end:] in ("", "\n"):
                return value
        return _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not complete JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error


def pretty(value: Any) -> str:
    """Indented, for files and `--format json`. ASCII only, so that any locale can print it."""
    return json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)


def compact(value: Any) -> str:
    """One line, for NDJSON."""
    return "".join(_CHUNKS(value, 0)) if _CHUNKS is not None else _COMPACT.encode(value)


def canonical(value: Any) -> bytes:
    """The form that checksums are taken of: compact, keys sorted."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False, sort_keys=True).encode("ascii")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found


def _not_json(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _integer(text: str) -> int:
    if len(text) > 400:  # no float64 has more digits, and int() of a long text takes quadratic time
        raise ValueError(f"the number {text[:20]}... is too large")
    return int(text)


# made once: `advisor serve` reads and writes a line in microseconds
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_not_json, parse_float=_finite, parse_int=_integer)
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False)
# What `_COMPACT.encode` makes anew at every call, which takes longer than to encode a line. Absent where json is not compiled.
_MAKE = getattr(json.encoder, "c_make_encoder", None)
_CHUNKS: Callable[[Any, int], Iterable[str]] | None = _MAKE and _MAKE(
    None, _COMPACT.default, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, False
)
