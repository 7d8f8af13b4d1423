"""What on the PBX leads to an extension, an outbound route or a trunk, in one table: one line a place.

The same lines serve every product and release: of a table or a column that is not there nothing is read. Read in the
vendors' own registries of destinations, members and dial strings, and seen on a real IssabelPBX 2.12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from issabel_module.storage.database import Database
from pbxlink.engine.plan import Image, Key


class Target(NamedTuple):
    """What is led to: an `extension` by its number, a `route` or `trunk` by its id, a `peer` by the name of its trunk
    in a dial string."""

    kind: str
    name: str


class Usage(NamedTuple):
    """One place that leads to something: the message code of what it is, and its number or name on the GUI."""

    target: Target
    kind: str
    name: str
    by: Target | None = None
    """The place itself, where it is something that may lead and be led to."""
    where: tuple[str, str] = ("", "")
    """The table and column that say so."""


_NUMBER = r"[0-9*#+]+"
_DESTINATION = re.compile(
    rf"(?:from-did-direct|ext-local|ext-findmefollow|from-internal|from-queue),(?:FM|vm[a-z])?({_NUMBER}),"
)
_TRUNK = re.compile(r"ext-trunk,(\d+),")
_LOCAL = re.compile(rf"Local/({_NUMBER})@(from-[a-z-]+|ext-local|outrt-(\d+))", re.IGNORECASE)
_BY_PEER = re.compile(r"(?:SIP|PJSIP)/(?:[^/@&,]+@)?([^/@&,]+)", re.IGNORECASE)

Form = Callable[[str], Iterator[Target]]
"""How a cell names what it leads to."""


def destination(cell: str) -> Iterator[Target]:
    """`context,extension,priority`, as the GUI writes where a call goes."""
    for form, kind in ((_DESTINATION, "extension"), (_TRUNK, "trunk")):
        found = form.match(cell)
        if found:
            yield Target(kind, found.group(1))


def numbers(cell: str) -> Iterator[Target]:
    """`201-2222-5551234#`, a list to ring; a number that ends in # is dialled outside."""
    yield from (Target("extension", each) for each in cell.split("-") if each)


def number(cell: str) -> Iterator[Target]:
    """One number that is dialled."""
    yield Target("extension", cell.strip())


def dialled(cell: str) -> Iterator[Target]:
    """A dial string, perhaps of several channels; of a queue's member what stands before its penalty."""
    for channel in cell.split("&"):
        local = _LOCAL.match(channel)
        peer = _BY_PEER.match(channel)
        if local and local.group(3):
            yield Target("route", local.group(3))
        elif local:
            yield Target("extension", local.group(1))
        elif peer:
            yield Target("peer", peer.group(1).lower())
            yield Target("extension", peer.group(1))


def destinations_in_json(cell: str) -> Iterator[Target]:
    """The destinations among the values of a JSON object: FreePBX keeps its custom ones so from 14 on."""
    try:
        values = json.loads(cell)
    except ValueError:
        return
    for value in values.values() if isinstance(values, dict) else ():
        yield from destination(str(value))


def trunk(cell: str) -> Iterator[Target]:
    """A trunk's id."""
    yield Target("trunk", cell)


def route_context(cell: str) -> Iterator[Target]:
    """The context of an outbound route."""
    found = re.fullmatch(r"outrt-(\d+)", cell)
    if found:
        yield Target("route", found.group(1))


@dataclass(frozen=True)
class Source:
    """One place: what it is called, where it is, which columns name it, which cells lead somewhere, and how."""

    kind: str
    table: str
    named: Sequence[str]
    columns: Sequence[str]
    form: Form = destination
    only: Collection[str] = ()
    """Where given, what the table's column of kinds (`keyword`, `dmode`) must say."""
    by: str = ""
    """The kind of target that the place itself is; the first of `named` is its name then."""

    def read(self, database: Database, wanted: Collection[Target] | None = None) -> Iterator[Usage]:
        """Every usage that stands there, or only those of what is wanted."""
        chosen = next((each for each in ("keyword", "dmode") if self.only and each in database.columns(self.table)), "")
        names = [*self.named, *([chosen] if chosen else [])]
        for column in self.columns:
            for *cells, cell in database.column_values(self.table, *names, column):
                if cell and (not chosen or cells.pop() in self.only):
                    for target in self.form(cell):
                        if wanted is None or target in wanted:
                            yield from self._usage(target, [each or "" for each in cells], column)

    def _usage(self, target: Target, names: Sequence[str], column: str) -> Iterator[Usage]:
        by = Target(self.by, names[0]) if self.by else None
        if target != by:
            name = " ".join(dict.fromkeys(filter(None, names)))
            yield Usage(target, self.kind, name, by, (self.table, column))


_USER_DESTINATIONS = ("noanswer_dest", "busy_dest", "chanunavail_dest")

