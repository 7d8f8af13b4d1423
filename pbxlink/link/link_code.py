"""The link code: a link file as one line to paste on the other side, with a checksum. It holds the secret."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

from pbxlink.link import link_file, pasted_code
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_PREFIX = "OMLINK1"
_CODE = re.compile(r"OMLINK1-([0-9a-f]{16})-([A-Za-z0-9_-]+)")
_LINE = 2000
LARGEST = 8 * 1024 * 1024
"""Characters of a code."""
_LARGEST = 4 * 1024 * 1024


def encode(link: Link) -> str:
    """The link's code: prefix, checksum, content (compressed JSON in URL-safe base64)."""
    # Not sorted: the order of routes matters.
    content = json.dumps(mapping_of(link), separators=(",", ":")).encode("utf-8")
    body = base64.urlsafe_b64encode(zlib.compress(content, 9)).decode("ascii").rstrip("=")
    return f"{_PREFIX}-{pasted_code.checksum(body)}-{body}"


def is_ended(code: str) -> bool:
    """See `pasted_code.is_ended`."""
    return pasted_code.is_ended(code, _PREFIX, _CODE)


def in_lines(code: str) -> str:
    """The code in lines that a terminal takes whole when they are pasted: of a line it keeps 4,095 characters
    (`_PC_MAX_CANON`) and drops the rest without a word."""
    return re.sub(rf"(.{{{_LINE}}})(?=.)", r"\1\n", code)


def decode(code: str) -> Link:
    """The link of a code, validated like a link file.

    Raises InvalidInput for a code that was cut or altered, or whose content is not allowed.
    """
    found = _CODE.fullmatch(pasted_code.joined(code))
    if not found:
        raise InvalidInput(error("linkcode.form"))
    checksum, body = found.groups()
    if checksum != pasted_code.checksum(body):
        raise InvalidInput(error("linkcode.checksum"))
    return link_file.from_mapping(_content(body))


def _content(body: str) -> dict[str, object]:
    try:
        packed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, _LARGEST)
        sections = json.loads(content)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as problem:
        raise InvalidInput(error("linkcode.form")) from problem
    if unpacker.unconsumed_tail or not isinstance(sections, dict):
        raise InvalidInput(error("linkcode.form"))
    return sections
