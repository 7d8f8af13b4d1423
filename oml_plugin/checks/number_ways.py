"""What OML does with a number: an inbound route, an agent, or the outbound route that takes it."""

from __future__ import annotations

from collections.abc import Sequence

from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado
from ominicontacto_app.services.redis.redis_streams import RedisStreams
from redis import RedisError

from oml_plugin.kinds import route as routes
from oml_plugin.storage import directory_listing, rows
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Sight, Step
from pbxlink.link import numbering
from pbxlink.link.model import Agent, Link
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown


def sight(ami: Ami, link: Link, number: str) -> tuple[Sight, str]:
    """What takes the number, with the cause where nothing does; and the number that the PBX is called by for it."""
    found = directory_listing.directory()
    route = next((each for each in found.inbound_routes if each.did == number), None)
    if route is not None:
        taken = [] if link.dialplan.agents or not numbering.is_taken_for_agent(number) else [
            warning("did.taken_for_agent", did=number, id=number[4:])]  # fmt: skip
        return Sight(Step.NUMBER, not taken, f"{number}: {shown(route.name)}", TO_OML, taken), ""
    agent = _agent(link, found.agents, number)
    if agent is not None:
        status, causes = _of_agent(ami, agent)
        return Sight(Step.NUMBER, not causes, f"{number}: {shown(agent.name)} {status}", TO_OML, causes), ""
    return _outbound(link, number)


def _agent(link: Link, agents: Sequence[Agent], number: str) -> Agent | None:
    """The agent whose number it is: by OML's own rule the id behind four digits, by the dialplan part also others."""
    for agent in agents:
        if link.dialplan.agents and number in numbering.agent_numbers(agent):
            return agent
        if numbering.is_taken_for_agent(number) and number[4:] == str(agent.id):
            return agent
    return None


def _of_agent(ami: Ami, agent: Agent) -> tuple[str, list[Finding]]:
    """The agent's status in OML's Redis, and whether its telephone is registered."""
    values = {"name": shown(agent.name or agent.id), "sip": agent.sip_extension}
    status = _status(agent)
    if status.startswith(("OFFLINE", "UNAVAILABLE", "DISABLED")) or not status:
        return status or "-", [error("cause.agent_out", status=status or "-", **values)]
    phone = pjsip.endpoint(ami, agent.sip_extension)
    if phone is None or not phone.contact or phone.status == "Unreachable":
        return status, [error("cause.agent_phone", status=phone.status if phone else "-", **values)]
    return status, []


def _status(agent: Agent) -> str:
    try:
        found = RedisStreams().connection.hget(f"OML:AGENT:{agent.id}", "STATUS")
    except (RedisError, OSError):
        return "?"
    return shown(found.decode("utf-8", "replace") if isinstance(found, bytes) else found or "")


def _outbound(link: Link, number: str) -> tuple[Sight, str]:
    """The first route whose pattern takes it, in OML's order, and the number as the trunk sends it."""
    patterns = PatronDeDiscado.objects.select_related("ruta_saliente").order_by("ruta_saliente__orden", "orden")
    for pattern in patterns:
        dialled = routes.dialled(rows.row_of(pattern))
        if numbering.matches(dialled, number):
            name = str(pattern.ruta_saliente.nombre)
            seen = f"{number}: {shown(name)} {dialled}"
            trunks = OrdenTroncal.objects.filter(ruta_saliente=pattern.ruta_saliente).order_by("orden")
            if link.omnileads.trunk in {str(each.troncal.nombre) for each in trunks.select_related("troncal")}:
                sent = f"{pattern.prepend or ''}{number[len(str(pattern.prefix or '')) :]}"
                return Sight(Step.NUMBER, True, f"{seen} -> {sent}", TO_PBX), sent
            return Sight(Step.NUMBER, False, seen, TO_PBX, _hidden(link, number, name)), ""
    return Sight(Step.NUMBER, False, f"{number}: -", TO_PBX, [error("cause.number_missing", number=number)]), ""


def _hidden(link: Link, number: str, other: str) -> list[Finding]:
    ours = [
        each.name for each in link.omnileads_routes
        if any(numbering.matches(numbering.dialled(pattern), number) for pattern in each.patterns)
    ]  # fmt: skip
    return [error("cause.route_hidden", number=number, route=ours[0], other=shown(other))] if ours else []
