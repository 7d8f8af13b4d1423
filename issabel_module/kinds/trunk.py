"""Trunks, chan_sip and pjsip: table `trunks` and the flavour's tables of settings, AstDB `TRUNK/<id>`.

Sources: the flavours' recorded rows, and those of a deletion (e11). The primary key of `trunks` is (trunkid, tech,
channelid): a trunkid alone is not unique, and the database does not assign it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count, product

from issabel_module.flavours.flavour import OWN_OF_TRUNK, Flavour
from issabel_module.kinds import Numbers, Reader
from issabel_module.storage.database import Database
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Cell, Change, Image, Key, Row
from pbxlink.link import trunk_settings
from pbxlink.link.model import Link, Registers, Technology
from pbxlink.messages.findings import Term, term
from pbxlink.messages.masking import shown

NAME = "trunk"
DYNAMIC = "dynamic"
"""The `host` of a chan_sip peer that registers."""
_REGISTERED = {("host", DYNAMIC), ("registration", "send"), ("registration", "receive")}
_REGISTER = "tr-reg-"
"""With which the place of a register string begins."""


class Trunk:
    """The PBX's trunk to OML, named by its channelid."""

    name = NAME

    def __init__(self, flavour: Flavour) -> None:
        self._flavour = flavour
        self._owns = {more: _own(flavour, *more) for more in product((False, True), repeat=2)}
        """By whether the link says more than UDP and RTP, and whether one side registers."""
        self.own = self._owns[False, False]
        self._secured: set[str] = set()
        """Trunks of which the link said more than UDP and RTP when they were written: it says what is in its place."""
        self._registered: set[str] = set()
        """The same of those that registered."""

    def own_of(self, link: Link, name: str, trunk_ids: frozenset[str]) -> OwnCells:
        """See `Kind`."""
        is_secured = not trunk_settings.is_plain(link) or name in self._secured
        return self._owns[is_secured, link.registers is not Registers.NO or name in self._registered]

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`. A trunk of ours that was renamed in the GUI is found by its trunkid."""
        self._secured.update(name for name, image in owned.items() if self._is_secured(image))
        self._registered.update(name for name, image in owned.items() if self._is_registered(image))
        rows = reader.database.rows("trunks")
        numbers = [str(row["trunkid"]) for row in rows]
        found: dict[str, Image] = {}
        for name in {*names, *owned}:
            row = self._chosen(reader, rows, name, owned.get(name))
            if row is not None:
                found[name] = self._image(reader, row, is_alone=numbers.count(str(row["trunkid"])) == 1)
        return found

    def _is_secured(self, written: Image) -> bool:
        more = {word for technology in Technology for word in self._flavour.secured_by_link(technology)}
        tables = settings_tables(self._flavour)
        return any(row["keyword"] in more for table in tables for row in written.get(table, ()))

    def _is_registered(self, written: Image) -> bool:
        lines = [row for table in settings_tables(self._flavour) for row in written.get(table, ())]
        said = {(line["keyword"], line["data"]) for line in lines}
        return any(word == "register" for word, _ in said) or not said.isdisjoint(_REGISTERED)

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`."""
        host, port = far_end(self._flavour, image) if image.get("trunks") else ("", "")
        return term("line.trunk", name=name, place=shown(f"{host}:{port}" if port else host or "-"))

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """The trunk of the link, as the GUI would write it."""
        name, technology = link.pbx.trunk, link.pbx.technology.value
        table, _ = self._flavour.settings_places(technology, numbers.trunk_id)[0]
        there = found.get(name, {})
        settings = self._flavour.trunk_settings(link, numbers.trunk_id)
        if there and is_disabled(there):
            # A disabled chan_sip trunk is one whose lines have flags 1: one line with another would be half a section.
            flags = [row["flags"] for row in there.get(table, ())]
            settings = [{**row, "flags": flags[0]} for row in settings] if flags else settings
        image: dict[str, Sequence[Row]] = {
            # Where the technology changes, the settings of the one before go.
            **{other: [] for other in settings_tables(self._flavour) if other in there and other != table},
            "trunks": [self._flavour.trunk_row(link, numbers.trunk_id)],
            table: list(settings),
        }
        return {name: image}

    def _chosen(self, reader: Reader, rows: Sequence[Row], name: str, last: Image | None) -> Row | None:
        ours = [row for row in rows if self._places(row)]
        named = [row for row in ours if row["channelid"] == name]
        number = last["trunks"][0]["trunkid"] if last else None
        same_id = [row for row in ours if row["trunkid"] == number]
        renamed = [row for row in same_id if last and self._leads_where(reader, row, last)]
        return next(iter([*(row for row in named if row in same_id), *renamed, *named]), None)

    def _leads_where(self, reader: Reader, row: Row, last: Image) -> bool:
        """Whether the trunk leads to the same host as ours: the GUI gives a deleted trunk's number to the next new
        one."""
        there, before = self._settings_of(reader, row), (last.get(table, ()) for table, _ in self._places(row))
        return not self._hosts(chain(*there.values())).isdisjoint(self._hosts(chain(*before)))

    def _hosts(self, settings: Iterable[Row]) -> set[Cell]:
        found = {line["data"] for line in settings if line["keyword"] in self._flavour.host_keywords}
        return found - {DYNAMIC, ""}

    def _places(self, row: Row) -> Sequence[tuple[str, str]]:
        return self._flavour.settings_places(str(row["tech"]), str(row["trunkid"]))

    def _settings_of(self, reader: Reader, row: Row) -> dict[str, Sequence[Row]]:
        """The settings by table."""
        places = self._places(row)
        ids = {table: [place for there, place in places if there == table] for table, _ in places}
        return {table: sorted(reader.database.rows(table, "id", listed), key=_order) for table, listed in ids.items()}

    def _image(self, reader: Reader, row: Row, is_alone: bool) -> Image:
        number = str(row["trunkid"])
        image: dict[str, Sequence[Row]] = {"trunks": [row], **self._settings_of(reader, row)}
        if not is_alone:  # rows found by the number alone may be the other trunk's
            return image
        patterns = reader.database.rows("trunk_dialpatterns", "trunkid", [number])
        options = reader.astdb.rows(["TRUNK"], [number])
        return {**image, "trunk_dialpatterns": patterns, "astdb_extra": options}


def _order(line: Row) -> tuple[str, int, str]:
    """The order in which the pages show the settings. MyISAM gives them in one order today and in another tomorrow."""
    flags = str(line.get("flags") or "")
    return str(line["id"]), int(flags) if flags.isdigit() else 0, str(line["keyword"])


def _own(flavour: Flavour, is_secured: bool, is_registered: bool) -> OwnCells:
    """Of each table of settings the lines that the link decides, in a peer's own settings and its register string."""
    names: dict[str, set[str]] = {}
    beginnings: dict[str, list[str]] = {}
    for technology in Technology:
        for place, (table, beginning) in enumerate(flavour.settings_places(technology.value, "")):
            if not place:
                secure = flavour.secured_by_link(technology) if is_secured else ()
                registration = flavour.registered_by_link(technology) if is_registered else ()
                names.setdefault(table, set()).update(flavour.said_by_link(technology), secure, registration)
            if not place or beginning == _REGISTER:
                beginnings.setdefault(table, []).append(beginning)
    columns = frozenset({"id", "keyword", "data"})
    settings = {
        table: OwnRows(columns, by="keyword", names=frozenset(words), within=("id", tuple(beginnings[table])))
        for table, words in names.items()
    }
    return OwnCells({"trunks": OwnRows(frozenset(OWN_OF_TRUNK)), **settings}, ("trunks", "tech"))


