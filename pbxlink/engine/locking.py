"""File locks between processes of one host, and how long every lock of ours waits."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


@contextmanager
def file_lock(path: Path, seconds: float | None = None) -> Iterator[None]:
    """Locks the file `path`; the lock ends with the process. Raises Refused where another holds it for `seconds`
    (None: WAIT_SECONDS)."""
    with path.open("w", encoding="utf-8") as stream:
        wait_for(lambda: _taken(stream.fileno()), seconds)
        yield


@contextmanager
def folder_lock(folder: Path, seconds: float | None = None) -> Iterator[None]:
    """As `file_lock`, on a folder that exists. Raises OSError where it cannot be opened."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        wait_for(lambda: _taken(descriptor), seconds)
        yield
    finally:
        os.close(descriptor)


def wait_for(take: Callable[[], bool], seconds: float | None = None) -> None:
    """Calls `take` until it returns True. Raises Refused after `seconds` (None: WAIT_SECONDS)."""
    seconds = WAIT_SECONDS if seconds is None else seconds
    deadline = time.monotonic() + seconds
    while not take():
        if time.monotonic() >= deadline:
            raise Refused(error("lock.held", seconds=round(seconds)))
        time.sleep(_PAUSE_SECONDS)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
