"""Trunks, chan_sip and pjsip: tables `trunks` and `sip`, AstDB `TRUNK/<id>`.

Sources: recorded rows of a chan_sip trunk (a0), a pjsip trunk (b0) and a deletion (e11). The primary key of `trunks`
is (trunkid, tech, channelid): a trunkid alone is not unique, and nothing counts it up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from issabel_module.kinds import Numbers, Reader
from issabel_module.storage.database import Database
from pbxlink.engine.plan import Cell, Image, Row
from pbxlink.link import trunk_settings
from pbxlink.link.model import Link, Technology

NAME = "trunk"
_SIP_IDS = {"sip": ("tr-peer-{}", "tr-user-{}", "tr-reg-{}"), "pjsip": ("pjsip-{}", "tr-reg-{}")}
_HOST_KEYWORDS = {"host", "server"}
_FIRST_FLAG = 2
"""The flags of `sip` rows count up from 2 in the order of the lines; the generator sorts by them."""


class Trunk:
    """The PBX's trunk to OML, named by its channelid."""

    name = NAME

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`. A trunk of ours that was renamed in the GUI is found by its trunkid."""
        rows = reader.database.rows("trunks")
        numbers = [str(row["trunkid"]) for row in rows]
        found: dict[str, Image] = {}
        for name in {*names, *owned}:
            row = _chosen(reader, rows, name, owned.get(name))
            if row is not None:
                found[name] = _image(reader, row, is_alone=numbers.count(str(row["trunkid"])) == 1)
        return found

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """The one trunk of the link."""
        return {link.pbx.trunk: trunk_image(link, numbers.trunk_id)}


def _chosen(reader: Reader, rows: Sequence[Row], name: str, last: Image | None) -> Row | None:
    named = [row for row in rows if row["channelid"] == name and row["tech"] in _SIP_IDS]
    number = last["trunks"][0]["trunkid"] if last else None
    same_id = [row for row in rows if row["trunkid"] == number and row["tech"] in _SIP_IDS]
    renamed = [row for row in same_id if last and _leads_where(reader, row, last)]
    return next(iter([*(row for row in named if row in same_id), *renamed, *named]), None)


def _leads_where(reader: Reader, row: Row, last: Image) -> bool:
    """Whether the trunk leads where ours did. The GUI gives a deleted trunk's number to the next one, of anybody."""
    found = _settings_of(reader, row)
    return any(line["data"] in _hosts(last["sip"]) for line in found if line["keyword"] in _HOST_KEYWORDS)


def _hosts(settings: Sequence[Row]) -> set[Cell]:
    return {line["data"] for line in settings if line["keyword"] in _HOST_KEYWORDS}


def _settings_of(reader: Reader, row: Row) -> Sequence[Row]:
    forms = _SIP_IDS[str(row["tech"])]
    return reader.database.rows("sip", "id", [form.format(row["trunkid"]) for form in forms])


def _image(reader: Reader, row: Row, is_alone: bool) -> Image:
    number = str(row["trunkid"])
    image: dict[str, Sequence[Row]] = {"trunks": [row], "sip": _settings_of(reader, row)}
    if not is_alone:  # what goes by the number only may be the other trunk's
        return image
    patterns = reader.database.rows("trunk_dialpatterns", "trunkid", [number])
    options = reader.astdb.rows(["TRUNK"], [number])
    return {**image, "trunk_dialpatterns": patterns, "astdb_extra": options}


def trunk_image(link: Link, trunk_id: str) -> Image:
    """The rows of the link's trunk, as the GUI would write them."""
    technology = link.pbx.technology
    row: dict[str, Cell] = {
        "trunkid": trunk_id,
        "name": link.pbx.trunk,
        "tech": technology.value,
        "outcid": "",
        "keepcid": "off",
        "maxchans": "",
        "failscript": "",
        "dialoutprefix": "",
        "channelid": link.pbx.trunk,
        "usercontext": "",
        "provider": "",
        "disabled": "off",
        "continue": "off",
    }
    return {"trunks": [row], "sip": list(_settings(link, trunk_id))}


def _settings(link: Link, trunk_id: str) -> Sequence[Row]:
    if link.pbx.technology is Technology.PJSIP:
        identifier, lines = f"pjsip-{trunk_id}", trunk_settings.pjsip_settings(link)
    else:
        identifier = f"tr-peer-{trunk_id}"
        lines = (("account", link.pbx.trunk), *trunk_settings.peer_details(link))
    return [
        {"id": identifier, "keyword": keyword, "data": data, "flags": str(flag)}
        for flag, (keyword, data) in enumerate(lines, start=_FIRST_FLAG)
    ]


def free_trunk_id(database: Database) -> str:
    """The lowest number from 1 that no trunk has and no outbound route names.

    A fresh Issabel has the route `9_outside` pointing at a trunk 1 that does not exist: the first trunk created in
    the GUI silently becomes the way out for `9.`.
    """
    taken = {str(number) for (number,) in database.column_values("trunks", "trunkid")}
    taken |= {str(number) for (number,) in database.column_values("outbound_route_trunks", "trunk_id")}
    return next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)
