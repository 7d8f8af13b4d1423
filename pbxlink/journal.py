"""The journal: what an apply is about to write, with before-images, synced to disk before the first write.

One file per side and link, JSON lines, each line with its own checksum: first the plan, then the stages reached. The
file is gone when nothing is open. It holds secrets: 0600 in a 0700 folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pbxlink.errors import JournalDamaged, SideUnavailable
from pbxlink.findings import error
from pbxlink.handover import hand_over
from pbxlink.plan import Action, Change, Key, Plan, as_document, image_of

_FORMAT = 1


class Stage(str, Enum):
    """How far an apply came. Only from `ACTIVATED` does recover complete; from every other it puts back."""

    PLANNED = "planned"
    WRITTEN = "written"
    ACTIVATED = "activated"
    UNDOING = "undoing"


@dataclass(frozen=True)
class Entry:
    """An apply that was begun and not closed."""

    plan: Plan
    stage: Stage


class Journal:
    """The journal of one side of one link in the folder `folder`."""

    def __init__(self, folder: Path, side: str, link: str) -> None:
        self._folder = folder
        self.path = folder / f"{side}-{link}.journal"

    @staticmethod
    def open_links(folder: Path, side: str) -> list[str]:
        """The names of the links of which a run on this side was left unfinished."""
        names = (path.name for path in folder.glob(f"{side}-*.journal")) if folder.is_dir() else ()
        return sorted(name[len(side) + 1 : -len(".journal")] for name in names)

    def open(self, plan: Plan) -> None:
        """Writes the plan and syncs it and its folder to disk. Raises SideUnavailable where that cannot be done."""
        try:
            self._make_folder()
            self._append({"format": _FORMAT, "stage": Stage.PLANNED.value, "changes": _changes(plan)}, create=True)
            self._sync_folder()
        except OSError as problem:
            if not isinstance(problem, FileExistsError):  # that one is another run's, and all that can undo it
                with suppress(OSError):
                    self.path.unlink()
            raise SideUnavailable(error("journal.unwritable", path=self.path, reason=problem.strerror)) from problem

    def _make_folder(self) -> None:
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            hand_over(self._folder, self._folder.parent)
        self._folder.chmod(0o700)

    def reached(self, stage: Stage) -> None:
        """Notes that the apply came so far."""
        self._append({"stage": stage.value})

    def close(self) -> None:
        """Ends the entry: nothing is left to recover."""
        self.path.unlink(missing_ok=True)
        self._sync_folder()

    def entry(self) -> Entry | None:
        """What was left open, or None. Raises JournalDamaged where the file says nothing that can be trusted."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise JournalDamaged(error("journal.damaged", path=self.path, reason=problem.strerror)) from problem
        records = list(self._records(content))
        if not records:
            # Power went before the plan was synced, so before the first write: there is nothing to put back.
            return Entry(Plan(), Stage.PLANNED)
        return self._entry_of(records)

    def _entry_of(self, records: list[Mapping[str, Any]]) -> Entry:
        try:
            if records[0]["format"] != _FORMAT:
                raise ValueError("format")
            return Entry(_plan(records[0]["changes"]), Stage(records[-1]["stage"]))
        except (KeyError, ValueError, TypeError, AttributeError) as problem:
            raise self._damaged(type(problem).__name__) from problem

    def _records(self, content: bytes) -> Iterator[Mapping[str, Any]]:
        *lines, last = content.split(b"\n")
        for line in lines:
            if not _is_intact(line):
                raise self._damaged("checksum")
            yield _record(line)
        if _is_intact(last):
            yield _record(last)
        # else the last line is cut short: it was being written when the power went, and the stage before it holds.

    def _damaged(self, reason: str) -> JournalDamaged:
        return JournalDamaged(error("journal.damaged", path=self.path, reason=reason))

    def _append(self, record: Mapping[str, Any], create: bool = False) -> None:
        body = json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode("ascii")
        separator = b"" if create else self._separator()
        flags = os.O_WRONLY | os.O_APPEND | ((os.O_CREAT | os.O_EXCL) if create else 0)
        descriptor = os.open(self.path, flags, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            if create:
                hand_over(stream.fileno(), self._folder)
            stream.write(separator + _digest(body).encode("ascii") + b" " + body + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _separator(self) -> bytes:
        """What must stand before the next line. Takes away one that a full disk cut short: it would spoil the next."""
        content = self.path.read_bytes()
        start = content.rfind(b"\n") + 1
        if _is_intact(content[start:]):
            return b"\n"
        if start < len(content):
            os.truncate(self.path, start)
        return b""

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _is_intact(line: bytes) -> bool:
    digest, _, body = line.partition(b" ")
    return digest.decode("ascii", "replace") == _digest(body)


def _record(line: bytes) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads(line.partition(b" ")[2])
    return record


def _changes(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "action": change.action.value,
            "kind": change.key.kind,
            "name": change.key.name,
            "before": as_document(change.before),
            "after": as_document(change.after),
        }
        for change in plan.changes
    ]


def _plan(changes: list[Mapping[str, Any]]) -> Plan:
    return Plan(
        tuple(
            Change(
                Action(each["action"]),
                Key(each["kind"], each["name"]),
                image_of(each["before"]),
                image_of(each["after"]),
            )
            for each in changes
        )
    )
