"""`diagnose` on OML: the way of a call to the PBX, and what OML has for a number that the PBX or an agent calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oml_plugin.checks import number_ways
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.diagnosis import arrivals, hearing, registered, security_log
from pbxlink.diagnosis.arrivals import Awaited
from pbxlink.diagnosis.causes import is_seen
from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Sight, Step
from pbxlink.diagnosis.walk import Way, protocol, waits_for_audio
from pbxlink.link.model import Link, Registers, Technology, Topology
from pbxlink.messages.findings import Finding, error

ECHO = "*43"
"""The echo test of Issabel and FreePBX: an announcement, then what was said comes back. OML can call it like any number
of the PBX."""


def diagnose(
    address: AmiAddress, link: Link, number: str, findings: Sequence[Finding], may_come: Awaited
) -> Iterator[Sight]:
    """The sights of OML. Raises SideUnavailable where its Asterisk does not answer."""
    with Ami(address, events="call") as ami, Ami(address, events="security") as log:
        has_driver = ami.found("ModuleCheck", {"Module": "chan_pjsip"}, absent="not loaded") is not None
        missing = [] if has_driver else [error("cause.no_pjsip")]
        bound = pjsip.bindings(ami, link.signalling).get(link.omnileads.transport) if has_driver else None
        yield Sight(Step.DRIVER, has_driver, f"{link.omnileads.transport} {bound or '-'}", "", missing)
        found = pjsip.endpoint(ami, link.omnileads.trunk) if has_driver else None
        is_accepted, contact = link.registers is Registers.PBX, found.contact if found else ""
        is_loaded = found is not None and (is_accepted or bool(contact))
        yield Sight(Step.LOADED, is_loaded, f"{link.omnileads.trunk} {contact or '-'}")
        if is_loaded:
            yield from registered.sights(ami, link, "omnileads", contact)
        called = ""
        if number:
            of_number, called = number_ways.sight(ami, link, number)
            yield of_number
        if found is not None and contact:
            yield from arrivals.walked(address, ami, link, _way(link, found, called, is_seen(findings)), may_come)
        where = found.address if found and is_accepted and contact else link.pbx.address
        yield from security_log.refusals(log, "omnileads", "pbx", hearing.resolved(where), TO_OML)


def _way(link: Link, found: pjsip.Endpoint, called: str, is_explained: bool) -> Way:
    is_accepted = link.registers is Registers.PBX
    address, port = (found.address, found.port) if is_accepted else (link.pbx.address, str(link.pbx.sip_port))
    return Way(
        TO_PBX, "omnileads", "pbx", Technology.PJSIP, link.omnileads.trunk, address, port,
        found.status, called or ECHO, is_real=bool(called), speaks=not called,
        routed=link.topology is not Topology.LAN, waits=waits_for_audio(link, "omnileads"),
        is_registered=is_accepted, protocol=protocol(link), is_explained=is_explained,
    )  # fmt: skip
