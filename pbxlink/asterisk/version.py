"""The version of Asterisk, to tell one that is too old from one that fails."""

from __future__ import annotations

import re

from pbxlink.asterisk.ami import Action, Message
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

OLDEST = 11
"""Before it AstDB was no SQLite file, and `database query` was not there."""


QUESTION: Action = ("CoreSettings", {})


def refuse_too_old(answer: Message) -> None:
    """By the answer to `QUESTION`: raises Refused for an Asterisk older than `OLDEST`; one that does not say which it
    is may be anything."""
    version = answer.get("AsteriskVersion")
    major = major_of(version)
    if major is not None and major < OLDEST:
        raise Refused(error("pbx.old_asterisk", version=shown(version), oldest=OLDEST))


def major_of(version: str) -> int | None:
    """11 of `11.25.3`, 13 of `certified/13.21-cert2`, 1 of `1.8.32`; None of `GIT-master-9f3`."""
    found = re.match(r"(?:certified/)?(\d+)\.", version)
    return int(found.group(1)) if found else None
