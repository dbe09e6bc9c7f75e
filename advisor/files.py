"""Reads and writes whole files: bounded reading, and writing that leaves the old file or the new one, never a part."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

from advisor.errors import FitError, OutputError

MAX_BYTES = 1 << 29  # a fit is a few megabytes; half a gigabyte is a mistake


def read_fit_bytes(source: str) -> bytes:
    """The content of a fit file; ``-`` is stdin.

    Raises
    ------
    FitError
        It cannot be read, or is larger than any fit.
    """
    try:
        if source == "-":
            if sys.stdin is None:
                raise FitError("stdin is closed")
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise FitError(f"cannot read {source}: {reason(error)}") from error
    if len(data) > MAX_BYTES:
        raise FitError(f"{source} is too large to be a fit (more than {MAX_BYTES >> 20} MiB)")
    return data


def refuse_special(path: str) -> None:
    """Raise OutputError for a directory, a pipe or a device: renaming a file over one of them would destroy it."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    if not stat.S_ISREG(mode):
        raise OutputError(f"cannot write {path}: not a regular file", advice="leave out -o to write to stdout")


def write_atomically(path: str, content: str | bytes) -> None:
    """Write text as UTF-8, or bytes, to a temporary file in the same directory, flush it to the disk, and rename it over `path`.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    refuse_special(path)
    target = Path(path)
    try:
        if target.is_symlink():
            target = target.resolve()  # replace what the link points at, not the link
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp")
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
        _sync_directory(target.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Make the rename survive a power cut. Windows cannot open a directory, and needs no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    """The process's mask can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def reason(error: Exception) -> str:
    """What the system said, without the file name that it repeats."""
    return getattr(error, "strerror", None) or str(error)
