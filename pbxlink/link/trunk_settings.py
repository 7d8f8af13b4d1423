"""The trunk's settings: from one link, the PBX's peer and OML's wizard text, which therefore cannot disagree.

Sources: the guide's two lists of lines in their order; the credential matrix measured between two Asterisks
(defaultuser makes chan_sip answer the challenge; trustrpid and send_pai keep the caller's number). A pjsip trunk's
settings on the PBX differ by product: they are with its flavour.
"""

from __future__ import annotations

from collections.abc import Iterator

from pbxlink.link import registration
from pbxlink.link.model import CallerId, Link, Media, Registers, Signalling, Technology
from pbxlink.link.topology import DEFAULTS

Setting = tuple[str, str]
PEER_KEYWORDS = ("type", "host", "port", "disallow", "allow", "qualify", "secret", "fromuser", "defaultuser", "context",
                 "remotesecret", "trustrpid")  # fmt: skip
"""Every line that the agreement may put into the chan_sip peer: where it leaves one out, there must be none. Where one
side registers, those of `registration` too."""
WIZARD_KEYS = ("type", "transport", "accepts_registrations", "sends_auth", "sends_registrations", "accepts_auth",
               "endpoint/rtp_symmetric", "endpoint/force_rport", "endpoint/rewrite_contact", "endpoint/timers",
               "aor/qualify_frequency", "endpoint/allow", "endpoint/dtmf_mode", "endpoint/context", "remote_hosts",
               "inbound_auth/username", "inbound_auth/password", "outbound_auth/username", "outbound_auth/password",
               "endpoint/from_user", "endpoint/send_pai")  # fmt: skip
"""The same of OML's wizard text."""
SECURE_PEER_KEYWORDS = ("transport", "encryption")
SECURE_WIZARD_KEYS = ("identify/match", "endpoint/media_encryption")
"""Further lines of both, of links by TCP, TLS or SRTP. They are the link's where it says, or once said, more than UDP
and RTP; of others they are the administrator's, who may have put them in by hand."""


def peer_details(link: Link) -> tuple[Setting, ...]:
    """The chan_sip peer's lines in the guide's order; lines that the guide does not have come last.

    With `caller_id = trunk` these are the guide's lines with the `defaultuser` that later guides add. With `keep`,
    `fromuser` is left out (it replaces the caller's number) and `trustrpid` takes OML's asserted one. `host=dynamic`:
    OML registers.
    """
    user = link.omnileads.trunk
    keep = link.caller_id is CallerId.KEEP
    is_unnamed = keep and link.registers is not Registers.PBX
    identity = [("defaultuser", user)] if is_unnamed else [("fromuser", user), ("defaultuser", user)]
    at_address = [("host", link.omnileads.address), ("port", str(link.omnileads.sip_port))]
    return (
        ("type", "friend"),
        *([("host", "dynamic")] if link.registers is Registers.OMNILEADS else at_address),
        ("disallow", "all"),
        ("allow", "&".join(link.audio.pbx)),
        ("qualify", "yes"),
        ("secret", link.credentials.secret),
        *identity,
        ("context", link.pbx.context),
        *([("remotesecret", link.credentials.return_secret)] if link.credentials.return_secret else []),
        *([("trustrpid", "yes")] if keep else []),
        *([("transport", link.signalling.value)] if link.signalling is not Signalling.UDP else []),
        *([("encryption", "yes")] if link.media is Media.SRTP else []),
        *registration.peer_lines(link),
    )


def is_plain(link: Link) -> bool:
    """Whether the link says nothing but UDP and RTP, as all links did before it could say more."""
    return link.signalling is Signalling.UDP and link.media is Media.RTP


