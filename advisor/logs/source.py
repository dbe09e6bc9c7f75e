"""The bytes of a log: open a file or stdin, hash what is stored, decompress by magic bytes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from advisor.errors import LogError, NoRows

if TYPE_CHECKING:
    from hashlib import _Hash

# Small, because one block of compressed bytes may become a thousand times as many.
BLOCK = 1 << 16
_XZ_MEMORY = 1 << 29  # `xz -9` needs 64 MiB; a header may ask for gigabytes


class _Decompressor(Protocol):
    """What zlib, bz2, lzma and zstandard have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def open_source(source: str) -> AbstractContextManager[BinaryIO]:
    """The stored bytes of `source`, a path or "-" for stdin, which stays open."""
    if source == "-":
        return nullcontext(sys.stdin.buffer)
    path = Path(source)
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError:
        raise NoRows("no such file", source=source, advice=_nearest_files(path)) from None
    except IsADirectoryError:
        raise LogError("is a directory", source=source, advice="name one file in it") from None
    except PermissionError:
        raise LogError("no permission to read it", source=source, advice="check its owner and mode") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise LogError(f"cannot be opened: {error}", source=source, advice="check the path") from None


def _nearest_files(path: Path) -> str:
    try:
        names = [other.name for other in path.parent.iterdir()]
    except OSError:
        return f"there is no folder {path.parent} that can be read"
    near = difflib.get_close_matches(path.name, names, n=3)
    return f"did you mean {' or '.join(str(path.parent / name) for name in near)}?" if near else f"look in {path.parent}"


def content(stream: BinaryIO, digest: _Hash, source: str, *, growing: bool = False) -> Iterator[bytes]:
    """The content of `stream`, decompressed, block by block; `digest` takes in the bytes as they are stored.

    With `growing`, compressed data may end anywhere.
    """
    stored = _stored(stream, digest, source)
    head = b""
    for block in stored:  # a pipe may give less than the magic bytes at first
        head += block
        if len(head) >= 6:
            break
    found = _compression(head)
    if found is None:
        yield head
        yield from stored
        return
    name, new, errors = found
    try:
        finished = yield from _decompress(head, stored, new)
    except errors as error:
        raise LogError(f"corrupt {name} data: {error}", source=source, advice="copy or compress the file again") from None
    if not finished and not growing:
        raise LogError(f"truncated {name} data", source=source, advice="copy or compress the file again")


def _stored(stream: BinaryIO, digest: _Hash, source: str) -> Iterator[bytes]:
    while True:
        try:
            block = stream.read(BLOCK)
        except OSError as error:
            raise LogError(f"cannot be read: {error.strerror or error}", source=source, advice="check the file") from None
        if not block:
            return
        digest.update(block)
        yield block


def _compression(head: bytes) -> tuple[str, Callable[[], _Decompressor], tuple[type[Exception], ...]] | None:
    """The name of the compression that `head` shows, what undoes it, and the errors which that raises."""
    if head.startswith(b"\x1f\x8b"):
        import zlib

        return "gzip", lambda: zlib.decompressobj(wbits=31), (zlib.error,)
    if head.startswith(b"BZh"):
        import bz2

        return "bzip2", bz2.BZ2Decompressor, (OSError, ValueError)
    if head.startswith(b"\xfd7zXZ\x00"):
        import lzma

        return "xz", lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY), (lzma.LZMAError,)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        return "zstd", lambda: zstandard.ZstdDecompressor().decompressobj(), (zstandard.ZstdError,)
    return None


def _decompress(head: bytes, stored: Iterator[bytes], new: Callable[[], _Decompressor]) -> Generator[bytes, None, bool]:
    """Yield what the members hold, one after the other; return whether the last of them was complete."""
    member, block = new(), head
    while True:
        while block:
            if member.eof:
                member = new()
            yield member.decompress(block)
            # Zeros between and after members are padding, as `gzip` and `xz` see it.
            block = member.unused_data.lstrip(b"\0") if member.eof else b""
        following = next(stored, None)
        if following is None:
            return member.eof
        block = following.lstrip(b"\0") if member.eof else following
