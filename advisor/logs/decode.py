"""The text of a log: bytes decoded strictly, in blocks that end where a line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain

from advisor.errors import LogError

_LONGEST_LINE = 1 << 24


def decoder(encoding: str, source: str) -> codecs.IncrementalDecoder:
    """A strict decoder of `encoding`, which must be an encoding of text."""
    try:
        b"a".decode(encoding)  # refuses the codecs that are not text, such as hex
    except (LookupError, ValueError) as error:
        if not isinstance(error, UnicodeDecodeError):
            raise LogError(
                f"unknown encoding {encoding!r}", source=source, advice="use --encoding utf-8, latin-1, cp1252 or utf-16"
            ) from None
    return codecs.getincrementaldecoder(encoding)()


def text_blocks(blocks: Iterable[bytes], encoding: str, source: str, *, growing: bool = False) -> Iterator[str]:
    """The decoded text; every block but the last ends with the end of a line.

    With `growing`, the bytes may end within a character.
    """
    decode = decoder(encoding, source).decode
    taken, line, pending = 0, 1, ""
    first = True
    for data, final in chain(((block, False) for block in blocks), [(b"", True)]):
        taken += len(data)
        try:
            text = decode(data, final and not growing)
        except UnicodeDecodeError as error:
            # `error.object` ends where the bytes taken so far end, whatever the decoder had kept from earlier blocks.
            offset = taken - len(error.object) + error.start
            broken = line + pending.count("\n") + error.object[: error.start].count(b"\n")
            raise _undecodable(offset, broken, error.object[error.start : error.end], encoding, source) from None
        except (UnicodeError, ValueError) as error:
            raise LogError(f"is not {encoding}: {error}", source=source, line=line, advice="name its --encoding") from None
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if "\0" in text:
            before = pending.count("\n") + text[: text.index("\0")].count("\n")
            raise LogError(
                "holds a NUL byte", source=source, line=line + before, advice="this is no text, or try --encoding utf-16"
            )
        pending += text
        # A "\r" at the very end may be the first half of "\r\n".
        cut = len(pending) if final else max(pending.rfind("\n"), pending.rfind("\r", 0, -1)) + 1
        if len(pending) - cut > _LONGEST_LINE:
            line += pending.count("\n")
            raise LogError(f"is longer than {_LONGEST_LINE} characters", source=source, line=line, advice="check the file")
        if cut:
            whole, pending = pending[:cut], pending[cut:]
            line += whole.count("\n")
            yield whole


def _undecodable(offset: int, line: int, found: bytes, encoding: str, source: str) -> LogError:
    utf16 = offset == 0 and found[:1] in (b"\xff", b"\xfe")
    advice = "it looks like UTF-16: try --encoding utf-16" if utf16 else "try --encoding latin-1, or save the file as UTF-8"
    return LogError(
        f"byte {offset} is not {encoding.removesuffix('-sig')}", source=source, line=line, value=f"0x{found.hex()}", advice=advice
    )


def whole_lines(blocks: Iterable[str]) -> Iterator[str]:
    """`blocks` without a last line that has no end yet, because it is still being written."""
    for block in blocks:
        yield block[: max(block.rfind("\n"), block.rfind("\r")) + 1]


def lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""The lines of `blocks` with their ends: "\n", "\r\n" or "\r", and no other character, as editors count lines."""
    return chain.from_iterable(StringIO(block, newline="") for block in blocks)
