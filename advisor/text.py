"""Text that came from a user, made safe for a terminal: no control, escape or bidirectional characters."""

from __future__ import annotations

import unicodedata

# Cc: C0, C1 and DEL (so every escape sequence); Cf: bidirectional overrides and invisible marks; Cs: lone surrogates;
# Zl, Zp: line and paragraph separators.
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    """`text` on one line, without the characters that could move the cursor, reorder the line or hide in it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text.replace("\t", " ").replace("\n", " ") if unicodedata.category(c) not in _UNSAFE)


def shorten(text: str, limit: int = 60) -> str:
    """`text` made `printable` and cut to `limit` characters, for quoting a value in a message."""
    safe = printable(text)
    return safe if len(safe) <= limit else safe[: limit - 3] + "..."