def numbers_of(images: Mapping[Key, Image]) -> set[str]:
    """The numbers of the trunks among them."""
    return {str(row["trunkid"]) for key, image in images.items() if key.kind == NAME for row in image["trunks"]}


def is_disabled(image: Image) -> bool:
    """Whether somebody switched the trunk off."""
    return image["trunks"][0].get("disabled") == "on"


def far_end(flavour: Flavour, image: Image) -> tuple[str, str]:
    """The host and the port that the trunk's settings name, each empty where they name none."""
    row = image["trunks"][0]
    table, place = flavour.settings_places(str(row["tech"]), str(row["trunkid"]))[0]
    lines = {str(each["keyword"]): str(each["data"] or "") for each in image.get(table, ()) if each["id"] == place}
    host = next((lines[word] for word in flavour.host_keywords if lines.get(word)), "")
    port = next((lines[word] for word in flavour.port_keywords if lines.get(word)), "")
    name, _, after = host.partition(":")
    return name, after or port


def settings_tables(flavour: Flavour) -> set[str]:
    """The tables that hold settings of trunks, of any technology that is ours to write."""
    return {table for table, _ in _every_place(flavour, "0")}


def _every_place(flavour: Flavour, number: str) -> list[tuple[str, str]]:
    """Where a trunk of this number would have settings, in any technology."""
    return [place for technology in Technology for place in flavour.settings_places(technology.value, number)]


def free_trunk_id(database: Database, flavour: Flavour) -> str:
    """The lowest number from 1 that no trunk has, no outbound route names and no settings are left of.

    A fresh Issabel has the route `9_outside` pointing at a trunk 1 that does not exist: the first trunk created in
    the GUI silently becomes the way out for `9.`. FreePBX writes settings that are left without their trunk into
    Asterisk's files all the same, whatever the next trunk of that number is (measured).
    """
    taken = {str(number) for (number,) in database.column_values("trunks", "trunkid")}
    taken |= {str(number) for (number,) in database.column_values("outbound_route_trunks", "trunk_id")}
    tables = settings_tables(flavour)
    left = {(table, str(place)) for table in tables for (place,) in database.column_values(table, "id")}
    free = (number for number in map(str, count(1)) if number not in taken)
    return next(number for number in free if left.isdisjoint(_every_place(flavour, number)))


def stale_globals(database: Database, flavour: Flavour, changes: Sequence[Change]) -> list[str]:
    """Variables of the dialplan that the trunks of these changes must not find, nor leave to the next of their number.

    Decided by the trunks that the database has now: one number may be several trunks' of different technologies.
    """
    if not flavour.stale_globals("", "0"):
        return []
    images = [image for change in changes if change.key.kind == NAME for image in (change.before, change.after)]
    numbers = {str(row["trunkid"]) for image in images if image for row in image.get("trunks", ())}
    found = []
    for number in sorted(numbers):
        there = [str(row["tech"]) for row in database.rows("trunks", "trunkid", [number])]
        names = [set(flavour.stale_globals(technology, number)) for technology in there or [""]]
        found += sorted(set.intersection(*names))
    return found
