"""`diagnose` on the PBX: the way of a call to OML, and what the PBX has for a number that OML or an extension calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from issabel_module.asterisk import sip_drivers
from issabel_module.asterisk.sip_drivers import TrunkState
from issabel_module.checks import firewall, number_ways
from issabel_module.host.host import Host
from issabel_module.storage.database import Database
from pbxlink.asterisk import trial_call
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.diagnosis import arrivals, hearing, registered, security_log
from pbxlink.diagnosis.arrivals import Awaited
from pbxlink.diagnosis.causes import is_seen
from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Sight, Step
from pbxlink.diagnosis.walk import Way, protocol, waits_for_audio
from pbxlink.link.model import Link, Registers, Topology
from pbxlink.messages.findings import Finding


def diagnose(
    address: AmiAddress,
    database: Database,
    host: Host,
    link: Link,
    number: str,
    findings: Sequence[Finding],
    may_come: Awaited,
) -> Iterator[Sight]:
    """The sights of the PBX. Raises SideUnavailable where its Asterisk does not answer."""
    sends = next((each.send for each in link.extensions if each.number == number), "")
    is_accepted = link.registers is Registers.OMNILEADS
    with Ami(address, events="call") as ami, Ami(address, events="security") as log:
        has_driver = sip_drivers.has_driver(ami, link.pbx.technology)
        state = sip_drivers.trunk_state(ami, link.pbx.technology, link.pbx.trunk) if has_driver else None
        port = sip_drivers.sip_port(ami, link.pbx.technology, link.signalling) if has_driver else None
        yield Sight(Step.DRIVER, has_driver, f"{link.pbx.technology.value} {link.signalling.value} :{port}")
        yield Sight(Step.LOADED, state is not None, f"{link.pbx.trunk} {_shown(state)}")
        contact = state.address if state and is_accepted else ""
        yield from registered.sights(ami, link, "pbx", contact)
        far = hearing.resolved(contact or link.omnileads.address)
        banned = list(firewall.against(host, far))
        yield from banned
        if number:
            yield number_ways.sight(database, link, number, TO_OML if sends else TO_PBX)
        if state is not None and (contact or not is_accepted):
            known = is_seen([*findings, *(cause for each in banned for cause in each.causes)])
            yield from arrivals.walked(address, ami, link, _way(link, state, sends, known), may_come)
        yield from security_log.refusals(log, "pbx", "omnileads", far, TO_PBX)


def _shown(state: TrunkState | None) -> str:
    return f"{state.address}:{state.port} {state.status}" if state else "-"


def _way(link: Link, state: TrunkState, sends: str, is_explained: bool) -> Way:
    """An unknown number is answered by OML with an announcement (measured)."""
    end = link.omnileads
    is_accepted = link.registers is Registers.OMNILEADS
    address, port = (state.address, state.port) if is_accepted else (end.address, str(end.sip_port))
    return Way(
        TO_OML, "pbx", "omnileads", link.pbx.technology, link.pbx.trunk, address, port, state.status,
        sends or trial_call.unknown_number(),
        is_real=bool(sends), speaks=False, routed=link.topology is Topology.DOCKER or is_accepted,
        waits=waits_for_audio(link, "pbx"), is_registered=is_accepted, protocol=protocol(link),
        is_explained=is_explained,
    )  # fmt: skip
