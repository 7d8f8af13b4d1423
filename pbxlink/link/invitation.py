"""The invitation: what OML hands to a PBX so that both can be joined, as one line to paste, with a checksum.

It holds a token that OML takes once, for a few minutes. Content: JSON in URL-safe base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass, field

from pbxlink.link import certificate as certificates
from pbxlink.link import pasted_code
from pbxlink.link.charset import is_host, is_https_url
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_PREFIX = "pbxinvite1"
_CODE = re.compile(r"pbxinvite1:([0-9a-f]{16}):([A-Za-z0-9_-]{1,4000})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")


@dataclass(frozen=True)
class Invitation:
    """`url`: OML's pairing API, https, ending in `/`. `address`: OML's SIP address for the PBX, a name or IPv4.
    `certificate`: the only one accepted at `url` (`sha256:` and 64 hexadecimal digits)."""

    url: str
    address: str
    certificate: str
    token: str = field(repr=False)


def encode(invitation: Invitation) -> str:
    """The invitation as one line."""
    content = json.dumps(asdict(invitation), separators=(",", ":")).encode("utf-8")
    body = base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
    return f"{_PREFIX}:{pasted_code.checksum(body)}:{body}"


def is_ended(line: str) -> bool:
    """See `pasted_code.is_ended`."""
    return pasted_code.is_ended(line, _PREFIX, _CODE)


def decode(line: str) -> Invitation:
    """The invitation of a line; white space in it, as mail programs put in, does not count.

    Raises InvalidInput where it was cut or altered, or its content is not allowed.
    """
    found = _CODE.fullmatch(pasted_code.joined(line))
    if not found:
        raise InvalidInput(error("invitation.form"))
    checksum, body = found.groups()
    if checksum != pasted_code.checksum(body):
        raise InvalidInput(error("invitation.checksum"))
    try:
        return _checked(Invitation(**json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise InvalidInput(error("invitation.form")) from None


def _checked(found: Invitation) -> Invitation:
    """Raises ValueError where a value is not allowed, TypeError where it is no text."""
    is_right = (
        is_https_url(found.url)
        and found.url.endswith("/")
        and is_host(found.address)
        and certificates.normalised(found.certificate) == found.certificate
        and _TOKEN.fullmatch(found.token)
    )
    if not is_right:
        raise ValueError("invitation")
    return found
