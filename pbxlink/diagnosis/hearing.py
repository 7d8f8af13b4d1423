"""Who hears whom, where no call gets an answer: this side pings by its own Asterisk and looks what arrives meanwhile.

Where the far end's requests arrive and the answers to ours do not, packets are lost in one direction only. The far end
pings of itself once a minute, or at once where the diagnosis runs there at the same time.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass

from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.sip_history import PjsipHistory, SipHistory, history_of
from pbxlink.link.model import Technology

_ROUNDS = 2
_ROUND_SECONDS = 3.0
"""Longer than an answer takes, and so long that each side hears the other's ping where both begin a little apart."""
_ANSWER_SECONDS = 1.5
"""By then an answer is there, if one comes at all: a lost packet was sent again once."""
_EVERY = 0.5
_RESOLVE_SECONDS = 3.0


@dataclass(frozen=True)
class Hearing:
    """`answered`: whether our pings get answers now; `heard`: whether requests of the far end arrive."""

    answered: bool
    heard: bool


def listen(ami: Ami, technology: Technology, trunk: str, address: str) -> Hearing:
    """Pings and listens until either is known; some seconds where nothing comes."""
    history = history_of(ami, technology)
    found = Hearing(False, False)
    with history.recording():
        for _ in range(_ROUNDS):
            _ping(ami, technology, trunk)
            found = _round(ami, technology, trunk, address, history)
            if found.answered or found.heard:
                break
        _ping(ami, technology, trunk)  # so that the far end hears this side, where it began to listen later
    return found


def _round(ami: Ami, technology: Technology, trunk: str, address: str, history: SipHistory | PjsipHistory) -> Hearing:
    """What comes after a ping. PJSIP shows its old state until the ping has timed out, so that its history is asked."""
    heard, begun = False, time.monotonic()
    while True:
        time.sleep(_EVERY)
        waited = time.monotonic() - begun
        heard = heard or history.requests_from(address)
        if isinstance(history, SipHistory):
            answered = not history.awaits_ping(address) and _answers(ami, technology, trunk)
        else:
            answered = history.answers_from(address) or (waited > _ROUND_SECONDS and _answers(ami, technology, trunk))
        if answered or (heard and waited > _ANSWER_SECONDS) or waited > _ROUND_SECONDS:
            return Hearing(answered, heard)


def _ping(ami: Ami, technology: Technology, trunk: str) -> None:
    if technology is Technology.SIP:
        ami.action("SIPqualifypeer", {"Peer": trunk})
    else:
        ami.action("PJSIPQualify", {"Endpoint": trunk})


def _answers(ami: Ami, technology: Technology, trunk: str) -> bool:
    if technology is Technology.SIP:
        return ami.action("SIPshowpeer", {"Peer": trunk}).get("Status").startswith("OK")
    found = pjsip.endpoint(ami, trunk)
    return found is not None and found.status == "Reachable"


def resolved(name: str) -> str:
    """The IPv4 address of a name or address; empty where nobody knows it in time."""
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, name, None, socket.AF_INET, socket.SOCK_DGRAM).result(_RESOLVE_SECONDS)
        return str(found[0][4][0])
    except (OSError, UnicodeError, TooLate):
        return ""
    finally:
        pool.shutdown(wait=False)
