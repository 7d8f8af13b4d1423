"""Reads OML's directory: its inbound routes and agents."""

from __future__ import annotations

from configuracion_telefonia_app.models import RutaEntrante
from ominicontacto_app.models import AgenteProfile

from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.model import Agent


def directory() -> Directory:
    """Inbound routes by DID, and active agents by id."""
    routes = RutaEntrante.objects.order_by("telefono").values_list("telefono", "nombre")
    return Directory(tuple(InboundRoute(did, name) for did, name in routes), tuple(agents()))


def agents() -> list[Agent]:
    """The agents that are neither deleted nor inactive."""
    active = AgenteProfile.objects.filter(borrado=False, is_inactive=False, user__borrado=False)
    needed = ("sip_extension", "user", "user__first_name", "user__last_name")  # thousands of rows, dozens of columns
    found = active.select_related("user").only(*needed).order_by("pk")
    return [Agent(agent.pk, str(agent.sip_extension), agent.user.get_full_name()) for agent in found]
