"""The module's own table: what of the PBX is ours, and what we last wrote there (secrets masked)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, and_, delete, insert
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from issabel_module.storage.database import Database, insert_rows
from pbxlink.engine.chunks import parts
from pbxlink.engine.image_template import Template, Templated, packed, unpacked
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Image, Key
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

_ENCODED = json.JSONEncoder(separators=(",", ":")).encode

TABLE = Table(
    "issabel_omnileads",
    MetaData(),
    Column("link", String(32), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("image", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
)


VERSION = "2"
"""Of what the rows hold; kept in the table itself, so that an older release leaves a newer one's table alone."""

_KNOWN = ("1", VERSION)
"""What is read. Version 1 held every image in full; from 2 on those of one form are kept by their template."""

NO_LINK = ""
"""Stands in the place of a link's name in the rows that hold the version and the templates."""

_VERSION_ROW = {"link": NO_LINK, "kind": "table", "name": "version", "image": VERSION}
_TEMPLATE = "template"
_PART = 1000

_NOT_OURS = frozenset({
    "outbound_route_sequence", "outbound_route_email", "callrecording_module", "trunk_dialpatterns", "findmefollow",
    "paging_groups", "vmblast_groups",
    "astdb_extra",
})  # fmt: skip
"""What goes with a resource and is its users' to change: a route's place in the order, call forward and the like."""


class Ownership:
    """What one link owns on this PBX."""

    def __init__(self, database: Database, link: str) -> None:
        self._database = database
        self._link = link
        self._lasting: dict[str, Template] = {}

    def owned(self) -> dict[Key, Image]:
        """What we made or took over, as we last wrote it. Raises Refused where a newer release made the table."""
        templates = self._templates()
        cells = self._database.cells(TABLE.name, ("kind", "name", "image"), "link", [self._link])
        return {Key(str(kind), str(name)): unpacked(json.loads(str(image)), templates) for kind, name, image in cells}

    def make_table(self) -> None:
        """Creates the table where it is not there. Raises SideUnavailable where that is refused."""
        if not self._database.has(TABLE.name):
            with self._database.connection() as connection:
                TABLE.create(connection, checkfirst=True)
            self._database.forget_tables()

    def record(self, changes: Sequence[Change]) -> None:
        """Notes the changes, in one transaction; creates the table on first use."""
        self.make_table()
        templates = self._templates()
        known = set(templates)
        with self._database.connection() as connection:
            _note_version(connection)
            for kind in sorted({change.key.kind for change in changes}):
                for part in parts((change.key.name for change in changes if change.key.kind == kind), _PART):
                    of_kind = and_(TABLE.c.link == self._link, TABLE.c.kind == kind)
                    connection.execute(delete(TABLE).where(of_kind, TABLE.c.name.in_(part)))
            kept = (self._row(change, templates) for change in changes if change.action is not Action.DELETE)
            for rows in parts(kept, _PART):
                # Before the rows that need them, and none is taken away: MyISAM keeps whatever a killed run had done.
                fresh = [_template_row(each) for digest, each in templates.items() if digest not in known]
                known |= set(templates)
                insert_rows(connection, TABLE, [*fresh, *rows])

    def _templates(self) -> dict[str, Template]:
        """The templates of this table's images, by digest. Raises Refused where a newer release made the table."""
        rows = self._database.rows(TABLE.name, "link", [NO_LINK])
        found = next((row["image"] for row in rows if row["kind"] == _VERSION_ROW["kind"]), VERSION)
        if found not in _KNOWN:
            raise Refused(error("ownership.version", table=TABLE.name, found=found, known=VERSION))
        return {
            str(row["name"]): Template.of(json.loads(str(row["image"]))) for row in rows if row["kind"] == _TEMPLATE
        }

    def _row(self, change: Change, templates: dict[str, Template]) -> dict[str, str]:
        image = _ENCODED(packed(self._ours(hide(change.after) or {}), templates))
        return {"link": self._link, "kind": change.key.kind, "name": change.key.name, "image": image}

    def _ours(self, image: Image) -> Image:
        """The image without what is its users' to change."""
        if not isinstance(image, Templated):
            return {table: rows for table, rows in image.items() if table not in _NOT_OURS}
        template = image.template
        lasting = self._lasting.get(template.digest) or self._lasting.setdefault(
            template.digest, Template({t: rows for t, rows in template.tables.items() if t not in _NOT_OURS})
        )
        return Templated(lasting, image.values_)


def _note_version(connection: Connection) -> None:
    """Anew each time: a run that was killed after it created the table left it without."""
    of_version = [TABLE.c[column] == _VERSION_ROW[column] for column in ("link", "kind", "name")]
    connection.execute(delete(TABLE).where(*of_version))
    connection.execute(insert(TABLE), [_VERSION_ROW])


def _template_row(template: Template) -> dict[str, str]:
    return {"link": NO_LINK, "kind": _TEMPLATE, "name": template.digest, "image": _ENCODED(template.document)}
