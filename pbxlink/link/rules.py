"""Values that are allowed one by one but contradict each other; and advice on a link."""

from __future__ import annotations

from collections.abc import Iterator

from pbxlink.link import charset, numbering
from pbxlink.link.model import Link, Media, Registers, Signalling, Technology, Topology
from pbxlink.messages.findings import Finding, error, info, warning
from pbxlink.messages.masking import shown

_SHORT_SECRET = 16


def contradictions(link: Link) -> Iterator[Finding]:
    """Everything in the link file that contradicts itself; errors only."""
    yield from _addresses(link)
    yield from _registration(link)
    yield from _audio(link)
    yield from of_technology(link)
    yield from _directory(link)
    yield from _names(link)


def _addresses(link: Link) -> Iterator[Finding]:
    if not link.omnileads.address:
        yield error("linkfile.required", section="omnileads", key="address")
    elif link.topology is Topology.DOCKER and link.omnileads.address != link.pbx.address:
        yield error("link.docker_address", pbx=link.pbx.address, omnileads=link.omnileads.address)
    elif link.topology is not Topology.DOCKER and link.omnileads.address == link.pbx.address:
        yield error("link.same_address", address=link.pbx.address, topology=link.topology.value)
    if link.topology is Topology.DOCKER and link.omnileads.sip_port == link.pbx.sip_port:
        yield error("link.same_port", address=link.pbx.address, port=link.pbx.sip_port)


def _registration(link: Link) -> Iterator[Finding]:
    if link.registers is Registers.NO:
        return
    if link.topology is not Topology.WAN:
        yield error("link.registers_topology", side=link.registers.value, topology=link.topology.value)
    if link.signalling is not Signalling.UDP:
        yield error("link.registers_signalling", side=link.registers.value, signalling=link.signalling.value)


def _audio(link: Link) -> Iterator[Finding]:
    if not set(link.audio.pbx) & set(link.audio.omnileads):
        yield error("link.no_codec", pbx=", ".join(link.audio.pbx), omnileads=", ".join(link.audio.omnileads))


def of_technology(link: Link) -> Iterator[Finding]:
    """What goes with chan_sip only, and what a pjsip trunk needs."""
    if link.pbx.technology is Technology.PJSIP and link.credentials.return_secret:
        yield error("link.return_secret_pjsip")
    if link.pbx.technology is Technology.PJSIP and link.dials_direct:
        yield error("link.direct_pjsip")
    is_named = link.pbx.technology is Technology.PJSIP and link.registers is Registers.PBX
    if is_named and link.pbx.trunk != link.omnileads.trunk:
        # The PBX registers, and answers the challenge, under its trunk's name (both products' generators); OML takes a
        # registration for its trunk of the name that is registered.
        yield error("link.registers_names", pbx=link.pbx.trunk, omnileads=link.omnileads.trunk)


def _directory(link: Link) -> Iterator[Finding]:
    access = link.directory
    if bool(access.url) != bool(access.token) or (access.certificate and not access.url):
        yield error("link.directory_incomplete")


def _names(link: Link) -> Iterator[Finding]:
    for number in numbering.duplicates(extension.number for extension in link.extensions):
        yield error("link.extension_twice", number=number)
    for route in link.pbx_routes:
        if not charset.PBX_ROUTE_NAME.fullmatch(route.name):
            yield error("link.pbx_route_name", name=shown(route.name))
    for oml_route in link.omnileads_routes:
        if not charset.OML_ROUTE_NAME.fullmatch(oml_route.name):
            yield error("link.oml_route_name", name=shown(oml_route.name))
    for extension in link.extensions:
        if not charset.DISPLAY_NAME.fullmatch(extension.name):
            yield error("link.extension_name", number=extension.number, name=shown(extension.name))


def advice(link: Link) -> Iterator[Finding]:
    """Warnings that follow from the link alone."""
    if any(len(secret) < _SHORT_SECRET for secret in link.credentials.all):
        yield warning("link.short_secret", length=_SHORT_SECRET)
    if link.media is Media.SRTP and link.signalling is not Signalling.TLS:
        yield warning("link.srtp_in_clear", signalling=link.signalling.value)
    known = {numbering.agent_number(agent) for agent in link.agents.listed}
    for extension in link.extensions:
        is_known = extension.is_agent or extension.send in known
        if numbering.is_taken_for_agent(extension.send) and not is_known and not link.dialplan.agents:
            yield warning("link.send_is_agent", number=extension.number, send=extension.send, id=extension.send[4:])


def not_yet(link: Link, side: str = "pbx") -> Iterator[Finding]:
    """What nobody can do over this link yet, seen from a side: the PBX alone decides which of its extensions lead to
    OML. `link` with the extensions of OML's directory."""
    follows = link.agents.from_directory or link.dids.from_directory
    if side == "pbx" and not (link.extensions or link.agents.listed or link.pbx_routes or follows):
        yield info("link.no_extension")
    if not link.omnileads_routes:
        yield info("link.no_oml_route")
