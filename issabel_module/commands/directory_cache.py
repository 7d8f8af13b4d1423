"""The directory of the last `sync`, stored in `<state>/directory/LINK.json` for all runs until the next one."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pbxlink.engine import locking
from pbxlink.link import directory
from pbxlink.link.directory import Directory
from pbxlink.link.file_ownership import hand_over
from pbxlink.link.model import Link
from pbxlink.messages.ages import age_of
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error, info, warning

FOLDER = "directory"
_STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Kept:
    """A directory, the time of its request (seconds since 1970), and the server's ETag."""

    directory: Directory
    fetched: float
    etag: str = ""

    @property
    def age(self) -> float:
        """In seconds; never negative, even where the clock was changed."""
        return max(0.0, time.time() - self.fetched)


def path_of(state_dir: Path, link: str) -> Path:
    """The file with a link's directory."""
    return state_dir / FOLDER / f"{link}.json"


def read(path: Path) -> Kept | None:
    """The stored directory; None where there is none. Raises InvalidInput where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        document = directory.parse(json.dumps(found["directory"]))
        return Kept(document, float(found["fetched"]), str(found["etag"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, InvalidInput) as problem:
        raise InvalidInput(error("sync.kept_damaged", path=path, reason=type(problem).__name__)) from None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Makes the folder and locks it: one `sync` at a time. Raises Refused where another run has the lock."""
    _make(path.parent)
    lock = path.with_suffix(".lock")
    os.close(_opened(lock))
    with locking.file_lock(lock):
        yield


def prepare(path: Path, kept: Kept) -> Path:
    """Writes the directory to a file beside `path`, so that a full disk shows before anything is applied. Raises
    OSError."""
    content = {"fetched": kept.fetched, "etag": kept.etag, "directory": directory.document(kept.directory)}
    beside = path.with_suffix(".new")
    with os.fdopen(_opened(beside), "w", encoding="utf-8") as stream:
        stream.truncate()
        json.dump(content, stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    return beside


def _make(folder: Path) -> None:
    """Makes the folder, owned like the state folder: root's terminal and the timer share its files."""
    missing = [each for each in (folder.parent, folder) if not each.is_dir()]
    for each in missing:
        each.mkdir(mode=0o700, parents=True)
        hand_over(each, each.parent)


def _opened(path: Path) -> int:
    """Opens the file, for its owner only: it holds names of people."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    hand_over(descriptor, path.parent)
    return descriptor


def kept_directory(options: argparse.Namespace, link: Link) -> tuple[Directory | None, list[Finding]]:
    """The directory for every other command: that of the last sync, with its age as a finding; None where the link
    uses none. Raises InvalidInput where there was no sync yet.
    """
    if not link.directory.url or not (link.agents.from_directory or link.dids.from_directory):
        return None, []
    found = read(path_of(options.state_dir, link.name))
    if found is None:
        raise InvalidInput(error("sync.never", url=link.directory.url))
    told = warning if found.age > _STALE_SECONDS else info
    return found.directory, [told("sync.kept", age=age_of(found.age), url=link.directory.url)]
