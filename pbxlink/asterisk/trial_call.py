"""A call that tests the trunk: originated by AMI, its result read from Asterisk's own SIP history.

The number does not exist, so nothing rings: the far side sends a challenge, accepts the answer to it and says 404. Only
that shows that calls are authenticated; answered pings do not (measured). The history is switched on for the call, and
off again unless somebody else had switched it on.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from enum import Enum

from pbxlink.asterisk import dialplan
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.sip_history import CHALLENGES, PjsipHistory, SipHistory, history_of
from pbxlink.link.model import Technology
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, Severity

_RING_SECONDS = 20
_SETTLE_SECONDS = 6.0
_POLL_SECONDS = 0.15
_SAID_AFTERWARDS = {1, 17, 19, 22, 28, 58}
"""Hangup causes that Asterisk derives from 404, 486, 480, 410, 484, 488; a refused challenge gives 21."""


_NUMBER_UNKNOWN = re.compile(r"-> 404|Q\.850 1\)")


class Reach(str, Enum):
    """The result for one direction, from worst to best.

    `REACHABLE`: something answers Asterisk's OPTIONS; calls may fail all the same (measured).
    `NOT_AUTHENTICATED`: a call was refused. `ACCEPTED`: a call got through and no challenge was seen.
    `FAILED`: it got through the challenge and the far side could not take it (a transport that does not exist).
    `AUTHENTICATED`: a call got through the challenge.
    `NOT_REGISTERED`: the far side should have registered and has not, so that nobody knows where it is.
    `NO_CONTEXT`: of the direction that the other side tries, the context that its calls enter is not there.
    """

    NOT_LOADED = "not_loaded"
    NOT_REGISTERED = "not_registered"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    NOT_AUTHENTICATED = "not_authenticated"
    FAILED = "failed"
    ACCEPTED = "accepted"
    AUTHENTICATED = "authenticated"
    NO_CONTEXT = "no_context"
    NOT_TRIED = "not_tried"


_SEVERITY = {
    Reach.AUTHENTICATED: Severity.INFO,
    Reach.NOT_TRIED: Severity.INFO,
    Reach.ACCEPTED: Severity.WARNING,
}


@dataclass(frozen=True)
class Verdict:
    """The result for one direction (`pbx->oml` or `oml->pbx`), with the answers that show it (`evidence`)."""

    direction: str
    reach: Reach
    trunk: str
    evidence: str = ""

    def finding(self) -> Finding:
        """The verdict as a finding."""
        values = {"direction": self.direction, "trunk": self.trunk, "evidence": self.evidence}
        is_unknown = self.reach is Reach.AUTHENTICATED and _NUMBER_UNKNOWN.search(self.evidence)
        code = "verify.authenticated_unknown" if is_unknown else f"verify.{self.reach.value}"
        return Finding(code, _SEVERITY.get(self.reach, Severity.ERROR), values)

    def document(self) -> dict[str, str]:
        """The verdict as in `--json` output."""
        return {
            "direction": self.direction,
            "state": self.reach.value,
            "trunk": self.trunk,
            "evidence": self.evidence,
        }


def inbound(ami: Ami, direction: str, trunk: str, context: str) -> Verdict:
    """The verdict for the direction that only the other side can try: what can be seen here is whether the context is
    there that its calls enter. Calls into one that is not there are authenticated and get 404."""
    is_missing = not ami.may_not(["Command"]) and bool(dialplan.missing(ami, [context]))
    return Verdict(direction, Reach.NO_CONTEXT if is_missing else Reach.NOT_TRIED, trunk, context if is_missing else "")


@dataclass(frozen=True)
class Trial:
    """The result of a call: the final answers to its INVITEs in order (SIP codes), and Asterisk's hangup cause."""

    answers: tuple[int, ...]
    cause: int | None

    @property
    def evidence(self) -> str:
        """The answers as one line of text, e.g. `INVITE -> 401 -> 404`."""
        said = " -> ".join(str(code) for code in self.answers) or "-"
        return f"INVITE -> {said}" + (f" (Q.850 {self.cause})" if self.cause else "")


def unknown_number() -> str:
    """A number that no object has and no dial pattern matches: it begins with a letter."""
    return f"pbxlink-{secrets.token_hex(3)}"


def place(ami: Ami, technology: Technology, trunk: str, number: str) -> Trial:
    """Calls `number` through `trunk` and hangs up a second after it is answered. `ami` must receive call events."""
    channel = f"SIP/{trunk}/{number}" if technology is Technology.SIP else f"PJSIP/{number}@{trunk}"
    history = history_of(ami, technology)
    with history.recording():
        unique = originate(ami, channel)
        return _watch(ami, history, number, unique) if unique else Trial((), None)


def _watch(ami: Ami, history: SipHistory | PjsipHistory, number: str, unique: str) -> Trial:
    """Reads the history while the call lasts: chan_sip forgets an answered call's dialog as soon as it is over."""
    answers: tuple[int, ...] = ()
    cause: int | None = None
    deadline = time.monotonic() + _RING_SECONDS + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        seen = max(answers, history.answers(number), key=len)
        if len(seen) > len(answers):
            # OML's AMI user gets no hangup events (event filters), so an answer in the history must end the wait too.
            answers, deadline = seen, time.monotonic() + _SETTLE_SECONDS / 2
        for event in ami.events(_POLL_SECONDS):
            if event.get("Uniqueid") == unique and event.get("Event") in {"HangupRequest", "Hangup"}:
                cause = int(event.get("Cause")) if event.get("Cause").isdigit() else cause
            elif event.get("Event") == "OriginateResponse" and event.get("Uniqueid") == unique:
                cause = cause or 0 if event.get("Response") == "Failure" else cause
        if cause is not None:
            return Trial(max(answers, history.answers(number), key=len), cause or None)
    return Trial(answers, cause)


def reach_of(trial: Trial) -> Reach:
    """The verdict on a call."""
    if not trial.answers:
        return _reach_of_cause(trial.cause)
    last, challenged = trial.answers[-1], any(code in CHALLENGES for code in trial.answers)
    if last in CHALLENGES and trial.cause in _SAID_AFTERWARDS:
        return Reach.AUTHENTICATED  # chan_sip forgot the dialog before its last answer was read (seen with 486)
    if last in CHALLENGES or last == 403:
        return Reach.NOT_AUTHENTICATED
    if last in {408, 503} and not challenged:
        return Reach.UNREACHABLE
    if last >= 500 and last != 603:
        return Reach.FAILED
    return Reach.AUTHENTICATED if challenged else Reach.ACCEPTED


def _reach_of_cause(cause: int | None) -> Reach:
    if cause in {None, 0, 3, 18, 20, 27, 38}:
        return Reach.UNREACHABLE
    return Reach.NOT_AUTHENTICATED if cause == 21 else Reach.ACCEPTED


def originate(ami: Ami, channel: str, application: str = "Wait", data: str = "1", caller: str = "pbxlink") -> str:
    """Starts the call, which is in `application` once it is answered, and returns its unique id; empty where Asterisk
    refuses to start it. Raises SideUnavailable where this user may not originate calls: that is no fault of the trunk.
    """
    denied = ami.may_not(["Originate"])
    if denied:
        raise SideUnavailable(*denied)
    unique = f"pbxlink-{secrets.token_hex(6)}"
    headers = {
        "Channel": channel,
        "ChannelId": unique,
        "Application": application,
        "Data": data,
        "CallerID": caller,
        "Timeout": str(_RING_SECONDS * 1000),
        "Async": "true",
    }
    return unique if ami.action("Originate", headers).succeeded else ""
