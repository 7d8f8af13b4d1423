"""The checks on OML before anything is written: one for every way to fail that was found."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP

from oml_plugin.checks import other_links, security
from oml_plugin.checks.situation import Situation
from oml_plugin.kinds import dialplan as dialplan_part
from oml_plugin.kinds import route as routes
from oml_plugin.kinds import trunk as trunks
from oml_plugin.storage import directory_listing, rows
from pbxlink.asterisk import dialplan, pjsip, sip_options
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Key
from pbxlink.engine.resource_term import with_link
from pbxlink.link import numbering
from pbxlink.link.model import CallerId, Registers, Signalling, Technology, Topology
from pbxlink.messages.findings import Finding, Severity, error, info, warning
from pbxlink.messages.masking import shown

_MOST_NAMED = 8


def findings(situation: Situation, ami: Ami) -> Iterator[Finding]:
    """Runs all checks, the most serious first."""
    yield from ami.may_not(("Command", "PJSIPShowEndpoint"))
    for check in (*_ALWAYS, *_BEFORE):
        yield from check(situation)
    yield from _transport(situation, pjsip.transports(ami, situation.link.signalling))
    yield from security.srtp(situation, ami)
    yield from _context(situation, ami)
    yield from _dialplan(situation, ami)
    for check in _AFTER:
        yield from check(situation)
    yield from security.certificate(situation, ami)


def without_asterisk(situation: Situation) -> Iterator[Finding]:
    """What can be found on an OML whose Django has no AMI, and that the rest cannot."""
    for check in (*_ALWAYS, *_BEFORE, *_AFTER):
        yield from check(situation)
    yield info("oml.unchecked", transport=situation.link.omnileads.transport)
    if situation.link.dialplan.agents:
        yield error("oml.dialplan_unsupported", missing="oml_extensions_outr.conf")


def when_removing(situation: Situation) -> Iterator[Finding]:
    """Runs the checks that matter when the link is removed."""
    for check in _ALWAYS:
        yield from check(situation)


def _migrated(it: Situation) -> Iterator[Finding]:
    if not it.is_migrated or (it.link.dialplan.agents and not dialplan_part.is_migrated()):
        yield error("oml.not_migrated")


def _users_of_trunk(it: Situation) -> Iterator[Finding]:
    """Routes of others use our trunk: OML's models refuse to delete it."""
    leaving = [rows.one(image, trunks.TABLE)["id"] for image in it.leaving(trunks.NAME)]
    ours = it.ids(routes.NAME, routes.TABLE)
    for place in OrdenTroncal.objects.filter(troncal__in=leaving).select_related("ruta_saliente"):
        if str(place.ruta_saliente_id) not in ours:
            yield error("oml.trunk_in_use", route=shown(place.ruta_saliente.nombre))


def _users_of_route(it: Situation) -> Iterator[Finding]:
    for image in it.leaving(routes.NAME):
        route = RutaSaliente.objects.filter(pk=rows.one(image, routes.TABLE)["id"]).first()
        for user in routes.users_of(route) if route else ():
            yield error("oml.route_in_use", campaign=shown(user), route=route.nombre)


def _apostrophes(it: Situation) -> Iterator[Finding]:
    """With an apostrophe in any trunk, the consumer of the stream drops the whole file without a message."""
    for trunk in TroncalSIP.objects.filter(text_config__contains="'").exclude(pk__in=_rewritten(it)):
        yield error("oml.apostrophe", name=shown(trunk.nombre))


def _rewritten(it: Situation) -> set[str]:
    """The ids of the trunks whose text an apply replaces or deletes: what they contain now does not matter."""
    keys = [key for key in it.observed if key.kind == trunks.NAME and key in it.owned]
    return {str(rows.one(it.observed[key], trunks.TABLE)["id"]) for key in keys}


_ALWAYS = (_migrated, _users_of_trunk, _users_of_route, _apostrophes)


def _technology(it: Situation) -> Iterator[Finding]:
    if it.link.pbx.technology is Technology.AUTO:
        yield error("oml.auto")


def _trunk_name(it: Situation) -> Iterator[Finding]:
    name = it.link.omnileads.trunk
    if any(agent.sip_extension == name for agent in directory_listing.agents()):
        yield error("oml.trunk_is_agent", name=name)


