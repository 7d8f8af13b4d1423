"""Names for one link more: free beside the links, trunks and routes that this OML has."""

from __future__ import annotations

from collections.abc import Iterable

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP

from oml_plugin.storage import directory_listing, saved_links
from oml_plugin.storage.database_errors import database_told
from oml_plugin.storage.ownership import Ownership
from pbxlink.link import free_name

_LONGEST_LINK, _LONGEST_NAME = 32, 80


def link_name(usual: str = free_name.LINK) -> str:
    """A name that no saved link and no link in force has."""
    return free_name.free_name(usual, link_names(), _LONGEST_LINK)


def link_names() -> list[str]:
    """The names of all saved links and links in force."""
    with database_told("link"):
        return sorted({*saved_links.names(), *Ownership("").links()})


def trunk_name(usual: str = free_name.OML_TRUNK) -> str:
    """A name that no trunk and no agent's SIP extension has."""
    with database_told("trunk"):
        return free_name.free_name(usual, [*_names(TroncalSIP), *_sip_extensions()], _LONGEST_NAME)


def route_name(usual: str) -> str:
    """A name that no outbound route has."""
    with database_told("route"):
        return free_name.free_name(usual, _names(RutaSaliente), _LONGEST_NAME)


def _names(model: type[TroncalSIP] | type[RutaSaliente]) -> Iterable[str]:
    return [str(name) for name in model.objects.values_list("nombre", flat=True)]


def _sip_extensions() -> Iterable[str]:
    return [agent.sip_extension for agent in directory_listing.agents()]
