"""OML's own `diagnose`, asked for by the PBX that has the link's token (`oml_plugin/api/diagnosis_api.py`)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from issabel_module.commands import pinned_https
from issabel_module.commands.pinned_https import Answer
from pbxlink.link.model import DirectoryAccess, Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_SECONDS = 5.0
_PATIENCE_SECONDS = 40.0
_POLL_SECONDS = 0.5
_CLOCKS_APART = 120.0
_MOST_SLOW = 2
"""Answers that may be late: where packets are dropped each costs _SECONDS."""


@dataclass
class FarDiagnosis:
    """A diagnosis on OML that was started; `findings`: why it cannot be had, or what asking for it showed."""

    access: DirectoryAccess
    number: str
    language: str
    job: str = field(default_factory=lambda: secrets.token_hex(16))
    findings: list[Finding] = field(default_factory=list)
    _answered: Mapping[str, Any] = field(default_factory=dict)
    _slow: int = 0
    _deadline: float = field(default_factory=lambda: time.monotonic() + _PATIENCE_SECONDS)

    def is_under_way(self) -> bool:
        """Whether it is not over yet; asks, after a short wait."""
        if not self._is_open() or time.monotonic() > self._deadline:
            return False
        time.sleep(_POLL_SECONDS)
        self.ask()
        return self._is_open()

    def document(self) -> Mapping[str, Any] | None:
        """What OML saw, once it has; None where it says nothing in time."""
        while self.is_under_way():
            pass
        document = self._answered.get("document") or {}
        found = document.get("diagnosis")
        if isinstance(found, Mapping):
            return found
        if not self._refused():
            told = [str(each.get("message")) for each in document.get("findings", ()) if isinstance(each, Mapping)]
            self.findings.append(
                error("cause.not_asked", url=self.access.url, status=shown("; ".join(told) or "-", 300))
            )
        return None

    def ask(self) -> None:
        """Asks once, which starts it the first time. OML that cannot be asked is a finding, and no error."""
        content = json.dumps({"job": self.job, "number": self.number, "language": self.language}).encode("ascii")
        headers = {"Content-Type": "application/json", "Accept-Language": self.language}
        try:
            answer = pinned_https.ask("POST", self.access, content, headers, _SECONDS)
        except LinkError as problem:
            self.findings = [*problem.findings]
            self._slow += any(each.code == "sync.slow" for each in problem.findings)
            return
        self._answered = answer.content
        self.findings = [*_of_clock(answer)]
        if answer.status != 200:
            self.findings.append(error("cause.not_asked", url=self.access.url, status=answer.status))

    def _is_open(self) -> bool:
        """Whether asking again may tell more. A busy OML may be late once; the job's id starts it only once."""
        refused = {each.code for each in self._refused()}
        if refused:
            return refused == {"sync.slow"} and self._slow < _MOST_SLOW
        return bool(self._answered.get("running"))

    def _refused(self) -> list[Finding]:
        """Why it cannot be had; clocks that differ are no reason."""
        return [each for each in self.findings if each.code != "cause.clock"]


def started(link: Link, number: str, language: str) -> FarDiagnosis | None:
    """Starts it; None where the link names no OML that may be asked. `number` is one of this PBX."""
    if not link.directory.url:
        return None
    sends = next((each.send for each in link.extensions if each.number == number), number)
    url = urljoin(link.directory.url, "../diagnose/")
    asked = FarDiagnosis(DirectoryAccess(url, link.directory.token, link.directory.certificate), sends, language)
    asked.ask()
    return asked


def _of_clock(answer: Answer) -> Sequence[Finding]:
    """Whether both hosts' clocks go alike: certificates and records of calls need that."""
    try:
        apart = parsedate_to_datetime(answer.headers.get("date", "")).timestamp() - time.time()
    except (TypeError, ValueError, IndexError):
        return []
    return [error("cause.clock", seconds=round(apart))] if abs(apart) > _CLOCKS_APART else []
