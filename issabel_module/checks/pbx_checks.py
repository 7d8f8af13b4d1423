"""The checks on the PBX before anything is written: one for every way to fail that was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from issabel_module.asterisk import reload, sip_drivers
from issabel_module.checks import (
    contexts,
    database_rights,
    fallbacks,
    leaving,
    number_clashes,
    number_sources,
    peers,
    security,
)
from issabel_module.checks.situation import Situation
from issabel_module.kinds import route as routes
from issabel_module.kinds import trunk as trunks
from issabel_module.storage.database import Database
from issabel_module.storage.tables import OUTSIDE_DATABASE, PRIMARY_KEYS
from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.plan import Image, Key
from pbxlink.engine.resource_term import with_link
from pbxlink.link import numbering
from pbxlink.link.model import Registers, Signalling
from pbxlink.messages.findings import Finding, Severity, error, info, warning
from pbxlink.messages.masking import shown


def findings(situation: Situation, clashes: number_clashes.Clashes) -> Iterator[Finding]:
    """Runs all checks, the most serious first."""
    for check in (_rights, _drivers, security.listening, security.srtp):
        yield from check(situation)
    yield from situation.flavour.cannot(situation.link)
    yield from number_clashes.findings(situation, clashes)
    for check in _CHECKS:
        yield from check(situation)


def _drivers(it: Situation) -> Iterator[Finding]:
    technology = it.link.pbx.technology
    if not sip_drivers.has_driver(it.ami, technology):
        yield error("pbx.no_driver", technology=technology.value)
        return
    listening = sip_drivers.sip_port(it.ami, technology, it.link.signalling)
    if listening is not None and listening != it.link.pbx.sip_port:
        yield error("pbx.other_port", technology=technology.value, listening=listening, configured=it.link.pbx.sip_port)
    named = it.flavour.port_in_settings(technology) if it.link.signalling is Signalling.UDP else None
    if listening is not None and named is not None and named != listening:
        yield warning("pbx.port_to_come", technology=technology.value, listening=listening, named=named)


_ACTIONS = ("DBGet", "DBPut", "DBDel", "Command")
_GLOBALS = ("Getvar", "Setvar")


def _rights(it: Situation) -> Iterator[Finding]:
    yield from it.ami.may_not((*_ACTIONS, *(_GLOBALS if it.flavour.stale_globals("", "0") else ())))
    yield from database_rights.missing(it.database)


_IN_QUEUE = re.compile(r"Local/([0-9]+)@from-queue")


def _direct_in_queue(it: Situation) -> Iterator[Finding]:
    """Measured: `SIP/<trunk>/<number>` has the hint Unavailable, and a queue never calls a static member that has."""
    ours = {each.number for each in it.link.extensions} if it.link.dials_direct else set()
    for queue, keyword, data in it.database.column_values("queues_details", "id", "keyword", "data") if ours else ():
        member = _IN_QUEUE.match(data or "")
        if keyword == "member" and member and member[1] in ours:
            yield warning("pbx.direct_in_queue", number=member[1], queue=shown(queue))


_MOST_PATTERNS = 240
"""Of a route's page: four fields each, and PHP takes 1,000 (max_input_vars). With 300 the page saved 246 of them and
lost the trunk, whose fields come last (measured)."""


def _page_of_route(it: Situation) -> Iterator[Finding]:
    for key, image in it.desired.items():
        count = len(image.get("outbound_route_patterns", ()))
        if count > _MOST_PATTERNS:
            yield warning("pbx.route_too_large", route=key.name, count=count, most=_MOST_PATTERNS)


def _disabled(it: Situation) -> Iterator[Finding]:
    for key, image in it.observed.items():
        if key in it.owned and key.kind == trunks.NAME and trunks.is_disabled(image):
            yield warning("pbx.trunk_disabled", trunk=key.name)


def _pending(it: Situation) -> Iterator[Finding]:
    if reload.is_pending(it.database):
        yield warning("reload.pending")


def _lengths(it: Situation) -> Iterator[Finding]:
    """A cell longer than its column: an error in strict mode; otherwise MySQL cuts it silently, and AstDB does not."""
    longest = _longest(it.desired.values())
    fitting = {template for template, lengths in longest.items() if _fits(it.database, template, lengths)}
    for key, image in it.desired.items():
        if isinstance(image, Templated) and image.template in fitting:
            continue
        for table, rows in image.items():
            if not table.startswith("astdb"):
                yield from _too_long(it.database, key, table, rows)


def _longest(images: Iterable[Image]) -> dict[Template, list[int]]:
    """By template, how many characters the longest of its images' first values has, of their second ones, and so on."""
    values: dict[Template, list[Sequence[str]]] = {}
    for image in images:
        if isinstance(image, Templated):
            values.setdefault(image.template, []).append(image.values_)
    return {template: [max(map(len, each)) for each in zip(*found)] for template, found in values.items()}


def _fits(database: Database, template: Template, lengths: Sequence[int]) -> bool:
    """Whether no cell is too long with values of these lengths."""
    limits = {
        table: {column: database.length(table, column) for row in rows for column in row}
        for table, rows in template.tables.items()
    }
    return all(sum(lengths[place] for place in places) <= room for room, places in template.room(limits))


