"""Voicemail boxes: the lines of voicemail.conf, and the folders with their messages.

The vendor's page takes both away with an extension (seen on IssabelPBX 2.12). The line can be put back; the messages
cannot, so they go last, when nothing is undone any more. Only whole lines of the file are touched, by `sed`: what is
around them, and what the file includes, stays as somebody wrote it. A box that is not on a line of a section of its
own context in this file is not known here, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from issabel_module.host.host import Host
from issabel_module.storage.tables import VOICEMAIL_TABLE
from pbxlink.engine.plan import Row, RowStream
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import error
from pbxlink.messages.masking import one_line, shown

_BOX = re.compile(r"([0-9]+)@([A-Za-z0-9_-]+)")
_SECTION = re.compile(r"\[([^\]]+)\]")
_LINE = re.compile(r"([0-9]+)\s*=>?.*")
_SECONDS = 30.0


class VoicemailBoxes:
    """The boxes of one PBX, named `2001@default`."""

    def __init__(self, host: Host, etc: Path, spool: Path) -> None:
        self._host = host
        self._file = etc / VOICEMAIL_TABLE
        self._messages = spool / "voicemail"

    def values(self, boxes: Collection[str]) -> list[Row]:
        """The rows `{box, mailbox_line}` of those boxes that there are; none where the file cannot be read."""
        try:
            content = self._host.read(self._file)
        except OSError:
            return []
        return [row for row in _rows(content) if row["box"] in boxes and _BOX.fullmatch(str(row["box"]))]

    def write(self, change: RowStream) -> None:
        """Takes lines out and puts lines in. Raises LinkError where the file does not say so afterwards."""
        gone = [str(row["box"]) for row in change.deletes]
        back = [dict(row) for row in change.inserts]
        edits = [*map(_taken_out, gone), *(_put_in(str(row["box"]), str(row["mailbox_line"])) for row in back)]
        if not edits:
            return
        said = self._run("sed", "-i", *(part for edit in edits for part in ("-e", edit)), str(self._file))
        wrong = self.values(gone) or [row for row in back if row not in self.values([str(row["box"])])]
        if wrong:
            boxes = ", ".join(str(row["box"]) for row in wrong)
            raise LinkError(error("voicemail.not_written", path=self._file, boxes=boxes, text=said or "-"))

    def forget_messages(self, boxes: Iterable[str]) -> None:
        """Deletes the messages of boxes that are gone, as the vendor's page does; can be repeated. Raises LinkError."""
        for found in filter(None, map(_BOX.fullmatch, boxes)):
            number, context = found.groups()
            folder = self._messages / context / number
            said = self._run("rm", "-rf", "--", str(folder), str(self._messages / "device" / number))
            if said:
                raise LinkError(error("voicemail.not_removed", path=folder, text=said))

    def _run(self, *line: str) -> str:
        """What the command complained of; empty where it did what it should."""
        try:
            done = self._host.run(line, {}, _SECONDS)
        except (OSError, TimeoutError) as problem:
            return shown(str(problem) or type(problem).__name__)
        return shown(one_line(done.output) or str(done.code)) if done.code else ""


def _rows(content: str) -> Iterator[Row]:
    context = ""
    for line in content.splitlines():
        section, box = _SECTION.match(line), _LINE.fullmatch(line)
        if section:
            context = section.group(1)
        elif box and context:
            yield {"box": f"{box.group(1)}@{context}", "mailbox_line": line}


def _parts(box: str) -> Sequence[str]:
    return box.partition("@")[::2]


def _taken_out(box: str) -> str:
    number, context = _parts(box)
    return rf"/^\[{context}\]/,/^\[/{{/^{number}[[:space:]]*=/d}}"


def _put_in(box: str, line: str) -> str:
    """At the head of its section: Asterisk and the page do not go by the order of boxes."""
    _, context = _parts(box)
    escaped = line.replace("\\", "\\\\")
    return f"/^\\[{context}\\]/a\\\n{escaped}"
