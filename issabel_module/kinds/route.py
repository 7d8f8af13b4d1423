"""Outbound routes: tables `outbound_routes`, `_patterns`, `_trunks`, `_sequence`.

Sources: recorded rows of routes added (d0, d1) and deleted (e7). The GUI numbers the whole sequence anew on every add.
We append after the highest number, which gives the same where there is no gap, and touch no row of another route.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

from issabel_module.flavours.flavour import OWN_OF_ROUTE, Companion, Flavour
from issabel_module.kinds import Numbers, Reader, companion_rows
from issabel_module.storage.database import Database
from pbxlink.engine.image_template import Template
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Image, Row, covers
from pbxlink.link.model import DialPattern, Link, PbxRoute
from pbxlink.messages.findings import Term, term
from pbxlink.messages.masking import listed

NAME = "route"
_TABLES = ("outbound_routes", "outbound_route_patterns", "outbound_route_trunks", "outbound_route_sequence")
_PATTERNS, _TRUNKS = "outbound_route_patterns", "outbound_route_trunks"
_DIALLED = ("match_pattern_prefix", "match_pattern_pass", "prepend_digits")
"""Not `match_cid`: for which callers a pattern is, the link does not say."""
_PATTERN = ("match_pattern_pass", "match_pattern_prefix", "prepend_digits")
"""As in `DialPattern`."""
_LONGEST_NAME = 40
_UNREACHED = "app-blackhole,hangup,1"
"""Measured: with it an extension whose trunk is down is unavailable at once, so that its fallback, the next of a ring
group and a queue take over; without it the PBX tells the caller that all circuits are busy, and nothing takes over."""
ANYTHING = "."
"""A pattern for one character or more, `+` and `*` among them."""


@cache
def _own(trunk_ids: frozenset[str], is_extensions: bool = False) -> OwnCells:
    """That our trunk is in the route is ours; in which place, and what is tried besides, is not."""
    return OwnCells(
        {
            "outbound_routes": OwnRows(frozenset((*OWN_OF_ROUTE, *(["dest"] if is_extensions else [])))),
            _PATTERNS: OwnRows(frozenset({"route_id", *_DIALLED})),
            _TRUNKS: OwnRows(frozenset({"route_id", "trunk_id"}), by="trunk_id", names=trunk_ids),
            "outbound_route_sequence": OwnRows(frozenset({"route_id"})),
        }
    )


class Route:
    """The PBX's outbound routes to OML, by name."""

    name = NAME

    def __init__(self, flavour: Flavour) -> None:
        self._flavour = flavour
        self.own = _own(frozenset())

    def own_of(self, link: Link, name: str, trunk_ids: frozenset[str]) -> OwnCells:
        """See `Kind`."""
        return _own(trunk_ids, is_extensions=name == extensions_route(link))

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`. A route of ours that was renamed in the GUI is found by its route_id."""
        routes = _Routes(reader, owned)
        chosen = {name: row for name in {*names, *owned} if (row := routes.chosen(name, owned.get(name)))}
        numbers = {str(row["route_id"]) for row in chosen.values()}
        tables = {table: _by_route(reader.database.rows(table, "route_id", numbers)) for table in _TABLES}
        tables.update(companion_rows(reader.database, self._flavour.route_companions(), numbers))
        return {name: _image(tables, str(row["route_id"])) for name, row in chosen.items()}

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`."""
        dialled = (
            DialPattern(*(str(row.get(column) or "") for column in _PATTERN)) for row in image.get(_PATTERNS, ())
        )
        return term("line.route", name=name, patterns=listed([str(each) for each in dialled]))

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """The link file's routes, and the one that custom extensions dial through."""
        free = itertools.count(numbers.next_place)
        companions = self._flavour.route_companions()
        return {
            route.name: {
                **_wanted(
                    self._flavour.route_row(route, numbers.route_ids[route.name]),
                    numbers,
                    route,
                    _place(found.get(route.name)) or str(next(free)),
                    _trunk_place(found.get(route.name), numbers.trunk_ids),
                ),
                **(_created(companions, numbers.route_ids[route.name]) if route.name not in found else {}),
            }
            for route in routes_of(link, numbers.prefix)
        }


