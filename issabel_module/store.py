"""Images written to and put back on the PBX: rows to the database in one transaction, then AstDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from issabel_module.astdb import AstDb
from issabel_module.database import Database
from pbxlink.plan import Change, Image, Row, RowChange, row_change

PRIMARY_KEYS: dict[str, tuple[str, ...]] = {
    "trunks": ("trunkid", "tech", "channelid"),
    "trunk_dialpatterns": ("trunkid", "match_pattern_prefix", "match_pattern_pass", "prepend_digits", "seq"),
    "sip": ("id", "keyword"),
    "outbound_routes": ("route_id",),
    "outbound_route_patterns": (
        "route_id", "match_pattern_prefix", "match_pattern_pass", "match_cid", "prepend_digits",
    ),
    "outbound_route_trunks": ("route_id", "trunk_id", "seq"),
    "outbound_route_sequence": ("route_id", "seq"),
    "devices": ("id",),
    "users": ("extension",),
    "astdb": ("key",),
    "astdb_extra": ("key",),
}  # fmt: skip
"""What tells a row from another, in the order in which tables are written. Schema record, indexes named PRIMARY."""

ASTDB_TABLES = ("astdb", "astdb_extra")
"""`astdb`: the keys that we write. `astdb_extra`: keys of the same object that users set (call forward and the like):
no difference to a plan, deleted with the object as the GUI does, and put back by an undo."""


class Store:
    """Writes changes and puts them back."""

    def __init__(self, database: Database, astdb: AstDb) -> None:
        self._database = database
        self._astdb = astdb

    def write(self, changes: Sequence[Change]) -> None:
        """Writes every change: rows first, in one transaction, then AstDB."""
        self._write({table: _merged(_changes_of(table, changes)) for table in PRIMARY_KEYS})

    def restore(self, changes: Sequence[Change]) -> None:
        """Makes every row and key that the changes touch what it was before them, whatever it is now."""
        wanted: dict[str, RowChange] = {}
        for table, primary_key in PRIMARY_KEYS.items():
            before = _rows(table, (change.before for change in changes))
            touched = {_identity(row, primary_key) for row in before}
            touched |= {_identity(row, primary_key) for row in _rows(table, (change.after for change in changes))}
            now = self._now(table, primary_key, touched)
            wanted[table] = row_change(now, before, primary_key)
        self._write(wanted)

    def _now(self, table: str, primary_key: Sequence[str], touched: set[tuple[str | None, ...]]) -> list[Row]:
        if table in ASTDB_TABLES:
            return self._astdb.values({str(identity[0]) for identity in touched})
        found = self._database.rows(table, primary_key[0], {str(identity[0]) for identity in touched})
        return [row for row in found if _identity(row, primary_key) in touched]

    def _write(self, changes: dict[str, RowChange]) -> None:
        database = {t: c for t, c in changes.items() if t not in ASTDB_TABLES and c != RowChange()}
        if database:
            self._database.write(database, PRIMARY_KEYS)
        for table in ASTDB_TABLES:
            self._astdb.write(changes[table])


def _changes_of(table: str, changes: Iterable[Change]) -> Iterable[RowChange]:
    for change in changes:
        before = (change.before or {}).get(table, ())
        if change.after is None:
            yield RowChange(deletes=tuple(before))
        elif table in change.after:
            yield row_change(before, change.after[table], PRIMARY_KEYS[table])


def _merged(changes: Iterable[RowChange]) -> RowChange:
    listed = list(changes)
    return RowChange(
        tuple(row for change in listed for row in change.inserts),
        tuple(pair for change in listed for pair in change.updates),
        tuple(row for change in listed for row in change.deletes),
    )


def _rows(table: str, images: Iterable[Image | None]) -> list[Row]:
    return [row for image in images for row in (image or {}).get(table, ())]


def _identity(row: Row, primary_key: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(row[column] for column in primary_key)
