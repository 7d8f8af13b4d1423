"""OML's pairing API, asked by the PBX (`oml_plugin/api/pairing_api.py` says what it takes): over its pinned https.

Every request is asked again while OML does not answer, for as long as the patience lasts; the API takes that.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from issabel_module.commands import pinned_https
from issabel_module.commands.pinned_https import Answer
from pbxlink import __version__
from pbxlink.link.model import DirectoryAccess
from pbxlink.messages.errors import InvalidInput, LinkError, Refused, SideUnavailable
from pbxlink.messages.findings import Finding, Severity, error
from pbxlink.messages.masking import shown

_SECONDS = 10.0
_POLL_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_FIRST_PATIENCE = 5.0
"""Where OML never answered so far, the address is wrong rather than the network."""
_LOST_SECONDS = 20.0
"""How long a job may be asked for that OML does not know: its start may have been cut in the middle."""
_JOB_SECONDS = 900.0
_SERVER_ERRORS = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Ended:
    """How a job of OML ended: its exit code, None where its process died; the document of `--json`."""

    code: int | None
    document: Mapping[str, Any]

    @property
    def findings(self) -> list[Finding]:
        """What it found, in OML's words."""
        return [_told(each) for each in self.document.get("findings", ()) if isinstance(each, Mapping)]

    def has(self, code: str) -> bool:
        """Whether there is a finding of that code."""
        return any(each.get("code") == code for each in self.document.get("findings", ()))


@dataclass(frozen=True)
class Redeemed:
    """`peer`: this PBX's address as OML sees it; `own_address`: its own in the connection; `directory`: the path of
    OML's directory API."""

    peer: str
    own_address: str
    directory: str


@dataclass
class PairingClient:
    """The API at `url`, which must show `certificate`. `patience`: seconds for which OML may be away."""

    url: str
    certificate: str
    session: str = field(repr=False)
    language: str
    patience: float
    progress: Callable[[str], None]
    _has_answered: bool = False

    def redeem(self, token: str) -> Redeemed:
        """Redeems the invitation for this session. Raises Refused where it was used or is too old."""
        answer, content = self._asked("redeem", {"session": self.session}, token)
        path = str(content.get("directory", ""))
        return Redeemed(str(content.get("peer", "")), answer.own_address, path)

    def run(self, action: str, job: str = "", **more: str) -> Ended:
        """Runs a job on OML and waits for its end. `job`: the id of one that may have been started before."""
        job = job or new_job()
        self._asked("start", {"job": job, "action": action, "language": self.language, **more})
        told = 0
        for content in self._looked_at(job):
            steps = [str(each) for each in content.get("steps", ())]
            for step in steps[told:]:
                self.progress(step)
            told = len(steps)
            if not content.get("running"):
                code = content.get("code")
                return Ended(code if isinstance(code, int) else None, content.get("document") or {})
        raise SideUnavailable(error("join.slow", action=action, minutes=round(_JOB_SECONDS / 60)))

    def _looked_at(self, job: str) -> Iterator[Mapping[str, Any]]:
        begun = time.monotonic()
        while time.monotonic() - begun < _JOB_SECONDS:
            answer, content = self._asked("job", {"job": job}, may_be=(404,))
            if answer.status != 404:
                yield content
            elif time.monotonic() - begun > _LOST_SECONDS:
                yield {"running": False, "code": None}
            time.sleep(_POLL_SECONDS)

    def finish(self, token: str) -> None:
        """Both sides have the link: `token` is the PBX's for OML's directory from now on."""
        self._asked("finish", {"token": token})

    def undone(self) -> None:
        """Neither side has anything of the link: ends the session."""
        self._asked("undone", {})

    def _asked(
        self, what: str, content: Mapping[str, str], secret: str = "", may_be: Sequence[int] = ()
    ) -> tuple[Answer, Mapping[str, Any]]:
        """Asks until there is an answer. Raises SideUnavailable where there is none in time, Refused or InvalidInput
        where OML refuses."""
        access = DirectoryAccess(f"{self.url}{what}/", secret or self.session, self.certificate)
        ends = time.monotonic() + (self.patience if self._has_answered else min(self.patience, _FIRST_PATIENCE))
        while True:
            try:
                answer = self._once(access, content)
                if answer.status == 200 or answer.status in may_be:
                    return answer, answer.content
                raise _refusal(access.url, answer)
            except SideUnavailable:
                if time.monotonic() + _AGAIN_SECONDS > ends:
                    raise
            time.sleep(_AGAIN_SECONDS)

    def _once(self, access: DirectoryAccess, content: Mapping[str, str]) -> Answer:
        headers = {"Content-Type": "application/json", "Accept-Language": self.language,
                   "User-Agent": f"issabel-omnileads/{__version__}"}  # fmt: skip
        try:
            answer = pinned_https.ask("POST", access, json.dumps(content).encode("utf-8"), headers, _SECONDS)
        except LinkError as problem:
            raise type(problem)(*map(_of_invitation, problem.findings)) from None
        self._has_answered = True
        return answer


def new_job() -> str:
    """An id for a job."""
    return secrets.token_hex(16)


def _of_invitation(finding: Finding) -> Finding:
    """A finding about the link's directory, in the words of an invitation."""
    if finding.code == "sync.certificate":
        known = finding.values
        return error("join.certificate", url=known["url"], expected=known["expected"], found=known["found"])
    if finding.code == "sync.unreachable":
        return error("join.unreachable", url=finding.values["url"], reason=finding.values["reason"])
    return finding


def _refusal(url: str, answer: Answer) -> LinkError:
    told = [_told(each) for each in answer.content.get("findings", ()) if isinstance(each, Mapping)]
    findings = told or [error("join.status", url=url, status=answer.status)]
    if answer.status in _SERVER_ERRORS:
        return SideUnavailable(*findings)
    return InvalidInput(*findings) if answer.status == 404 else Refused(*findings)


def _told(document: Mapping[str, Any]) -> Finding:
    """A finding of OML, in its own words, those of a page too; what it calls no severity counts as an error."""
    known = {each.value: each for each in Severity}
    severity = known.get(str(document.get("severity")), Severity.ERROR)
    message, hint = (shown(str(document.get(key, "")), 1000) for key in ("message", "hint"))
    page = document.get("page")
    on_page = shown(str(page.get("message", "")), 1000) if isinstance(page, Mapping) else ""
    told = error("join.told", message=message, on_page=on_page or message, told_hint=hint)
    return replace(told, severity=severity)
