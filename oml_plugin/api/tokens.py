"""The tokens of the PBXs for the directory API, and the link code that carries one to its PBX."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from oml_plugin.models import DirectoryToken, RequestCount
from pbxlink.link import certificate as certificates
from pbxlink.link import link_code
from pbxlink.link.charset import is_https_url
from pbxlink.link.model import DirectoryAccess, Link
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

URL_NAME = "pbx_link_directory"
_BYTES = 32
_NAMES = (URL_NAME, f"pbx_link:{URL_NAME}")
"""OML includes an add-on's URLs without a namespace, or with one named like their prefix."""


def issue(link_name: str) -> str:
    """A new token of 256 random bits for the link; it replaces an earlier one. Only its hash is stored."""
    token = secrets.token_urlsafe(_BYTES)
    values = {"digest": _digest(token), "created": timezone.now(), "last_used": None}
    DirectoryToken.objects.update_or_create(link=link_name, defaults=values)
    return token


def revoke(link_name: str) -> bool:
    """Deletes the link's token, which is refused from now on. Returns whether there was one."""
    with transaction.atomic():
        RequestCount.objects.filter(who=counter_of(link_name)).delete()
        count, _ = DirectoryToken.objects.filter(link=link_name).delete()
    return bool(count)


def describe(link_name: str) -> dict[str, Any] | None:
    """When the link's token was made and last used (`created`, `last_used`: datetime; None where never used). None
    where the link has no token."""
    return DirectoryToken.objects.filter(link=link_name).values("created", "last_used").first()


def link_of(token: str) -> str | None:
    """The name of the link with this token; None where there is none. Looked up by hash, so that the time of the search
    says nothing about a token."""
    digest = _digest(token)
    found = DirectoryToken.objects.filter(digest=digest).first()
    return found.link if found and hmac.compare_digest(found.digest, digest) else None


def note_use(link_name: str) -> None:
    """Records that the token was used now."""
    DirectoryToken.objects.filter(link=link_name).update(last_used=timezone.now())


def counter_of(link_name: str) -> str:
    """The name under which requests with the link's token are counted."""
    return f"token:{link_name}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def code_for_pbx(link: Link, base_url: str, certificate: str = "") -> str:
    """The link code for the PBX: the link with the URL and token for this OML's directory.

    `base_url` is how the PBX reaches OML's web server (`https://oml.example`). `certificate` is a fingerprint or a PEM
    text. Empty: the certificate that the URL serves, or none where this host's authorities accept it, so that it can be
    renewed. Where no rule of the link derives extensions from the directory, both rules are switched on. The new token
    is issued last: where anything fails, the link's earlier token stays valid.

    Raises InvalidInput for an invalid URL or certificate, SideUnavailable where the URL cannot be reached.
    """
    url = _url(base_url)
    pinned = _fingerprint(certificate) if certificate else _served(url)
    wanting = _deriving(link)
    return link_code.encode(replace(wanting, directory=DirectoryAccess(url, issue(link.name), pinned)))


def _url(base_url: str) -> str:
    url = base_url.strip().rstrip("/") + _path()
    if not is_https_url(url):
        raise InvalidInput(error("token.url", url=shown(base_url)))
    return url


def _path() -> str:
    for name in _NAMES:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    raise SideUnavailable(error("token.no_api"))


def _fingerprint(given: str) -> str:
    try:
        return certificates.of_pem(given) if "BEGIN" in given else certificates.normalised(given)
    except ValueError:
        # Its first line only: somebody may have given the private key by mistake.
        raise InvalidInput(error("token.certificate", value=shown(given.strip().partition("\n")[0], 80))) from None


def _served(url: str) -> str:
    parts = urlsplit(url)
    try:
        return certificates.served(parts.hostname or "", parts.port or 443)
    except OSError as problem:
        reason = shown(problem.strerror or type(problem).__name__, 120)
        raise SideUnavailable(error("token.unreachable", url=url, reason=reason)) from None


def _deriving(link: Link) -> Link:
    if link.agents.from_directory or link.dids.from_directory:
        return link
    return replace(link, agents=replace(link.agents, from_directory=True), dids=replace(link.dids, from_directory=True))
