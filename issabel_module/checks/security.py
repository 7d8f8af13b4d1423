"""What the PBX's Asterisk must have for a link by TCP, TLS or SRTP: listener, transport, module, trust."""

from __future__ import annotations

from collections.abc import Iterator

from issabel_module.asterisk import sip_drivers
from issabel_module.checks.situation import Situation
from pbxlink.asterisk import pjsip, security
from pbxlink.link.model import Media, Signalling, Technology
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown


def listening(it: Situation) -> Iterator[Finding]:
    """With nobody listening, OML's calls are refused; without the transport its trunk names, a pjsip trunk calls nobody
    although a reload says that all is well."""
    technology, signalling = it.link.pbx.technology, it.link.signalling
    if signalling is Signalling.UDP or not sip_drivers.has_driver(it.ami, technology):
        return
    named = {"technology": technology.value, "signalling": signalling.value}
    if sip_drivers.sip_port(it.ami, technology, signalling) is None:
        yield error("pbx.not_listening", **named)
    elif technology is Technology.PJSIP:
        there, transport = pjsip.bindings(it.ami, signalling), it.flavour.transport(signalling)
        if transport not in there:
            yield error("pbx.no_transport", transport=transport, existing=shown(", ".join(sorted(there))), **named)


def srtp(it: Situation) -> Iterator[Finding]:
    """Without the module a call by SRTP gets 488, or none is placed."""
    if it.link.media is not Media.SRTP:
        return
    technology = it.link.pbx.technology
    if technology is Technology.PJSIP and "media_encryption" not in it.flavour.secured_by_link(technology):
        yield error("pbx.no_srtp_field", product=it.flavour.name)
    if not security.has_srtp(it.ami):
        yield error("pbx.no_srtp")


def certificate(it: Situation) -> Iterator[Finding]:
    """Asterisk closes a connection whose certificate it does not accept; its trunk is unreachable then, and the reason
    stands in its log only. Tried from the PBX's own machine, where its files are."""
    if it.link.signalling is not Signalling.TLS or it.asked is None or not it.asked.answered():
        return
    if it.link.pbx.technology is Technology.SIP:
        trust = security.chan_sip_trust(it.ami)
    else:
        trust = security.pjsip_trust(it.ami, it.flavour.transport(Signalling.TLS))
    address, port = it.link.omnileads.address, it.link.omnileads.sip_port

    def untrusted(reason: str) -> Finding:
        file = trust.authorities if trust else ""
        return warning("pbx.distrusts", address=address, port=port, reason=reason, file=file or "-")

    yield from security.doubts(address, port, trust, "pbx", untrusted)