def _transport(it: Situation, existing: Mapping[str, int]) -> Iterator[Finding]:
    """With a transport that does not exist the reload reports no error, and every call fails. Its port may differ from
    the link's where a container or a router maps it."""
    name, configured = it.link.omnileads.transport, it.link.omnileads.sip_port
    if not existing and it.link.signalling is not Signalling.UDP:
        yield security.no_transport(it.link)
    elif name not in existing:
        known = ", ".join(f"{each} ({port})" for each, port in sorted(existing.items())) or "-"
        yield error("oml.transport", transport=name, existing=known)
    elif existing[name] != configured:
        severity = Severity.ERROR if it.link.topology is Topology.LAN else Severity.WARNING
        values = {"transport": name, "listening": existing[name], "configured": configured}
        yield Finding("oml.other_port", severity, values)


def _context(it: Situation, ami: Ami) -> Iterator[Finding]:
    """Calls into a context that is not there authenticate and get 404."""
    context = it.link.omnileads.context
    if not ami.may_not(["Command"]) and dialplan.missing(ami, [context]):
        yield error("oml.no_context", context=context)


def _dialplan(it: Situation, ami: Ami) -> Iterator[Finding]:
    """The dialplan part stands on OML's own contexts: without them it could not tell a DID from an agent."""
    lacking = dialplan.missing(ami, dialplan_part.NEEDS) if it.link.dialplan.agents else []
    if lacking:
        yield error("oml.dialplan_unsupported", missing=", ".join(lacking))


def _directory(it: Situation) -> Iterator[Finding]:
    found = directory_listing.directory()
    for route in found.inbound_routes if not it.link.dialplan.agents else ():
        if numbering.is_taken_for_agent(route.did):
            yield warning("did.taken_for_agent", did=route.did, id=route.did[4:])


def _extensions(it: Situation) -> Iterator[Finding]:
    """The numbers that the link's extensions send must exist here: OML answers calls to unknown numbers too."""
    found = directory_listing.directory()
    known = {route.did for route in found.inbound_routes}
    if it.link.dialplan.agents:
        known.update(number for agent in found.agents for number in numbering.agent_numbers(agent))
    ids = {str(agent.id) for agent in found.agents}
    for extension in it.link.extensions:
        is_agent = numbering.is_taken_for_agent(extension.send) and extension.send[4:] in ids
        if extension.send not in known and not is_agent:
            yield warning("oml.did_missing", number=extension.number, send=extension.send)
    for agent in it.link.agents.listed:
        if str(agent.id) not in ids:
            yield warning("oml.agent_missing", id=agent.id, sip=agent.sip_extension)
    taken = {agent.sip_extension for agent in found.agents} & {each.number for each in it.link.extensions}
    if taken and it.link.caller_id is CallerId.KEEP:
        numbers = ", ".join(sorted(taken)[:_MOST_NAMED])
        yield warning("oml.agent_is_extension", count=len(taken), numbers=numbers)


def _patterns(it: Situation) -> Iterator[Finding]:
    """The first matching route in the order of routes is used. Agents' calls keep digits only (read): `+` and `*` are
    lost."""
    ours = it.ids(routes.NAME, routes.TABLE)
    others = PatronDeDiscado.objects.exclude(ruta_saliente__in=ours).select_related("ruta_saliente")
    theirs = [(str(each.ruta_saliente.nombre), routes.dialled(rows.row_of(each))) for each in others]
    for route in it.link.omnileads_routes:
        for pattern in (numbering.dialled(each) for each in route.patterns):
            if pattern.startswith(("+", "*", "#")):
                yield warning("oml.not_dialable", route=route.name, pattern=pattern)
            for other, dialled in theirs:
                if numbering.overlap(pattern, dialled):
                    named = with_link(Key(routes.NAME, other), it.others)
                    yield warning("oml.pattern_overlap", route=route.name, pattern=pattern, other=named,
                                  other_pattern=shown(dialled))  # fmt: skip


def _pbx(it: Situation) -> Iterator[Finding]:
    """Its name is resolved once: a silent DNS keeps each try waiting for many seconds. A PBX that registers is behind a
    router that answers nobody."""
    if it.link.registers is Registers.PBX:
        return
    address, port = it.link.pbx.address, it.link.pbx.sip_port
    try:
        found = socket.getaddrinfo(address, port, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        yield error("oml.unresolvable", host=address)
        return
    if it.asking and not sip_options.Asked(str(found[0][4][0]), port, it.link.signalling).answered():
        protocol = it.link.signalling.value.upper()
        yield warning("oml.pbx_silent", address=address, port=port, protocol=protocol)


_BEFORE = (other_links.same_name, other_links.same_peer, _technology, _trunk_name)
_AFTER = (other_links.shared_context, _directory, _extensions, _patterns, _pbx)