def _too_long(database: Database, key: Key, table: str, rows: Iterable[Mapping[str, str | None]]) -> Iterator[Finding]:
    for row in rows:
        for column, cell in row.items():
            limit = database.length(table, column)
            if limit is not None and len(cell or "") > limit:
                where = f"{table}.{column}"
                yield error(
                    "pbx.too_long", key=key, where=where, value=shown(cell), limit=limit, length=len(cell or "")
                )


def _patterns(it: Situation) -> Iterator[Finding]:
    mine = {routes.extensions_route(it.link), *(route.name for route in it.link.pbx_routes)}
    others = [each for each in number_sources.route_patterns(it.database) if each.route not in mine]
    index = numbering.PatternIndex(other.pattern for other in others)
    ours = {key.name for key in (*it.desired, *it.owned) if key.kind == "extension"}
    taken = [each for each in it.numbers if each.number not in ours and _DIALLED.fullmatch(each.number)]
    for route in it.link.pbx_routes:
        for dialled in map(numbering.dialled, route.patterns):
            yield from _overlaps(it, route.name, dialled, [others[place] for place in index.overlapping(dialled)])
            yield from _beaten(route.name, dialled, number_sources.beaten_by_numbers(dialled, taken))


_DIALLED = re.compile(r"[0-9*#+]+")


def _overlaps(
    it: Situation, route: str, dialled: str, others: Iterable[number_sources.RoutePattern]
) -> Iterator[Finding]:
    for other in others:
        named = with_link(Key(routes.NAME, other.route), it.others)
        yield warning("pbx.pattern_overlap", route=route, pattern=dialled, other=named,
                      other_pattern=shown(other.pattern))  # fmt: skip


def _beaten(route: str, dialled: str, taken: Sequence[number_sources.Taken]) -> Iterator[Finding]:
    numbers = sorted({each.number for each in taken})
    if numbers:
        named = ", ".join(numbers[:8])
        yield warning("pbx.pattern_beaten", route=route, pattern=dialled, count=len(numbers), numbers=named)


def _engines(it: Situation) -> Iterator[Finding]:
    tables = [table for table in PRIMARY_KEYS if table not in OUTSIDE_DATABASE]
    plain = [name for name, engine in it.database.engines(tables).items() if engine.lower() != "innodb"]
    if plain:
        yield info("pbx.no_transactions", tables=", ".join(sorted(plain)))


def _port(it: Situation) -> Iterator[Finding]:
    """An OML that registers is behind a router that answers nobody."""
    if it.link.registers is Registers.OMNILEADS:
        return
    address, port = it.link.omnileads.address, it.link.omnileads.sip_port
    if it.asked is None:
        yield info("pbx.port_not_tried", address=address, port=port)
        return
    if not it.asked.answered():
        yield warning("pbx.port_silent", address=address, port=port, protocol=it.link.signalling.value.upper())


def _users_of_trunk(it: Situation) -> Iterator[Finding]:
    """Routes of others through our trunk: without it they would lead nowhere."""
    numbers = {str(row["trunkid"]) for image in it.leaving.values() for row in image.get("trunks", ())}
    mine = {str(row["route_id"]) for image in it.observed.values() for row in image.get("outbound_routes", ())}
    routes_there = it.database.column_values("outbound_routes", "route_id", "name")
    names = {str(number): name for number, name in routes_there}
    for route_id, trunk_id in it.database.column_values("outbound_route_trunks", "route_id", "trunk_id"):
        if trunk_id in numbers and route_id not in mine:
            yield error("pbx.trunk_in_use", route=shown(names.get(str(route_id)) or route_id))


def _others_routes(it: Situation) -> Iterator[Finding]:
    """Routes of others through the trunk that stays or is adopted. A fresh Issabel has a route that names trunk 1
    before there is one: the first trunk made by hand got all calls that it matches."""
    trunks = {str(row["trunkid"]): key for key in it.desired for row in it.observed.get(key, {}).get("trunks", ())}
    mine = {str(row["route_id"]) for image in it.observed.values() for row in image.get("outbound_routes", ())}
    patterns = number_sources.route_patterns(it.database)
    names = {str(number): name for number, name in it.database.column_values("outbound_routes", "route_id", "name")}
    for route_id, trunk_id in it.database.column_values("outbound_route_trunks", "route_id", "trunk_id"):
        if trunk_id in trunks and route_id in names and route_id not in mine:
            key = trunks[trunk_id]
            dialled = shown(", ".join(each.pattern for each in patterns if each.route_id == route_id) or "-")
            severity = Severity.INFO if key in it.owned else Severity.WARNING
            values = {"route": shown(names[route_id]), "trunk": key.name, "number": trunk_id, "patterns": dialled}
            yield Finding("pbx.others_route", severity, values)


_CHECKS = (
    peers.same_peer, peers.names, contexts.entry, contexts.class_of_service, _lengths, _users_of_trunk,
    leaving.not_in_link, _others_routes, _patterns, _page_of_route, fallbacks.missing,
    _direct_in_queue, _disabled, _pending, _engines, _port,
    security.certificate,
)  # fmt: skip


def when_removing(situation: Situation) -> Iterator[Finding]:
    """Runs the checks that matter when the link is removed."""
    for check in (_rights, _users_of_trunk, _pending):
        yield from check(situation)
