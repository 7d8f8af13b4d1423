"""What Asterisk recorded of its SIP messages while its history was on: chan_sip's of each dialog, res_pjsip's of all.

It is switched on for a block, and off again unless somebody else had switched it on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Technology

CHALLENGES = {401, 407}
_REQUESTS = ("OPTIONS", "INVITE", "ACK", "BYE", "REGISTER")
_SELDOM = 150
"""Seconds without any message of SIP: OMniLeads' trunks are pinged once a minute."""
_SWITCHED_ON = "pbxlink pjsip-history"
"""Family and key of the time (seconds since 1970) at which a run switched it on."""
_LONGEST = 600
"""Seconds; no run records for as long."""


def history_of(ami: Ami, technology: Technology) -> SipHistory | PjsipHistory:
    """The history of the channel driver."""
    return SipHistory(ami) if technology is Technology.SIP else PjsipHistory(ami)


class SipHistory:
    """chan_sip's history of each dialog; it mostly stays for some seconds after the call."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._before: frozenset[str] = frozenset()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Switches it on for the block."""
        was_on = any("SIP history" in line and line.rstrip().endswith("On") for line in self._settings())
        self._before = frozenset(call for _, call in self._dialogs())
        self._ami.command("sip set history on")
        try:
            yield
        finally:
            if not was_on:
                self._ami.command("sip set history off")

    def _settings(self) -> Sequence[str]:
        return self._ami.command("sip show settings")

    def answers(self, number: str) -> tuple[int, ...]:
        """The final answers to the INVITEs of the call to `number`."""
        mine = [call for user, call in self._dialogs() if user == number[:15] and call not in self._before]
        lines = [line for call in mine for line in self._ami.command(f"sip show history {call}")]
        found = (re.search(r"Rx\s+SIP/2\.0 / \d+ INVITE / (\d{3})", line) for line in lines)
        return final_answers(int(match.group(1)) for match in found if match)

    def requests_from(self, address: str) -> bool:
        """Whether a request has come from the address since the history was switched on."""
        return any(last == "Rx:" and told in _REQUESTS for last, told in self._last_messages(address))

    def awaits_ping(self, address: str) -> bool:
        """Whether an OPTIONS of ours to the address has no answer yet. A peer that is pinged by hand keeps its state
        when no answer comes: chan_sip's `sip_poke_peer` sets the timer of its own pings only (seen: `OK (2 ms)`)."""
        return any(last == "Init:" and told == "OPTIONS" for last, told in self._last_messages(address))

    def _last_messages(self, address: str) -> Iterator[tuple[str, str]]:
        lines = (line.split() for line in self._ami.command("sip show channels"))
        new = (words for words in lines if len(words) > 3 and words[0] == address and words[2] not in self._before)
        return (pair for words in new for pair in zip(words, words[1:]))

    def _dialogs(self) -> list[tuple[str, str]]:
        """User and call id of each dialog; Asterisk cuts both at 15 characters."""
        words = [line.split() for line in self._ami.command("sip show channels")]
        return [(each[1], each[2]) for each in words if len(each) > 3]


class PjsipHistory:
    """res_pjsip's history of messages; entries that somebody else recorded are left alone.

    Asterisk does not say whether it is on. Switched off it keeps its entries, and left on it takes memory for ever: so
    where a long time lies between the last entry of before and the first of ours, it was off; and of one that we
    switched on a key of AstDB tells a later run, should this one be killed or its connection break.
    """

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._before = 0

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Switches it on for the block."""
        self._before = len(self._entries())
        is_ours = not self._before or self._is_left_on()
        if is_ours:
            self._ami.command(f"database put {_SWITCHED_ON} {time.time():.0f}")
        self._ami.command("pjsip set history on")
        try:
            yield
        finally:
            if is_ours:
                self._ami.command("pjsip set history off")
                self._ami.command("pjsip set history clear")
                self._ami.command(f"database del {_SWITCHED_ON}")
            elif self._was_off(self._entries()):
                self._ami.command("pjsip set history off")

    def _is_left_on(self) -> bool:
        """Whether a run of ours that is long over switched it on, and nobody has switched it off."""
        told = " ".join(self._ami.command(f"database get {_SWITCHED_ON}"))
        found = re.fullmatch(r"Value: (\d{1,12})", told.strip())
        return found is not None and abs(time.time() - int(found[1])) > _LONGEST

    def _was_off(self, entries: Sequence[str]) -> bool:
        around = [line.split()[1] for line in entries[self._before - 1 : self._before + 1]]
        seconds = [int(each) for each in around if each.isdigit()]
        return len(seconds) == 2 and seconds[1] - seconds[0] > _SELDOM

    def answers(self, number: str) -> tuple[int, ...]:
        """The final answers to the INVITEs of the call to `number`."""
        lines = self._call_to(number)
        return final_answers(int(code) for line in lines for code in re.findall(r"<== \S+\s+SIP/2\.0 (\d{3}) ", line))

    def requests_from(self, address: str) -> bool:
        """Whether a request has come from the address since the history was switched on."""
        return self._came_from(address, "|".join(_REQUESTS))

    def answers_from(self, address: str) -> bool:
        """Whether an answer has come from the address since the history was switched on."""
        return self._came_from(address, r"SIP/2\.0")

    def _came_from(self, address: str, first: str) -> bool:
        told = re.compile(rf"<== {re.escape(address)}:\d+\s+(?:{first}) ")
        return any(told.search(line) for line in self._entries()[self._before :])

    def source(self, number: str) -> str:
        """The address from which the messages of the call to `number` come; others send theirs meanwhile, as agents'
        telephones do. Empty where none came."""
        found = (re.search(r"<== (\S+):\d+\s", line) for line in self._call_to(number))
        return next((match.group(1) for match in found if match), "")

    def _call_to(self, number: str) -> Sequence[str]:
        """The lines of the history that are of the call to `number`."""
        mine = [line[:5] for line in self._entries()[self._before :] if f"INVITE sip:{number}@" in line]
        if not mine:
            return ()
        entry = self._ami.command(f"pjsip show history entry {int(mine[0])}")
        call = next((line.split(":", 1)[1].strip() for line in entry if line.startswith("Call-ID:")), "")
        if not re.fullmatch(r"[A-Za-z0-9.@_-]+", call):
            return ()
        return self._ami.command(f'pjsip show history where sip.msg.call-id = "{call}"')

    def _entries(self) -> list[str]:
        return [line for line in self._ami.command("pjsip show history") if line[:5].isdigit()]


def final_answers(codes: Iterator[int]) -> tuple[int, ...]:
    """The answers up to the first final one that is no challenge; later ones (the answer to our BYE) do not count."""
    answers: list[int] = []
    for code in codes:
        if code >= 200:
            answers.append(code)
            if code not in CHALLENGES:
                break
    return tuple(answers)
