"""Every table in which a number can already be taken (`SOURCES`; recorded: extension_number_sources.md).

The PBX's database lets two objects have the same number: there are no foreign keys and no shared table. In the dialplan
feature codes, queues, ring groups and conferences come before an extension, and an extension before any outbound route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from issabel_module.storage.database import Database
from pbxlink.asterisk import dialplan
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Cell
from pbxlink.link import numbering

Owner = str
"""The object with the number, as the GUI calls it: its kind and, where it has one, its name."""


@dataclass(frozen=True)
class Source:
    """One source: the kind of object (a message code), and the function that reads its (number, name) pairs."""

    kind: str
    read: Callable[[Database], Iterable[tuple[str, str]]]


def _column(table: str, column: str, name: str = "") -> Callable[[Database], Iterator[tuple[str, str]]]:
    def read(database: Database) -> Iterator[tuple[str, str]]:
        for row in database.column_values(table, column, *([name] if name else [])):
            yield str(row[0] or ""), str(row[1] or "") if name else ""

    return read


def _queues(database: Database) -> Iterator[tuple[str, str]]:
    for number, name in _column("queues_config", "extension", "descr")(database):
        yield number, name
        yield f"{number}*", name
        yield f"{number}**", name


def _feature_codes(database: Database) -> Iterator[tuple[str, str]]:
    enabled = {name for name, on in database.column_values("modules", "modulename", "enabled") if on == "1"}
    columns = ("modulename", "featurename", "defaultcode", "customcode", "enabled")
    for module, feature, default, custom, on in database.column_values("featurecodes", *columns):
        if on == "1" and module in enabled:
            yield custom or default or "", str(feature)


def _parking(database: Database) -> Iterator[tuple[str, str]]:
    for park, first, slots, name in database.column_values("parkplus", "parkext", "parkpos", "numslots", "name"):
        yield park or "", name or ""
        if (first or "").isdigit():
            yield from ((str(int(first or 0) + slot), name or "") for slot in range(int(slots or 0)))


SOURCES = (
    Source("number.users", _column("users", "extension", "name")),
    Source("number.devices", _column("devices", "id", "description")),
    Source("number.ringgroups", _column("ringgroups", "grpnum", "description")),
    Source("number.queues", _queues),
    Source("number.meetme", _column("meetme", "exten", "description")),
    Source("number.paging", _column("paging_config", "page_group", "description")),
    Source("number.vmblast", _column("vmblast", "grpnum", "description")),
    Source("number.miscapps", _column("miscapps", "ext", "description")),
    Source("number.featurecodes", _feature_codes),
    Source("number.parking", _parking),
    Source("number.custom_extensions", _column("custom_extensions", "custom_exten", "description")),
    Source("number.injections", _column("dialplaninjection_dialplaninjections", "exten", "description")),
    Source("number.findmefollow", _column("findmefollow", "grpnum")),
)
"""Sources 16 (follow-me: always an extension's number), 17 and 18 (their codes are feature codes) add nothing new;
19 to 31 are no numbers of their own. Numbers that are in no table (hand-made dialplan): `in_dialplan`."""

_HARMLESS_CONTEXTS = re.compile(r"bad-number|outrt-\d+|outbound-allroutes")


_KNOWN_PATTERN = re.compile(r"_(?:\[(?:[0-9](?:-[0-9])?)+\]|[0-9*#+XZNxzn])*[.!]?")


class Taken(NamedTuple):
    """A number that is taken: the message code of the object's kind, and the object's name."""

    number: str
    kind: str
    name: str


def everything(database: Database) -> list[Taken]:
    """Every number that is taken in the database; a number that several objects have occurs several times."""
    return [Taken(number, source.kind, name) for source in SOURCES for number, name in source.read(database)]


def beginning(database: Database, begin: str) -> list[str]:
    """The numbers taken in the database that begin so."""
    return [number for source in SOURCES for number, _ in source.read(database) if number.startswith(begin)]


def taken(found: Iterable[Taken], numbers: Collection[str]) -> list[Taken]:
    """The entries of `found` with one of the numbers. Numbers are compared as text: 098 is not 98."""
    wanted = set(numbers)
    return [each for each in found if each.number in wanted]


def in_dialplan(ami: Ami, numbers: Collection[str]) -> list[Taken]:
    """The numbers that Asterisk's dialplan leads somewhere, also by hand-made dialplan.

    Not counted: `bad-number`, which matches every number, and outbound routes, which come after extensions.
    """
    ordered = sorted(numbers)
    if len(ordered) >= dialplan.MANY:
        maybe = _Dialplan.read(ami, "from-internal")
        ordered = [number for number in ordered if maybe.may_have(number)]
    questions = [("Command", {"Command": f"dialplan show {number}@from-internal"}) for number in ordered]
    found = []
    for number, answer in zip(ordered, ami.actions(questions)):
        contexts = re.findall(r"\[ (?:Included c|C)ontext '([^']+)'", "\n".join(answer.all("Output")))
        found += [Taken(number, "number.dialplan", each) for each in contexts if not _HARMLESS_CONTEXTS.fullmatch(each)]
    return found


@dataclass(frozen=True)
class _Dialplan:
    """The extensions and patterns of a context and those that it includes. It may match too often, never too seldom."""

    extensions: frozenset[str]
    patterns: tuple[str, ...]

    @staticmethod
    def read(ami: Ami, context: str) -> _Dialplan:
        """Reads the context and what it includes, each once."""
        names: dict[str, None] = {}
        asked, next_ones = {context}, [context]
        while next_ones:
            lines = [line for listed in dialplan.shown(ami, next_ones) for line in listed]
            names.update(dict.fromkeys(dialplan.extensions_in(lines)))
            included = set(dialplan.included_in(lines))
            next_ones = sorted(each for each in included - asked if not _HARMLESS_CONTEXTS.fullmatch(each))
            asked |= included
        patterns = tuple(name for name in names if name.startswith("_"))
        return _Dialplan(frozenset(names), patterns)

    def may_have(self, number: str) -> bool:
        """Whether an extension or pattern may match the number."""
        return number in self.extensions or any(_may_match(pattern, number) for pattern in self.patterns)


def _may_match(pattern: str, number: str) -> bool:
    return not _KNOWN_PATTERN.fullmatch(pattern) or numbering.matches(pattern, number)


@dataclass(frozen=True)
class RoutePattern:
    """A dial pattern of an outbound route of the PBX."""

    route: str
    route_id: str
    pattern: str


def route_patterns(database: Database) -> list[RoutePattern]:
    """The dial patterns of all outbound routes, in no order."""
    names = {number: name or "" for number, name in database.column_values("outbound_routes", "route_id", "name")}
    columns = ("route_id", "match_pattern_prefix", "match_pattern_pass")
    rows: Iterable[tuple[Cell, ...]] = database.column_values("outbound_route_patterns", *columns)
    return [RoutePattern(names.get(n, "?") or "?", str(n), (prefix or "") + (rest or "")) for n, prefix, rest in rows]


def beaten_by_numbers(pattern: str, found: Iterable[Taken]) -> list[Taken]:
    """The entries of `found` that the pattern matches: calls to them reach the object, never the route."""
    return [each for each in found if numbering.matches(pattern, each.number)]
