"""One process at a time: a lock file beside the file that is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.errors import InputError, OutputError
from advisor.files import reason


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Keep every other process that locks `path` away. The lock goes with the process, however it ends; its empty file stays.

    Raises
    ------
    InputError
        Another process has it.
    OutputError
        The lock file cannot be written.
    """
    from filelock import FileLock, Timeout  # 30 ms that only those who lock pay

    try:
        target = Path(path).resolve()  # one lock for all the links to a file
        target.parent.stat()  # filelock would make missing folders, and a slip of the hand is no reason to
        lock = FileLock(f"{target}.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise InputError(f"{path} is in use by another process", advice="wait until it ends, or choose another file") from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise OutputError(f"cannot lock {path}: {reason(error)}") from error
    try:
        yield
    finally:
        lock.release()
