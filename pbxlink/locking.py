"""A lock between processes of one host, by a file; and how long any of our locks waits."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pbxlink.errors import Refused
from pbxlink.findings import error

NAME = "issabel-omnileads"
WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


@contextmanager
def file_lock(path: Path, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Holds the lock `path`; it dies with the process. Raises Refused where another holds it for `seconds`."""
    with path.open("w", encoding="utf-8") as stream:
        wait_for(lambda: _taken(stream), seconds)
        yield


def wait_for(take: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    """Tries `take` until it says yes. Raises Refused after `seconds`."""
    deadline = time.monotonic() + seconds
    while not take():
        if time.monotonic() >= deadline:
            raise Refused(error("lock.held", seconds=round(seconds)))
        time.sleep(_PAUSE_SECONDS)


def _taken(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