SOURCES = (
    Source("usage.ringgroups", "ringgroups", ("grpnum", "description"), ("grplist",), numbers),
    Source("usage.ringgroups", "ringgroups", ("grpnum", "description"), ("postdest",)),
    Source("usage.ivr", "ivr_entries", ("ivr_id", "selection"), ("dest",)),
    Source("usage.ivr", "ivr_details", ("id", "name"), ("invalid_destination", "timeout_destination")),
    Source("usage.queues", "queues_details", ("id",), ("data",), dialled, only=("member",)),
    Source("usage.queues", "queues_config", ("extension", "descr"), ("dest",)),
    Source("usage.timeconditions", "timeconditions", ("timeconditions_id", "displayname"), ("truegoto", "falsegoto")),
    Source("usage.daynight", "daynight", ("ext",), ("dest",), only=("day", "night")),
    Source("usage.followme", "findmefollow", ("grpnum",), ("grplist",), numbers, by="extension"),
    Source("usage.followme", "findmefollow", ("grpnum",), ("postdest",), by="extension"),
    Source("usage.announcement", "announcement", ("announcement_id", "description"), ("post_dest",)),
    Source("usage.miscdests", "miscdests", ("id", "description"), ("destdial",), number),
    Source("usage.miscapps", "miscapps", ("ext", "description"), ("dest",)),
    Source("usage.inbound", "incoming", ("extension", "description"), ("destination",)),
    Source("usage.extension", "users", ("extension", "name"), _USER_DESTINATIONS, by="extension"),
    Source("usage.extension", "devices", ("id", "description"), ("dial",), dialled, by="extension"),
    Source("usage.userman", "userman_users", ("username",), ("default_extension",), number),
    Source("usage.customdests", "custom_destinations", ("custom_dest", "description"), ("custom_dest",)),
    Source("usage.customdests", "kvstore_FreePBX_modules_Customappsreg", ("key",), ("val",), destinations_in_json),
    Source("usage.directory", "directory_details", ("id", "dirname"), ("invalid_destination",)),
    Source("usage.directory", "directory_entries", ("id", "name"), ("dial",), number),
    Source("usage.fax", "fax_incoming", ("extension",), ("destination",)),
    Source("usage.parking", "parkplus", ("parkext", "name"), ("dest",)),
    Source("usage.languages", "languages", ("language_id", "description"), ("dest",)),
    Source("usage.callback", "callback", ("callback_id", "description"), ("destination",)),
    Source("usage.callrecording", "callrecording", ("callrecording_id", "description"), ("dest",)),
    Source("usage.queueprio", "queueprio", ("queueprio_id", "description"), ("dest",)),
    Source("usage.setcid", "setcid", ("cid_id", "description"), ("dest",)),
    Source("usage.dynroute", "dynroute_dests", ("dynroute_id", "selection"), ("dest",)),
    Source("usage.tts", "tts", ("tts_id", "tts_description"), ("dest",)),
    Source("usage.queuelog", "writequeuelog", ("qlog_id", "description"), ("dest",)),
    Source("usage.paging", "paging_groups", ("page_number",), ("ext",), number),
    Source("usage.bosssecretary", "bosssecretary_boss", ("id_group",), ("boss_extension",), number),
    Source("usage.bosssecretary", "bosssecretary_secretary", ("id_group",), ("secretary_extension",), number),
    Source("usage.bosssecretary", "bosssecretary_chief", ("id_group",), ("chief_extension",), number),
    Source("usage.class_of_service", "customcontexts_contexts", ("context", "description"),
           ("faildestination", "featurefaildestination")),
    Source("usage.class_of_service", "customcontexts_includes", ("context",), ("include",), route_context),
    Source("usage.route", "outbound_routes", ("name",), ("dest",)),
    Source("usage.trunk", "trunks", ("name",), ("channelid",), dialled),
    Source("usage.trunkbalance", "trunkbalance", ("trunkbalance_id", "description"), ("desttrunk_id",), trunk),
)  # fmt: skip
"""Outbound routes through a trunk have a check of their own, with what to do about each."""


def everything(database: Database) -> list[Usage]:
    """Every place that leads to something, in the order of the table."""
    return [usage for source in SOURCES for usage in source.read(database)]


def of(database: Database, images: Mapping[Key, Image]) -> list[Usage]:
    """Every place that leads to one of these resources."""
    wanted = {target for key, image in images.items() for target in targets_of(key, image)}
    return [usage for source in SOURCES for usage in source.read(database, wanted)]


def targets_of(key: Key, image: Image) -> set[Target]:
    """By what a resource of ours may be led to."""
    if key.kind == "extension":
        return {Target("extension", key.name)}
    if key.kind == "route":
        return {Target("route", str(row["route_id"])) for row in image.get("outbound_routes", ())}
    rows = image.get("trunks", ())
    by_id = {Target("trunk", str(row["trunkid"])) for row in rows}
    return by_id | {Target("peer", str(row["channelid"]).lower()) for row in rows}


def leading_to(found: Iterable[Usage], images: Mapping[Key, Image]) -> dict[Key, list[Usage]]:
    """By resource, what leads to it, without what is itself one of them."""
    ours: dict[Target, Key] = {target: key for key, image in images.items() for target in targets_of(key, image)}
    leading: dict[Key, list[Usage]] = {}
    for usage in found:
        key = ours.get(usage.target)
        if key is not None and usage.by not in ours:
            leading.setdefault(key, []).append(usage)
    return leading
