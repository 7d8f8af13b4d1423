"""What can be wrong on the PBX's side before anything is written: every trap that was measured is looked for here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from issabel_module import asterisk, number_sources, reload
from issabel_module.database import Database
from issabel_module.kinds import route as routes
from pbxlink import numbering, sipping
from pbxlink.ami import Ami
from pbxlink.findings import Finding, error, info, warning
from pbxlink.model import Link
from pbxlink.plan import Image, Key, covers
from pbxlink.text import shown


@dataclass(frozen=True)
class Situation:
    """What the checks look at."""

    database: Database
    ami: Ami
    link: Link
    desired: Mapping[Key, Image]
    observed: Mapping[Key, Image]
    owned: Mapping[Key, Image]

    def new(self, kind: str) -> list[str]:
        """Names of the resources of this kind that are not ours: not there yet, or somebody else's and different."""
        return [key.name for key in self.desired if key.kind == kind and key not in self.owned and not self._equal(key)]

    def _equal(self, key: Key) -> bool:
        return key in self.observed and covers(self.observed[key], self.desired[key])


def findings(situation: Situation) -> Iterator[Finding]:
    """Everything that was found, the gravest kinds first."""
    for check in _CHECKS:
        yield from check(situation)


def _drivers(it: Situation) -> Iterator[Finding]:
    technology = it.link.pbx.technology
    if not asterisk.has_driver(it.ami, technology):
        yield error("pbx.no_driver", technology=technology.value)
        return
    listening = asterisk.sip_port(it.ami, technology)
    if listening is not None and listening != it.link.pbx.sip_port:
        yield error("pbx.other_port", technology=technology.value, listening=listening, configured=it.link.pbx.sip_port)


def _numbers(it: Situation) -> Iterator[Finding]:
    new = it.new("extension")
    taken = number_sources.taken(it.database, new)
    known = {each.number for each in taken}
    taken += number_sources.in_dialplan(it.ami, [number for number in new if number not in known])
    for each in taken:
        yield error(each.kind, number=each.number, name=shown(each.name or "-"))
    there = {key.name for key in it.desired if key.kind == "extension"} - set(new)
    for each in number_sources.taken(it.database, there):
        if each.kind not in _ITSELF:
            yield warning(each.kind, number=each.number, name=shown(each.name or "-"))


_ITSELF = {"number.users", "number.devices", "number.findmefollow"}
"""Where an extension that is there stands itself; anything else of its number takes its calls."""


def _same_peer(it: Situation) -> Iterator[Finding]:
    """A second chan_sip peer with the same host and port: calls from there never reach the dialplan."""
    wanted = (it.link.omnileads.address, str(it.link.omnileads.sip_port))
    settings: dict[str, dict[str, str]] = {}
    for row in it.database.rows("sip"):
        settings.setdefault(str(row["id"]), {})[str(row["keyword"])] = str(row["data"])
    ours = {str(row["id"]) for image in (*it.observed.values(), *it.desired.values()) for row in image.get("sip", ())}
    for identifier, lines in settings.items():
        if identifier not in ours and _is_same_peer(lines, wanted):
            name = lines.get("account", identifier)
            yield error("pbx.same_peer", name=shown(name), host=wanted[0], port=wanted[1])


def _is_same_peer(lines: Mapping[str, str], wanted: tuple[str, str]) -> bool:
    host, port = lines.get("host", lines.get("server", "")), lines.get("port", "5060")
    return (host, port) == wanted or host == ":".join(wanted)


def _names(it: Situation) -> Iterator[Finding]:
    """Two sections of one name in a generated file: one of them is lost."""
    name = it.link.pbx.trunk
    mine = {str(row["trunkid"]) for image in it.observed.values() for row in image.get("trunks", ())}
    for number, other, channel in it.database.column_values("trunks", "trunkid", "name", "channelid"):
        if number not in mine and name.lower() in {str(other).lower(), str(channel).lower()}:
            yield error("pbx.trunk_name", name=shown(channel or other), number=number)
    for (device,) in it.database.column_values("devices", "id"):
        if str(device).lower() == name.lower():
            yield error("pbx.device_name", name=name)


def _pending(it: Situation) -> Iterator[Finding]:
    if reload.is_pending(it.database):
        yield warning("reload.pending")


def _lengths(it: Situation) -> Iterator[Finding]:
    """Longer than the column: an error in strict mode; without it MySQL cuts in silence while AstDB keeps all."""
    for key, image in it.desired.items():
        for table, rows in image.items():
            if not table.startswith("astdb"):
                yield from _too_long(it.database, key, table, rows)


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
    for route in it.link.pbx_routes:
        for pattern in route.patterns:
            yield from _beaten(it, route.name, numbering.dialled(pattern), others)


def _beaten(
    it: Situation, route: str, dialled: str, others: Iterable[number_sources.RoutePattern]
) -> Iterator[Finding]:
    for other in others:
        if numbering.overlap(dialled, other.pattern):
            yield warning("pbx.pattern_overlap", route=route, pattern=dialled, other=shown(other.route),
                          other_pattern=shown(other.pattern))  # fmt: skip
    ours = {key.name for key in it.desired if key.kind == "extension"}
    taken = [each for each in number_sources.beaten_by_numbers(dialled, it.database) if each.number not in ours]
    if taken:
        numbers = ", ".join(sorted({each.number for each in taken})[:8])
        yield warning("pbx.pattern_beaten", route=route, pattern=dialled, count=len(taken), numbers=numbers)


def _engines(it: Situation) -> Iterator[Finding]:
    tables = ("trunks", "sip", "devices", "users", "outbound_routes", "outbound_route_patterns",
              "outbound_route_trunks", "outbound_route_sequence")  # fmt: skip
    plain = [name for name, engine in it.database.engines(tables).items() if engine.lower() != "innodb"]
    if plain:
        yield info("pbx.no_transactions", tables=", ".join(sorted(plain)))


def _port(it: Situation) -> Iterator[Finding]:
    address, port = it.link.omnileads.address, it.link.omnileads.sip_port
    if not sipping.answers(address, port):
        yield warning("pbx.port_silent", address=address, port=port)


def _users_of_trunk(it: Situation) -> Iterator[Finding]:
    """Routes of somebody else through our trunk: deleting it would leave them pointing at nothing."""
    leaving = [image for key, image in it.observed.items() if key in it.owned and key not in it.desired]
    numbers = {str(row["trunkid"]) for image in leaving for row in image.get("trunks", ())}
    mine = {str(row["route_id"]) for image in it.observed.values() for row in image.get("outbound_routes", ())}
    names = dict(it.database.column_values("outbound_routes", "route_id", "name"))
    for route_id, trunk_id in it.database.column_values("outbound_route_trunks", "route_id", "trunk_id"):
        if trunk_id in numbers and route_id not in mine:
            yield error("pbx.trunk_in_use", route=shown(names.get(route_id) or route_id))


_CHECKS = (
    _drivers, _numbers, _same_peer, _names, _lengths, _users_of_trunk, _patterns, _pending, _port, _engines,
)  # fmt: skip


def when_removing(situation: Situation) -> Iterator[Finding]:
    """The checks that matter when the link is taken away."""
    for check in (_users_of_trunk, _pending):
        yield from check(situation)
