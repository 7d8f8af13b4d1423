"""What the last look at OML's Asterisk found: a file beside the journals, so that no request of the page asks Asterisk.

OML's one web worker serves all of its users: what a page waits for, everybody waits for. `manage.py pbx_link look`, a
process of its own, asks and writes; the page reads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from oml_plugin.storage.job_file import JobFile
from pbxlink.console import report
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.findings import Finding

Told = Mapping[str, Mapping[str, str]]
"""A finding in every language: by language, its document. Who looks at the page later may speak any."""


@dataclass(frozen=True)
class Trunk:
    """A trunk as Asterisk has it loaded: its contact's URI, and what Asterisk's own pings found."""

    contact: str
    status: str


@dataclass(frozen=True)
class Seen:
    """`at`: when it was asked (seconds since 1970); 0: it never was, or something was changed since.

    `transports`: those that a PBX can reach, by name with their UDP port. `trunks`: the links' trunks that are loaded,
    by name. `unpublished`: by link, what Asterisk does not have of it. `findings`: why Asterisk could not be asked.
    """

    at: float = 0.0
    transports: Mapping[str, int] = field(default_factory=dict)
    trunks: Mapping[str, Trunk] = field(default_factory=dict)
    unpublished: Mapping[str, Sequence[Told]] = field(default_factory=dict)
    findings: Sequence[Told] = ()

    @property
    def age(self) -> float:
        """In seconds; never negative, even where the clock was changed."""
        return max(0.0, time.time() - self.at)

    @property
    def answers(self) -> bool:
        """Whether Asterisk was asked and answered."""
        return bool(self.at) and not self.findings


def path_of(state: Path) -> Path:
    """The file, in the state folder."""
    return state / "jobs" / "asterisk.seen"


def told(findings: Iterable[Finding]) -> list[Told]:
    """The findings in every language."""
    return [{language: report.finding_document(each, language) for language in LANGUAGES} for each in findings]


def read(state: Path) -> Seen:
    """What was seen last; an empty `Seen` where there is nothing, or nothing that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        found: dict[str, Any] = JobFile(path_of(state)).read()
        trunks = {name: Trunk(**each) for name, each in found["trunks"].items()}
        return Seen(float(found["at"]), found["transports"], trunks, found["unpublished"], found["findings"])
    return Seen()


def write(state: Path, seen: Seen) -> None:
    """Replaces what was seen. Raises OSError."""
    JobFile(path_of(state)).write(asdict(seen))


def forget(state: Path) -> None:
    """To be called when something was changed: what was seen before is no longer true."""
    with suppress(OSError):  # another user's folder: the page's own age limit will do
        for path in (path_of(state), path_of(state).with_suffix(".err")):
            path.unlink(missing_ok=True)
