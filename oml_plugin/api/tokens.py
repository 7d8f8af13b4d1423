"""The tokens of the PBXs for the directory API, and the link code that carries one to its PBX."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from oml_plugin.api import addresses
from oml_plugin.models import DirectoryReport, DirectoryToken, RequestCount
from pbxlink.link import link_code
from pbxlink.link.model import DirectoryAccess, Link

URL_NAME = "pbx_link_directory"
_BYTES = 32


def issue(link_name: str) -> str:
    """A new token of 256 random bits for the link; it replaces an earlier one. Only its hash is stored."""
    token = secrets.token_urlsafe(_BYTES)
    accept(link_name, token)
    return token


def accept(link_name: str, token: str) -> None:
    """Takes `token` as the link's; it replaces an earlier one. Only its hash is stored."""
    values = {"digest": digest_of(token), "created": timezone.now(), "last_used": None}
    DirectoryToken.objects.update_or_create(link=link_name, defaults=values)


def revoke(link_name: str) -> bool:
    """Deletes the link's token, which is refused from now on. Returns whether there was one."""
    with transaction.atomic():
        RequestCount.objects.filter(who=counter_of(link_name)).delete()
        DirectoryReport.objects.filter(link=link_name).delete()
        count, _ = DirectoryToken.objects.filter(link=link_name).delete()
    return bool(count)


def describe(link_name: str) -> dict[str, Any] | None:
    """When the link's token was made and last used (`created`, `last_used`: datetime; None where never used). None
    where the link has no token."""
    return DirectoryToken.objects.filter(link=link_name).values("created", "last_used").first()


def link_of(token: str) -> str | None:
    """The name of the link with this token; None where there is none. Looked up by hash, so that the time of the search
    says nothing about a token."""
    digest = digest_of(token)
    found = DirectoryToken.objects.filter(digest=digest).first()
    return found.link if found and hmac.compare_digest(found.digest, digest) else None


def note_use(link_name: str) -> None:
    """Records that the token was used now."""
    DirectoryToken.objects.filter(link=link_name).update(last_used=timezone.now())


def counter_of(link_name: str) -> str:
    """The name under which requests with the link's token are counted."""
    return f"token:{link_name}"


def digest_of(token: str) -> str:
    """The hash by which a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def directory_url(base_url: str) -> str:
    """The directory's URL; `base_url` is how the PBX reaches OML's web server (`https://oml.example`). Raises
    InvalidInput."""
    return addresses.https_url(base_url, addresses.path_of(URL_NAME))


def code_for_pbx(link: Link, base_url: str, pinned: str) -> str:
    """The link code for the PBX: the link with the URL and a new token for this OML's directory.

    `pinned` is the fingerprint of the certificate that the PBX will meet there; empty: its authorities decide. Where no
    rule of the link derives extensions from the directory, both rules are switched on. The new token is issued last:
    where anything fails, the link's earlier token stays valid. Raises InvalidInput for an invalid URL.
    """
    url = directory_url(base_url)
    wanting = deriving(link)
    return link_code.encode(replace(wanting, directory=DirectoryAccess(url, issue(link.name), pinned)))


def deriving(link: Link) -> Link:
    """The link as its PBX gets it with a token: where no rule of it derives extensions from the directory, both do."""
    if link.agents.from_directory or link.dids.from_directory:
        return link
    return replace(link, agents=replace(link.agents, from_directory=True), dids=replace(link.dids, from_directory=True))
