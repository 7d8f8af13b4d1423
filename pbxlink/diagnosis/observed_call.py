"""A call that is watched: what was answered, how many audio packets went and came while it was up, and what was heard.

It is hung up after some seconds. Nothing is left on either side: the call plays Asterisk's own test tone, which the
far end recognises where it diagnoses at the same time (`arrivals`), and which comes back from an echo test.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from pbxlink.asterisk import trial_call
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.sip_history import PjsipHistory, SipHistory, history_of
from pbxlink.asterisk.trial_call import Trial
from pbxlink.diagnosis import channels
from pbxlink.diagnosis.channels import CALLER_NAME, CALLER_NUMBER, TONE, TONE_HZ
from pbxlink.link.model import Technology

TALK_SECONDS = 2.0
_SILENT_SECONDS = 2.5
_RING_SECONDS = 6.0
_POLL_SECONDS = 0.15
_UP, _RINGING = "Up", "Ringing"
_OK = 200
_NAMED = {Technology.SIP: "CHANNEL(rtpdest)", Technology.PJSIP: "CHANNEL(rtp,dest)"}


@dataclass(frozen=True)
class Audio:
    """Packets received and sent; where the far end wants its audio sent to, and from where its SIP messages come;
    whether our own tone came back. `plays`: whether there was one to send."""

    received: int
    sent: int
    named: str
    source: str
    tone: bool = False
    plays: bool = False

    def __str__(self) -> str:
        heard = f", {TONE_HZ} Hz" if self.tone else ""
        return f"RTP rx {self.received} tx {self.sent} -> {self.named}{heard}"


@dataclass(frozen=True)
class ObservedCall:
    """`trial` as of a trial call; `audio` where the call was answered; `rings` where it rang and nobody took it."""

    trial: Trial
    audio: Audio | None = None
    rings: bool = False


def place(ami: Ami, technology: Technology, trunk: str, number: str, seconds: float = TALK_SECONDS) -> ObservedCall:
    """Calls `number` through `trunk`, and stays for `seconds` once it is answered. `ami` must receive call events.
    Raises SideUnavailable where this user of AMI may not place calls."""
    channel = f"SIP/{trunk}/{number}" if technology is Technology.SIP else f"PJSIP/{number}@{trunk}"
    history = history_of(ami, technology)
    with history.recording():
        application, data = (TONE, "") if _has_tone(ami) else ("Wait", "10")
        unique = trial_call.originate(ami, channel, application, data, f'"{CALLER_NAME}" <{CALLER_NUMBER}>')
        if not unique:
            return ObservedCall(Trial((), None))
        try:
            return _Watch(ami, technology, history, number, unique, seconds, application == TONE).seen()
        finally:
            _hang_up(ami, unique)


def _has_tone(ami: Ami) -> bool:
    return any("Info about" in line for line in ami.command(f"core show application {TONE}"))


@dataclass
class _Watch:
    """One call under way."""

    ami: Ami
    technology: Technology
    history: SipHistory | PjsipHistory
    number: str
    unique: str
    seconds: float
    plays: bool
    cause: int | None = None
    answers: tuple[int, ...] = ()

    def seen(self) -> ObservedCall:
        deadline, is_ringing, is_taken = time.monotonic() + _SILENT_SECONDS, False, False
        while time.monotonic() < deadline and not self._is_over():
            state = _state(self.ami, self.unique)
            if state == _UP:
                return ObservedCall(Trial(self._all_answers(), self.cause), self._audio())
            if state == _RINGING and not is_ringing:
                is_ringing, deadline = True, time.monotonic() + _RING_SECONDS
            if _OK in self.answers and not is_taken:  # a busy Asterisk reads its answer before its channel is up
                is_taken, deadline = True, time.monotonic() + _SILENT_SECONDS
        return ObservedCall(Trial(self._all_answers(), self.cause), None, is_ringing and not self._is_refused())

    def _is_over(self) -> bool:
        self._all_answers()
        for event in self.ami.events(_POLL_SECONDS):
            if event.get("Uniqueid") == self.unique and event.get("Event") in {"HangupRequest", "Hangup"}:
                self.cause = int(event.get("Cause")) if event.get("Cause").isdigit() else self.cause
            elif event.get("Event") == "OriginateResponse" and event.get("Uniqueid") == self.unique:
                self.cause = self.cause or (0 if event.get("Response") == "Failure" else None)
        return self.cause is not None or self._is_refused()

    def _is_refused(self) -> bool:
        return bool(self.answers) and self.answers[-1] >= 300 and self.answers[-1] not in (401, 407)

    def _all_answers(self) -> tuple[int, ...]:
        self.answers = max(self.answers, self.history.answers(self.number), key=len)
        return self.answers

    def _audio(self) -> Audio | None:
        channel = _channel(self.ami, self.unique)
        can_hear = channels.listen_for_tone(self.ami, channel)
        time.sleep(self.seconds)
        self._all_answers()
        counted = channels.packets(self.ami, self.technology, channel)
        named = channels.value(self.ami, channel, _NAMED[self.technology])
        if counted is None:
            return None
        if isinstance(self.history, PjsipHistory):
            source = self.history.source(self.number)
        else:
            source = channels.value(self.ami, channel, "CHANNEL(recvip)")
        tone = can_hear and channels.has_heard_tone(self.ami, channel)
        return Audio(*counted, named.rpartition(":")[0], source, tone, self.plays)


def _state(ami: Ami, unique: str) -> str:
    return next((fields[4] for fields in channels.listed(ami) if fields[-1] == unique), "")


def _channel(ami: Ami, unique: str) -> str:
    return next((fields[0] for fields in channels.listed(ami) if fields[-1] == unique), "")


def _hang_up(ami: Ami, unique: str) -> None:
    channel = _channel(ami, unique)
    if channel:
        ami.action("Hangup", {"Channel": channel})
