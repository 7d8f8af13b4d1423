"""Where a PBX reaches the APIs of this OML, and the certificate that it meets there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, reverse

from pbxlink.link import certificate as certificates
from pbxlink.link.charset import is_https_url
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown


def path_of(name: str, *arguments: Any) -> str:
    """The path of one of our URLs. Raises SideUnavailable where OML has not loaded them.

    OML includes an add-on's URLs without a namespace, or with one named like their prefix.
    """
    for each in (name, f"pbx_link:{name}"):
        try:
            return reverse(each, args=arguments)
        except NoReverseMatch:
            continue
    raise SideUnavailable(error("token.no_api"))


def https_url(base_url: str, path: str) -> str:
    """`path` at OML's web server as the PBX reaches it (`https://oml.example`). Raises InvalidInput."""
    url = base_url.strip().rstrip("/") + path
    if not is_https_url(url):
        raise InvalidInput(error("token.url", url=shown(base_url)))
    return url


def fingerprint(given: str) -> str:
    """The fingerprint of a PEM text, or the given one. Raises InvalidInput."""
    try:
        return certificates.of_pem(given) if "BEGIN" in given else certificates.normalised(given)
    except ValueError:
        # Its first line only: somebody may have given the private key by mistake.
        raise InvalidInput(error("token.certificate", value=shown(given.strip().partition("\n")[0], 80))) from None


def served(url: str, always: bool = False) -> str:
    """The fingerprint of the certificate that the URL serves; empty where this host's authorities accept it, so that it
    can be renewed, unless `always`. Raises SideUnavailable where there is no TLS connection."""
    parts = urlsplit(url)
    ask = certificates.shown_at if always else certificates.served
    try:
        return ask(parts.hostname or "", parts.port or 443)
    except OSError as problem:
        reason = shown(problem.strerror or type(problem).__name__, 120)
        raise SideUnavailable(error("token.unreachable", url=url, reason=reason)) from None
