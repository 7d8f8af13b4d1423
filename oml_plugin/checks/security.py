"""What OML's Asterisk must have for a link by TCP, TLS or SRTP. No release brings any of it (read: transports and
modules.conf of its Asterisk, 1.7 to 2.x): its administrator adds it."""

from __future__ import annotations

from collections.abc import Iterator

from oml_plugin.checks.situation import Situation
from pbxlink.asterisk import security
from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Link, Media, Signalling
from pbxlink.messages.findings import Finding, error, warning


def no_transport(link: Link) -> Finding:
    """That there is none by the link's protocol, with what its administrator is to add."""
    end, signalling = link.omnileads, link.signalling.value
    return error("oml.no_transport", signalling=signalling, transport=end.transport, port=end.sip_port)


def srtp(it: Situation, ami: Ami) -> Iterator[Finding]:
    """Without the module a call by SRTP gets 488, or none is placed."""
    if it.link.media is Media.SRTP and not security.has_srtp(ami):
        yield error("oml.no_srtp")


def certificate(it: Situation, ami: Ami) -> Iterator[Finding]:
    """Asterisk closes a connection whose certificate it does not accept. Told where the file of the authorities can be
    read here: in containers it is in another one."""
    if it.link.signalling is not Signalling.TLS or not it.asking:
        return
    address, port, transport = it.link.pbx.address, it.link.pbx.sip_port, it.link.omnileads.transport
    trust = security.pjsip_trust(ami, transport)

    def untrusted(reason: str) -> Finding:
        file = trust.authorities if trust else ""
        return warning(
            "oml.distrusts", address=address, port=port, transport=transport, reason=reason, file=file or "-"
        )

    yield from security.doubts(address, port, trust, "omnileads", untrusted)
