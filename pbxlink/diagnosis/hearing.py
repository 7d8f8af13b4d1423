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

from pbxlink.asterisk import pjsip, trial_call
from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Technology

_SECONDS = 8.0
_EVERY = 1.0
_RESOLVE_SECONDS = 3.0


@dataclass(frozen=True)
class Hearing:
    """`answered`: whether our pings get answers now; `heard`: whether requests of the far end arrive."""

    answered: bool
    heard: bool


def listen(ami: Ami, technology: Technology, trunk: str, address: str, seconds: float = _SECONDS) -> Hearing:
    """Pings and listens until both is known, for `seconds` at most."""
    history = trial_call.history_of(ami, technology)
    deadline = time.monotonic() + seconds
    heard = answered = False
    with history.recording():
        while not answered and time.monotonic() < deadline:
            _ping(ami, technology, trunk)
            time.sleep(_EVERY)
            answered = _answers(ami, technology, trunk)
            if heard:  # it was pinged once more, so that the far end had the time to hear us, too
                break
            heard = history.requests_from(address)
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
