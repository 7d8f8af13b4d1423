"""The module's own table: what of the PBX is ours, and what we last wrote there (secrets masked)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from issabel_module.database import Database
from pbxlink.errors import Refused
from pbxlink.findings import error
from pbxlink.plan import Action, Change, Image, Key, as_document, image_of
from pbxlink.report import hide

TABLE = Table(
    "issabel_omnileads",
    MetaData(),
    Column("link", String(32), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("image", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
)


VERSION = "1"
"""Of what the rows hold; kept in the table itself, so that an older release leaves a newer one's table alone."""

NO_LINK = ""
"""Stands in the place of a link's name in the row that holds the version."""

_VERSION_ROW = {"link": NO_LINK, "kind": "table", "name": "version", "image": VERSION}

_NOT_OURS = frozenset({"outbound_route_sequence", "trunk_dialpatterns", "astdb_extra"})
"""What goes with a resource and is its users' to change: a route's place in the order, call forward and the like."""


class Ownership:
    """What one link owns on this PBX."""

    def __init__(self, database: Database, link: str) -> None:
        self._database = database
        self._link = link

    def owned(self) -> dict[Key, Image]:
        """What we made or took over, as we last wrote it. Raises Refused where a newer release made the table."""
        self._require_known_version()
        rows = self._database.rows(TABLE.name, "link", [self._link])
        return {Key(str(row["kind"]), str(row["name"])): _image(str(row["image"])) for row in rows}

    def record(self, changes: Iterable[Change]) -> None:
        """Notes the changes, in one transaction; creates the table on first use."""
        if not self._database.has(TABLE.name):
            with self._database.connection() as connection:
                TABLE.create(connection, checkfirst=True)
            self._database.forget_tables()
        listed = list(changes)
        with self._database.connection() as connection:
            for change in listed:
                connection.execute(
                    delete(TABLE).where(
                        TABLE.c.link == self._link, TABLE.c.kind == change.key.kind, TABLE.c.name == change.key.name
                    )
                )
            # Anew each time: a run that was killed after it created the table left it without.
            connection.execute(delete(TABLE).where(TABLE.c.link == NO_LINK))
            kept = [self._row(change) for change in listed if change.action is not Action.DELETE]
            connection.execute(insert(TABLE), [_VERSION_ROW, *kept])

    def _require_known_version(self) -> None:
        rows = self._database.rows(TABLE.name, "link", [NO_LINK])
        found = next((row["image"] for row in rows), VERSION)
        if found != VERSION:
            raise Refused(error("ownership.version", table=TABLE.name, found=found, known=VERSION))

    def _row(self, change: Change) -> dict[str, str]:
        ours = {table: rows for table, rows in (hide(change.after) or {}).items() if table not in _NOT_OURS}
        image = json.dumps(as_document(ours), separators=(",", ":"))
        return {"link": self._link, "kind": change.key.kind, "name": change.key.name, "image": image}


def _image(stored: str) -> Image:
    return image_of(json.loads(stored)) or {}
