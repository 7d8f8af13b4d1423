"""Invitations to PBXs: made here, redeemed once, and the session of the PBX that redeemed one.

The PBX chooses its session's secret and sends it along, so that it may ask again where the answer was lost: the
invitation is bound to the first secret, and any other is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from oml_plugin.api import addresses, tokens
from oml_plugin.models import Pairing
from pbxlink.link import invitation as invitations
from pbxlink.link.charset import is_host
from pbxlink.link.invitation import Invitation
from pbxlink.messages.errors import InvalidInput, Refused
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

URL_NAME = "pbx_link_pair"
FIRST = "redeem"
MINUTES = 15
"""How long an invitation may be redeemed."""
_SESSION = timedelta(hours=24)
_KEPT = timedelta(days=7)
"""How long it is known that an invitation was used, so that this is said instead of "unknown"."""
_BYTES = 32
INVITED, REDEEMED, APPLYING, LINKED, UNDONE = "invited", "redeemed", "applying", "linked", "undone"


def invite(base_url: str, address: str, certificate: str = "") -> str:
    """A new invitation, as one line. `base_url`: OML's web server as the PBX reaches it; `address`: OML's SIP address
    for the PBX; `certificate`: a fingerprint or PEM text, empty for that which the URL serves.

    Raises InvalidInput where one of them is not allowed, SideUnavailable where the URL cannot be reached.
    """
    require_address(address)
    first = addresses.https_url(base_url, addresses.path_of(URL_NAME, FIRST))
    pinned = addresses.fingerprint(certificate) if certificate else addresses.served(first, always=True)
    now = timezone.now()
    Pairing.objects.filter(expires__lt=now).update(code="")
    Pairing.objects.filter(expires__lt=now - _KEPT).delete()
    token = secrets.token_urlsafe(_BYTES)
    Pairing.objects.create(
        invitation=tokens.digest_of(token), session=None, stage=INVITED, created=now,
        expires=now + timedelta(minutes=MINUTES), peer="", link="", code="",
    )  # fmt: skip
    return invitations.encode(Invitation(first.removesuffix(f"{FIRST}/"), address, pinned, token))


def require_address(address: str) -> None:
    """Raises InvalidInput where a PBX cannot reach OML's SIP by it."""
    if not is_host(address):
        raise InvalidInput(error("invite.address", address=shown(address)))


def redeem(token: str, session: str, peer: str) -> Pairing | None:
    """Binds the invitation to the session's secret; None where there is no such invitation. While that is good
    the same session may begin again, where an answer was lost or it left what it had planned. Raises Refused where
    another PBX redeemed it, the session has a link by it, or its time is over."""
    given = Pairing.objects.filter(invitation=tokens.digest_of(token))
    if not given.exists():
        return None
    mine = tokens.digest_of(session)
    now = timezone.now()
    values = {"session": mine, "stage": REDEEMED, "expires": now + _SESSION, "peer": peer}
    is_good = Q(created__gte=now - timedelta(minutes=MINUTES))
    is_free = Q(session=None, expires__gte=now) | Q(session=mine, stage__in=(REDEEMED, UNDONE))
    if given.filter(is_good & is_free).update(**values):
        return given.get()
    found = given.get()
    is_late = found.session is None or (found.session == mine and found.stage in (REDEEMED, UNDONE))
    raise Refused(error("pair.expired", minutes=MINUTES) if is_late else error("pair.used", peer=shown(found.peer)))


def of_session(secret: str) -> Pairing | None:
    """The pairing of a session; None where there is none. Raises Refused where its time is over."""
    found = Pairing.objects.filter(session=tokens.digest_of(secret)).first()
    if found is not None and found.expires < timezone.now():
        raise Refused(error("pair.session_over", hours=int(_SESSION.total_seconds()) // 3600))
    return found


def reached(pairing: Pairing, stage: str, **values: str) -> None:
    """Notes the stage, with other values of the row."""
    Pairing.objects.filter(pk=pairing.pk).update(stage=stage, **values)


def under_way() -> Sequence[Pairing]:
    """Those of which nobody knows yet how they end, the latest first."""
    open_ones = Pairing.objects.filter(stage__in=(INVITED, REDEEMED, APPLYING), expires__gte=timezone.now())
    return list(open_ones.order_by("-created"))
