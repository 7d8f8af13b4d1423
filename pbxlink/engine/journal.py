"""The journal: what an apply is about to write, with before-images, synced to disk before the first write.

One file per side and link, JSON lines, each line with its own checksum: first the plan, in as many lines as it needs,
then the stages reached, of which the first ends the plan. There is no file when no run is open. It holds secrets: 0600
in a 0700 folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pbxlink.engine.chunks import parts
from pbxlink.engine.image_template import Template, packed, unpacked
from pbxlink.engine.locking import folder_lock
from pbxlink.engine.plan import Action, Change, Image, Key, Plan
from pbxlink.link.file_ownership import hand_over
from pbxlink.messages.errors import JournalDamaged, SideUnavailable
from pbxlink.messages.findings import Finding, error, warning

_FORMAT = 2
"""The plan in several lines, with templates. Format 1 had the whole plan in its first line; it is still read, because a
run of 0.1.0 may have been interrupted before the package was updated."""
_LINE_OF = 100
"""Changes in one line."""
_NO_RECORD: Mapping[str, Any] = {}
_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


class Stage(str, Enum):
    """How far an apply came. From `ACTIVATED` recover completes it; from every other stage it puts everything back."""

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

    def open(self, plan: Plan) -> None:
        """Writes the plan and syncs it and its folder to disk. Raises SideUnavailable where that cannot be done."""
        was_there = self.path.exists()
        try:
            self._make_folder()
            self._append(_plan_records(plan), create=True)
            self._sync_folder()
        except OSError as problem:
            if not isinstance(problem, FileExistsError):  # that file is another run's, which only it can undo
                with suppress(OSError):
                    self.path.unlink()
            raise SideUnavailable(error("journal.unwritable", path=self.path, reason=problem.strerror)) from problem
        except BaseException:  # Ctrl-C: nothing was written yet
            if not was_there:
                self.path.unlink(missing_ok=True)
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other runs on this host out. Raises Refused where another run does not end in time.

        Takes no lock where the folder can be neither made nor opened: `open` fails then, and says why.
        """
        with ExitStack() as held:
            with suppress(OSError):
                self._make_folder()
                held.enter_context(folder_lock(self._folder))
            yield

    def _make_folder(self) -> None:
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            hand_over(self._folder, self._folder.parent)
        self._folder.chmod(0o700)

    def reached(self, stage: Stage) -> None:
        """Writes that this stage was reached."""
        self._append([{"stage": stage.value}])

    def close(self) -> None:
        """Deletes the file: nothing is left to recover."""
        self.path.unlink(missing_ok=True)
        self._sync_folder()

    def entry(self) -> Entry | None:
        """The interrupted run, or None. Raises JournalDamaged where the file cannot be trusted."""
        try:
            with self.path.open("rb") as stream:
                return self.entry_of(stream)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise JournalDamaged(error("journal.unreadable", path=self.path, reason=problem.strerror)) from problem

    def unfinished(self) -> list[Finding]:
        """A finding where an interrupted run must still be undone or completed: other findings may follow from it.
        Raises as `entry`."""
        return [] if self.entry() is None else [warning("journal.open", path=self.path)]

    def entry_of(self, lines: Iterable[bytes]) -> Entry:
        """What these lines of a journal say. Raises JournalDamaged where that is nothing to be trusted."""
        records = self._records(lines)
        try:
            first = next(records, _NO_RECORD)
            if first is _NO_RECORD:
                # The power failed before the plan was synced, so before the first write: nothing to put back.
                return Entry(Plan(), Stage.PLANNED)
            changes, planned = _read_plan(first, records)
            stages = [Stage(each["stage"]) for each in (*planned, *records)]
            return Entry(Plan(tuple(changes)), stages[-1]) if stages else Entry(Plan(), Stage.PLANNED)
        except (KeyError, ValueError, TypeError, AttributeError) as problem:
            raise self._damaged(type(problem).__name__) from problem

    def _records(self, lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
        for line in lines:
            if _is_intact(line.removesuffix(b"\n")):
                yield _record(line)
            elif line.endswith(b"\n"):
                raise self._damaged("checksum")
        # The last line may be cut short by a power failure; then the stage before it counts.

    def _damaged(self, reason: str) -> JournalDamaged:
        return JournalDamaged(error("journal.damaged", path=self.path, reason=reason))

    def _append(self, records: Iterable[Mapping[str, Any]], create: bool = False) -> None:
        """Appends lines and syncs them to disk together."""
        separator = b"" if create else self._separator()
        flags = os.O_WRONLY | os.O_APPEND | ((os.O_CREAT | os.O_EXCL) if create else 0)
        descriptor = os.open(self.path, flags, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            if create:
                hand_over(stream.fileno(), self._folder)
            stream.write(separator)
            for record in records:
                body = _encoded(record).encode("ascii")
                stream.write(_digest(body).encode("ascii") + b" " + body + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _separator(self) -> bytes:
        """What to write before the next line. Removes a last line that a full disk cut short: the next one would be
        appended to it."""
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


class Journals:
    """The journals of a side's links in the folder `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, side: str, link: str) -> Journal:
        """The journal of one link."""
        return Journal(self.folder, side, link)

    def open_links(self, side: str) -> list[str]:
        """The names of the links with an interrupted run on this side."""
        return self.links_of(side, [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else ())

    @staticmethod
    def links_of(side: str, names: Iterable[str]) -> list[str]:
        """The links whose journals have these names."""
        ends = f"{side}-", ".journal"
        own = (name for name in names if name.startswith(ends[0]) and name.endswith(ends[1]))
        return sorted(name[len(ends[0]) : -len(ends[1])] for name in own)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _is_intact(line: bytes) -> bool:
    digest, _, body = line.partition(b" ")
    return digest.decode("ascii", "replace") == _digest(body)


def _record(line: bytes) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads(line.partition(b" ")[2])
    return record


def _plan_records(plan: Plan) -> Iterator[Mapping[str, Any]]:
    """The journal's first lines: the templates of the images, the changes, and a line that ends the plan."""
    templates: dict[str, Template] = {}
    for change in plan.changes:
        for image in (change.before, change.after):
            packed(image or {}, templates)
    yield {"format": _FORMAT, "templates": {digest: each.document for digest, each in templates.items()}}
    for part in parts(plan.changes, _LINE_OF):
        yield {"changes": [_change_record(change, templates) for change in part]}
    yield {"stage": Stage.PLANNED.value, "changes": len(plan.changes)}


def _change_record(change: Change, templates: dict[str, Template]) -> Mapping[str, Any]:
    return {
        "action": change.action.value,
        "kind": change.key.kind,
        "name": change.key.name,
        "before": None if change.before is None else packed(change.before, templates),
        "after": None if change.after is None else packed(change.after, templates),
    }


def _read_plan(
    first: Mapping[str, Any], records: Iterator[Mapping[str, Any]]
) -> tuple[list[Change], list[Mapping[str, Any]]]:
    """The plan's changes, and the record that ends it; no record where the plan was not written completely."""
    if first["format"] == 1:
        return [_change(each, {}) for each in first["changes"]], [first]
    if first["format"] != _FORMAT:
        raise ValueError("format")
    templates = {digest: Template.of(document) for digest, document in first["templates"].items()}
    changes: list[Change] = []
    for record in records:
        if "stage" in record:
            if Stage(record["stage"]) is not Stage.PLANNED or record["changes"] != len(changes):
                raise ValueError("plan")
            return changes, [record]
        changes += [_change(each, templates) for each in record["changes"]]
    return changes, []


def _change(each: Mapping[str, Any], templates: Mapping[str, Template]) -> Change:
    before, after = (_image(each[name], templates) for name in ("before", "after"))
    return Change(Action(each["action"]), Key(each["kind"], each["name"]), before, after)


def _image(document: Mapping[str, Any] | None, templates: Mapping[str, Template]) -> Image | None:
    return None if document is None else unpacked(document, templates)