def routes_of(link: Link, prefix: str = "") -> tuple[PbxRoute, ...]:
    """The routes of the link file, and the one that custom extensions dial through, with one pattern however many
    they are: the page of a route with a pattern for each saves some 246 of them and loses the trunk (measured)."""
    if link.dials_direct or not link.extensions:
        return link.pbx_routes
    own = PbxRoute(extensions_route(link), (DialPattern(ANYTHING, prefix),), intracompany=True, dest=_UNREACHED)
    return (*link.pbx_routes, own)


def extensions_route(link: Link) -> str:
    """The name of the route that custom extensions dial through."""
    return f"{link.pbx.trunk[: _LONGEST_NAME - 11]}-extensions"


class _Routes:
    """The present routes, by name and by number."""

    def __init__(self, reader: Reader, owned: Mapping[str, Image]) -> None:
        self._by_name: dict[str, list[Row]] = {}
        self._by_number: dict[str, list[Row]] = {}
        for row in reader.database.rows("outbound_routes"):
            self._by_name.setdefault(str(row["name"]), []).append(row)
            self._by_number.setdefault(str(row["route_id"]), []).append(row)
        numbers = {str(image["outbound_routes"][0]["route_id"]) for image in owned.values()}
        self._patterns = _by_route(reader.database.rows(_PATTERNS, "route_id", numbers))

    def chosen(self, name: str, last: Image | None) -> Row | None:
        """The route of that name or, where it was renamed, the one that `last` shows."""
        named = self._by_name.get(name, [])
        same_id = self._by_number.get(str(last["outbound_routes"][0]["route_id"]), []) if last else []
        renamed = [row for row in same_id if last and self._has_patterns(row, last)]
        return next(iter([*(row for row in named if row in same_id), *renamed, *named]), None)

    def _has_patterns(self, row: Row, last: Image) -> bool:
        """Whether the route has the patterns that ours had: after a restart an older server assigns numbers again."""
        return covers({_PATTERNS: self._patterns.get(str(row["route_id"]), [])}, {_PATTERNS: last[_PATTERNS]})


def _by_route(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["route_id"]), []).append(row)
    return found


def _image(tables: Mapping[str, Mapping[str, Sequence[Row]]], number: str) -> Image:
    return {table: rows.get(number, []) for table, rows in tables.items()}


def _place(image: Image | None) -> str | None:
    rows = (image or {}).get("outbound_route_sequence", ())
    return rows[0]["seq"] if rows else None


def _trunk_place(image: Image | None, trunk_ids: Collection[str]) -> str:
    """Where our trunk is in the route; else behind the others."""
    places = [(str(row["trunk_id"]) in trunk_ids, int(row["seq"] or 0)) for row in (image or {}).get(_TRUNKS, ())]
    ours = [place for is_ours, place in places if is_ours]
    return str(ours[0] if ours else max([-1, *(place for _, place in places)]) + 1)


def _wanted(row: Row, numbers: Numbers, route: PbxRoute, place: str, trunk_place: str) -> Image:
    number = numbers.route_ids[route.name]
    return {
        "outbound_routes": [row],
        "outbound_route_patterns": list(_patterns(number, route.patterns)),
        _TRUNKS: [{"route_id": number, "trunk_id": numbers.trunk_id, "seq": trunk_place}],
        "outbound_route_sequence": [{"route_id": number, "seq": place}],
    }


def _created(companions: Mapping[str, Companion], number: str) -> Image:
    """What the page writes beside a new route."""
    template = Template({table: [each.created] for table, each in companions.items() if each.created is not None})
    return {table: list(template.rows(table, (number,))) for table in template.tables}


def _patterns(number: str, patterns: Sequence[DialPattern]) -> Iterator[Row]:
    for pattern in patterns:
        yield {
            "route_id": number,
            "match_pattern_prefix": pattern.prefix,
            "match_pattern_pass": pattern.match,
            "match_cid": "",
            "prepend_digits": pattern.prepend,
        }


def free_route_id(database: Database) -> int:
    """The number for the next route: what the database would assign, and above every number in any table."""
    tables = (*_TABLES, "outbound_route_email")
    named = [int(number or 0) for table in tables for (number,) in database.column_values(table, "route_id")]
    return max([0, *named, database.next_automatic("outbound_routes") - 1]) + 1


def next_place(database: Database) -> int:
    """The place after the last in the order of routes."""
    return max([-1, *(int(seq or 0) for (seq,) in database.column_values("outbound_route_sequence", "seq"))]) + 1
