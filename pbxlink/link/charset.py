"""Which characters a name, a number, a secret or an address may have. Decided here and nowhere else.

Everything that these expressions accept can stand in a SIP configuration line, a dial string, a wizard text, an AMI
header and an SQL parameter without quoting: no newline, `;`, `&`, `|`, `,`, quote, bracket or control character.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache

SECRET = re.compile(r"[A-Za-z0-9._-]{8,64}")
LINK_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
PBX_TRUNK = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
OML_TRUNK = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,80}")
TRANSPORT = re.compile(r"[A-Za-z0-9_-]{1,40}")
EXTENSION = re.compile(r"[0-9]{1,20}")
FALLBACK = re.compile(r"[0-9]{1,20}|(?:ivr|announcement)-[0-9]{1,6}|voicemail-[0-9]{1,20}")
DIALABLE = re.compile(r"\+?[0-9*]{1,30}")
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
"""With the accents of Western European languages: a table in latin1 holds them, too."""
DISPLAY_NAME = re.compile(f"[{_LETTERS}0-9](?:[{_LETTERS}0-9 :-]{{0,48}}[{_LETTERS}0-9])?")
"""The PBX's own page refuses to save a name with anything else (seen in a browser: `oml_camp1` cannot be saved); names
with accents it saves and shows again, in UTF-8 in tables and AstDB (measured)."""
PBX_ROUTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
OML_ROUTE_NAME = re.compile(r"[A-Za-z0-9_]{1,50}")
DIAL_OPTIONS = re.compile(r"[HhKkRrTtWw]{1,20}")
CODEC = re.compile(r"[a-z0-9]{2,20}")
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

_SSH_HOST = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
)
_HTTPS_URL = re.compile(r"https://([A-Za-z0-9.-]{1,200})(?::([0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]{0,200})?")

_LETTER_LIKE = str.maketrans("ØøŁłĐđ", "OoLlDd") | {ord("ß"): "ss", ord("Æ"): "AE", ord("æ"): "ae"}


def is_host(value: str) -> bool:
    """Whether `value` is an IPv4 address or a host name; IPv6 is not offered by the trunks of either product."""
    if re.fullmatch(r"[0-9.]+", value):
        return _is_ipv4(value)
    labels = value.split(".")
    return len(value) <= 200 and all(_HOST_LABEL.fullmatch(label) for label in labels)


def is_ssh_host(value: str) -> bool:
    """Whether `value` is `[USER@]HOST[:PORT]`; HOST may be a name of ~/.ssh/config, or an IPv6 address in brackets."""
    found = _SSH_HOST.fullmatch(value)
    return found is not None and len(value) <= 200 and (not found[1] or 1 <= int(found[1]) <= 65535)


def is_https_url(value: str) -> bool:
    """Whether `value` is `https://`, a host, and optionally a port and a path; no user, query, fragment or escape."""
    found = _HTTPS_URL.fullmatch(value)
    return found is not None and is_host(found[1]) and (not found[2] or 1 <= int(found[2]) <= 65535)


def _is_ipv4(value: str) -> bool:
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast or value == "255.255.255.255")


def plain_name(value: str, limit: int = 50) -> str:
    """`value` as an allowed display name: accents that are not allowed dropped, any other such character made a space.

    For names from OML's directory (people's names), which nobody can be asked to retype. The GUI stores
    `O'Brien` as `O\\'Brien` in one table and plainly in the others, so such names are never written as they are.
    """
    if len(value) <= limit and "  " not in value and DISPLAY_NAME.fullmatch(value):
        return value
    plain = "".join(map(_plain_letter, unicodedata.normalize("NFC", value)))
    squeezed = re.sub(r"\s+", " ", re.sub(f"[^{_LETTERS}0-9 :-]+", " ", plain)).strip(" -:")
    return squeezed[:limit].rstrip(" -:")


@lru_cache(maxsize=1024)
def _plain_letter(char: str) -> str:
    if DISPLAY_NAME.fullmatch(char):
        return char
    decomposed = unicodedata.normalize("NFKD", char.translate(_LETTER_LIKE))
    return "".join(each for each in decomposed if not unicodedata.combining(each))
