"""Codes that people paste, as invitations and link codes are: a prefix, a checksum, and a body of URL-safe base64."""

from __future__ import annotations

import hashlib
import re

_BETWEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")
"""White space, and the characters without width that mail programs, chats and web pages put into long words."""
_CHECKSUM_LENGTH = 16


def joined(text: str) -> str:
    """The code without what does not count in it."""
    return _BETWEEN.sub("", text)


def checksum(body: str) -> str:
    """Sixteen hexadecimal digits."""
    return hashlib.sha256(body.encode("ascii")).hexdigest()[:_CHECKSUM_LENGTH]


def is_ended(text: str, prefix: str, code: re.Pattern[str]) -> bool:
    """Whether, of a code whose lines come one by one, no more are to come: it is whole, or none at all. `code` finds
    checksum and body."""
    given = joined(text)
    found = code.fullmatch(given)
    if found:
        return found[1] == checksum(found[2])
    return bool(given) and not re.fullmatch(rf"{prefix}[A-Za-z0-9_:-]*", given)
