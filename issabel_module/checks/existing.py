"""What a PBX has already, so that a new link takes free names, and what it can offer to OML."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from issabel_module.checks import number_sources
from issabel_module.storage.database import Database
from pbxlink.engine.plan import Key

_INTERNAL = frozenset({"number.users", "number.ringgroups", "number.queues", "number.meetme"})
"""The kinds whose numbers somebody on OML may want to call or transfer to."""


@dataclass(frozen=True)
class Existing:
    """`trunk_names`: those of trunks and devices. `routes`: names of outbound routes. `internal`: numbers of
    extensions, ring groups, queues and conferences, those of links left out; `outside`: dial patterns of the outbound
    routes that are no link's; `numbers`: all that are taken, but by a link's extensions."""

    links: frozenset[str]
    trunk_names: frozenset[str]
    routes: frozenset[str]
    internal: tuple[str, ...]
    outside: tuple[str, ...]
    numbers: frozenset[str] = frozenset()


def read(database: Database, links: Collection[str], of_links: Mapping[Key, str], name: str = "") -> Existing:
    """`of_links`: all that links own, with their names; `name`: of a link that is made anew, whose routes are free."""
    routes = {str(route) for (route,) in database.column_values("outbound_routes", "name")}
    anew = {key.name for key, link in of_links.items() if key.kind == "route" and link == name}
    extensions = {key.name for key in of_links if key.kind == "extension"}
    taken = number_sources.everything(database)
    return Existing(
        frozenset(links),
        frozenset(_trunk_names(database)),
        frozenset(routes - anew),
        tuple(sorted({each.number for each in taken if _is_internal(each)} - extensions)),
        tuple(dict.fromkeys(_outside(database, {key.name for key in of_links if key.kind == "route"}))),
        frozenset({each.number for each in taken} - extensions),
    )


def _trunk_names(database: Database) -> Iterator[str]:
    for table, column in (("trunks", "name"), ("trunks", "channelid"), ("devices", "id")):
        yield from (str(value) for (value,) in database.column_values(table, column) if value)


def _is_internal(taken: number_sources.Taken) -> bool:
    return taken.kind in _INTERNAL and taken.number.isdigit()


def _outside(database: Database, ours: Collection[str]) -> Iterator[str]:
    patterns = number_sources.route_patterns(database)
    with_trunk = {str(route) for (route,) in database.column_values("outbound_route_trunks", "route_id")}
    for each in sorted(patterns, key=lambda pattern: (len(pattern.route_id), pattern.route_id)):
        if each.route not in ours and each.route_id in with_trunk:
            yield each.pattern
