"""What hands made towards an OML: the trunk, whatever its name, the routes to it, and the extensions that dial it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from issabel_module.checks import peers
from issabel_module.flavours.flavour import Flavour
from issabel_module.kinds import trunk as trunks
from issabel_module.storage.database import Database
from pbxlink.asterisk.addresses import addresses
from pbxlink.link import numbering
from pbxlink.link.model import Link, Registers, Technology

_FINAL_ROUTE = re.compile(r"Local/([0-9*#+]+)@outrt-(\d+)(?:/n)?", re.IGNORECASE)

Pattern = tuple[str, str, str]
"""A dial pattern as (prepend, prefix, match)."""


@dataclass(frozen=True)
class FoundExtension:
    """A custom extension that dials through the trunk; `sent` is what arrives on the other side."""

    number: str
    sent: str
    name: str


@dataclass(frozen=True)
class FoundRoute:
    """An outbound route that leads to the trunk and to no other."""

    name: str
    patterns: Sequence[Pattern]
    intracompany: bool


@dataclass(frozen=True)
class FoundTrunk:
    """A trunk to that OML, with everything that leads through it. Its settings, secret included, are not shown."""

    name: str
    technology: Technology
    host: str
    port: str
    settings: Mapping[str, str] = field(repr=False)
    extensions: Sequence[FoundExtension]
    routes: Sequence[FoundRoute]
    disabled: bool = False


def find(database: Database, flavour: Flavour, link: Link) -> list[FoundTrunk]:
    """The trunks to the link's OML, those on its port first if there are any, else those on any port. Of an OML that
    registers the trunk of the link's name, where that waits for a registration."""
    port, wanted = link.omnileads.sip_port, addresses(link.omnileads.address)
    if link.registers is Registers.OMNILEADS:
        waiting = {"", trunks.DYNAMIC}
        return [each for each in _trunks(database, flavour) if each.name == link.pbx.trunk and each.host in waiting]
    found = [each for each in _trunks(database, flavour) if addresses(each.host) & wanted]
    return [each for each in found if each.port == str(port)] or found


def _trunks(database: Database, flavour: Flavour) -> Iterator[FoundTrunk]:
    for number, tech, name, disabled in database.column_values("trunks", "trunkid", "tech", "channelid", "disabled"):
        places = flavour.settings_places(str(tech), str(number))
        if places:
            table, place = places[0]
            lines = {str(row["keyword"]): str(row["data"] or "") for row in database.rows(table, "id", [place])}
            host, port = peers.far_end(flavour, lines)
            routes = _routes(database, str(number))
            extensions = list(_extensions(database, str(name), routes))
            technology = Technology(str(tech))
            yield FoundTrunk(str(name), technology, host, port, lines, extensions, [*routes.values()], disabled == "on")


def _routes(database: Database, trunk_id: str) -> dict[str, FoundRoute]:
    """The routes that lead to this trunk and to no other, by id; an emergency route stays its administrator's."""
    leading: dict[str, set[str]] = {}
    for route_id, trunk in database.column_values("outbound_route_trunks", "route_id", "trunk_id"):
        leading.setdefault(str(route_id), set()).add(str(trunk))
    columns = ("route_id", "prepend_digits", "match_pattern_prefix", "match_pattern_pass")
    patterns: dict[str, list[Pattern]] = {}
    for route_id, *parts in database.column_values("outbound_route_patterns", *columns):
        prepend, prefix, match = (part or "" for part in parts)
        patterns.setdefault(str(route_id), []).append((prepend, prefix, match))
    rows = database.column_values("outbound_routes", "route_id", "name", "intracompany_route", "emergency_route")
    return {
        str(number): FoundRoute(str(name), patterns.get(str(number), []), is_intracompany == "YES")
        for number, name, is_intracompany, is_emergency in rows
        if leading.get(str(number)) == {trunk_id} and is_emergency != "YES"
    }


def _extensions(database: Database, trunk: str, routes: Mapping[str, FoundRoute]) -> Iterator[FoundExtension]:
    by_peer = re.compile(
        rf"(?:SIP/{re.escape(trunk)}/([0-9*+]+)|PJSIP/([0-9*+]+)@{re.escape(trunk)}"
        rf"|PJSIP/{re.escape(trunk)}/sip:([0-9*+]+)@[^&/]*)",
        re.IGNORECASE,
    )
    for number, tech, dial, name in database.column_values("devices", "id", "tech", "dial", "description"):
        if tech != "custom":
            continue
        peer, route = by_peer.fullmatch(dial or ""), _FINAL_ROUTE.fullmatch(dial or "")
        if peer:
            yield FoundExtension(str(number), next(filter(None, peer.groups())), name or "")
        elif route and route.group(2) in routes:
            yield FoundExtension(str(number), _sent(route.group(1), routes[route.group(2)].patterns), name or "")


def _sent(dialled: str, patterns: Sequence[Pattern]) -> str:
    """What the route makes of a number."""
    for prepend, prefix, match in patterns:
        rest = dialled[len(prefix) :]
        if dialled.startswith(prefix) and numbering.matches(match, rest):
            return prepend + rest
    return dialled