def wizard_settings(link: Link) -> tuple[Setting, ...]:
    """The lines of OML's trunk for the PJSIP config wizard, in the guide's order; added lines come last.

    The contact bears no `;transport=`: Asterisk sends by the endpoint's transport (measured on 16), and a `;` would
    have to be escaped through OML's stream. By TCP and TLS the PBX calls from any port, and the wizard's own identify
    knows it by that of `remote_hosts` only: `No matching endpoint found` (measured).
    """
    defaults = DEFAULTS[link.topology]
    return (
        ("type", "wizard"),
        ("transport", link.omnileads.transport),
        ("accepts_registrations", _yes_no(link.registers is Registers.PBX)),
        ("sends_auth", "yes"),
        ("sends_registrations", _yes_no(link.registers is Registers.OMNILEADS)),
        ("accepts_auth", "yes"),
        ("endpoint/rtp_symmetric", _yes_no(defaults.rtp_symmetric)),
        ("endpoint/force_rport", _yes_no(defaults.force_rport)),
        ("endpoint/rewrite_contact", _yes_no(defaults.rewrite_contact)),
        ("endpoint/timers", "yes"),
        ("aor/qualify_frequency", "60"),
        ("endpoint/allow", ",".join(link.audio.omnileads)),
        ("endpoint/dtmf_mode", "rfc4733"),
        ("endpoint/context", link.omnileads.context),
        *([] if link.registers is Registers.PBX else [("remote_hosts", _pbx(link))]),
        ("inbound_auth/username", inbound_user(link)),
        ("inbound_auth/password", link.credentials.towards_oml),
        ("outbound_auth/username", link.pbx.trunk),
        ("outbound_auth/password", link.credentials.secret),
        ("endpoint/from_user", link.pbx.trunk),
        *([("endpoint/send_pai", "yes")] if link.caller_id is CallerId.KEEP else []),
        *([("identify/match", link.pbx.address)] if link.signalling is not Signalling.UDP else []),
        *([("endpoint/media_encryption", "sdes")] if link.media is Media.SRTP else []),
        *registration.wizard_lines(link),
    )


def inbound_user(link: Link) -> str:
    """The user name in the PBX's answer to OML's challenge: chan_sip's `defaultuser`, or a pjsip trunk's own name."""
    return link.pbx.trunk if link.pbx.technology is Technology.PJSIP else link.omnileads.trunk


def wizard_text(link: Link) -> str:
    """The wizard text as OML's web form stores it: lines joined by CR LF, none at the end (recorded trunk)."""
    return "\r\n".join(f"{key}={value}" for key, value in wizard_settings(link))


def dial_string(link: Link, send: str, route_id: str, prefix: str) -> str:
    """The dial string of a custom extension: the outbound route of ours of that number, which cuts the prefix.

    Measured: so it rings wherever the PBX can use an extension, over both drivers. `SIP/<trunk>/<number>`, the guide's
    form, is never called as a static member of a queue (its hint is Unavailable), and the vendor's dialplan silently
    leaves a device whose dial string begins with PJSIP/ out of ring groups and follow-me.
    """
    return f"SIP/{link.pbx.trunk}/{send}" if link.dials_direct else f"Local/{prefix}{send}@outrt-{route_id}"


def agreed_values(link: Link) -> Iterator[tuple[str, str]]:
    """The values that must agree on both hosts, as (where, value), without secrets; shown by `check` and `status`."""
    yield "PBX trunk = OML outbound_auth/username = OML endpoint/from_user", link.pbx.trunk
    yield "PBX user = OML inbound_auth/username", inbound_user(link)
    if link.registers is not Registers.OMNILEADS:
        yield "PBX host:port", f"{link.omnileads.address}:{link.omnileads.sip_port}"
    if link.registers is not Registers.PBX:
        yield "OML remote_hosts", _pbx(link)
    yield "OML transport", link.omnileads.transport
    if not is_plain(link):
        yield "SIP, RTP", f"{link.signalling.value}, {link.media.value}"


def _pbx(link: Link) -> str:
    return f"{link.pbx.address}:{link.pbx.sip_port}"


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
