"""How the registrations that an Asterisk sends stand, read from its own lists (Asterisk 16)."""

from __future__ import annotations

import re

from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Technology

REGISTERED = "Registered"
_REFUSED = frozenset({"Rejected", "No Authentication", "Auth. Sent"})
_UNDER_WAY = frozenset({"Request Sent", "Auth. Sent"})
_HOST_WIDTH, _USER_WIDTH = 39, 12
"""Where `sip show registry` cuts both."""


def state(ami: Ami, technology: Technology, trunk: str, user: str, far: str) -> str:
    """What Asterisk says of the registration of that trunk with `far` (`host:port`): `Registered`, `Rejected`,
    `Unregistered`, of chan_sip also `Request Sent`, `Auth. Sent` and others; empty where there is none."""
    if technology is Technology.SIP:
        pattern = rf"{re.escape(far[:_HOST_WIDTH])}\s+\S+\s+{re.escape(user[:_USER_WIDTH])}\s+\d+\s+(\S+(?: \S+)*)"
        lines = ami.command("sip show registry")
    else:
        pattern = rf"{re.escape(trunk)}(?:-reg-\d+)?/\S+\s+\S+\s+(\w+)"
        lines = ami.command("pjsip show registrations")
    found = (re.match(pattern, line.strip()) for line in lines)
    return next((each[1] for each in found if each), "")


def is_refused(state: str) -> bool:
    """Whether the far end refuses it. chan_sip stays in `Auth. Sent` after a refusal until it tries again."""
    return state in _REFUSED


def is_under_way(state: str) -> bool:
    """Whether chan_sip waits for an answer, if not for one that never comes: `Auth. Sent` is also what it shows between
    its second request and the far end's 200."""
    return state in _UNDER_WAY
