"""Writes images to the PBX and puts them back: rows to the database in one transaction, then AstDB, then lines of
voicemail.conf.

Rows are made while they are sent, some at a time: those of ten thousand extensions together would take 100 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Optional

from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from issabel_module.storage.tables import ASTDB_TABLES, OUTSIDE_DATABASE, PRIMARY_KEYS, VOICEMAIL_TABLE
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from pbxlink.engine.chunks import parts
from pbxlink.engine.image_template import Templated
from pbxlink.engine.plan import Change, Image, Row, RowChange, RowStream, row_change
from pbxlink.engine.side import Counted, not_counted
from pbxlink.messages.errors import Overtaken
from pbxlink.messages.findings import error

_Identity = tuple[Optional[str], ...]
_SHARED_NUMBERS = (
    "trunks", "trunk_dialpatterns", "callrecording_module", "queues_details", "paging_groups", "vmblast_groups",
)  # fmt: skip
_PART = 200
"""Changes that are put back at once."""
_COMPARED = 1000
"""Changes that are compared at once, each table in one round trip."""


class Store:
    """Writes changes, and puts them back."""

    def __init__(self, database: Database, astdb: AstDb, boxes: VoicemailBoxes) -> None:
        self._database = database
        self._astdb = astdb
        self._boxes = boxes

    def write(self, changes: Sequence[Change], counted: Counted = not_counted) -> None:
        """Writes every change: rows first, in one transaction, then AstDB, with calls of `counted` for its keys, then
        voicemail boxes.

        Raises Overtaken where somebody changed the rows since they were read: the GUI knows no lock.
        """
        filling = _by_table(changes)
        written = {table: _stream_of(table, filling.get(table, ())) for table in PRIMARY_KEYS}
        streams = {t: c for t, c in written.items() if t not in OUTSIDE_DATABASE and self._database.has(t)}
        self._database.write(streams, PRIMARY_KEYS, lambda: self._require_unchanged(changes))
        total = sum(_keys_of(change) for change in changes)
        self._astdb.write(_joined(written[table] for table in ASTDB_TABLES), lambda done: counted(done, total))
        self._boxes.write(written[VOICEMAIL_TABLE])

    def _require_unchanged(self, changes: Sequence[Change]) -> None:
        for part in parts(changes, _COMPARED):
            of_table = _by_table(part)
            filling = {table: of_table[table] for table in self._tables if table in of_table}
            expected = {table: _identified(table, (each.before for each in found)) for table, found in filling.items()}
            wanted = {table: _identified(table, (each.after for each in found)) for table, found in filling.items()}
            asked = {
                table: (PRIMARY_KEYS[table][0], {str(identity[0]) for identity in (*expected[table], *wanted[table])})
                for table in filling
            }
            now: dict[str, list[Row]] = {table: [] for table in asked}
            for table, rows in self._database.locked_rows(asked):
                now[table] += rows
            for table, rows in now.items():
                _require_same(table, expected[table], _by_identity(table, rows))

    @property
    def _tables(self) -> list[str]:
        """Those of the database that a link's images have and that there are."""
        return [table for table in PRIMARY_KEYS if table not in OUTSIDE_DATABASE and self._database.has(table)]

    def restore(self, changes: Sequence[Change]) -> None:
        """Puts every row and key of the changes back to the before-image, whatever it is now."""
        self._database.renew()
        back = {table: _merged(self._back(table, part) for part in parts(changes, _PART)) for table in self._tables}
        self._database.write(back, PRIMARY_KEYS)
        for table in ASTDB_TABLES:
            for part in parts(changes, _PART):
                self._astdb.write(self._back(table, part))
        self._boxes.write(self._back(VOICEMAIL_TABLE, changes))

    def _back(self, table: str, changes: Sequence[Change]) -> RowChange:
        """The change that puts the table's rows of these changes back."""
        primary_key = PRIMARY_KEYS[table]
        before = list(_rows(table, (change.before for change in changes)))
        touched = {_identity(row, primary_key) for row in before}
        touched |= {_identity(row, primary_key) for row in _rows(table, (change.after for change in changes))}
        return row_change(self._now(table, primary_key, touched), before, primary_key) if touched else RowChange()

    def _now(self, table: str, primary_key: Sequence[str], touched: set[_Identity]) -> list[Row]:
        if table in ASTDB_TABLES:
            return self._astdb.values({str(identity[0]) for identity in touched})
        if table == VOICEMAIL_TABLE:
            return self._boxes.values({str(identity[0]) for identity in touched})
        found = self._database.rows(table, primary_key[0], {str(identity[0]) for identity in touched})
        return [row for row in found if _identity(row, primary_key) in touched]


def _require_same(table: str, expected: Mapping[_Identity, Row], now: Mapping[_Identity, Row]) -> None:
    """Raises Overtaken where the rows that there are now are not as expected."""
    # Trunks of two technologies may have the same number, and a number may have been a member of something before its
    # extension was made: rows that are not ours are no change.
    shared = {identity[0] for identity in expected} if table in _SHARED_NUMBERS else set()
    mine = {identity: row for identity, row in now.items() if identity in expected or identity[0] not in shared}
    if mine != expected:
        other = sorted(str(each[0]) for each in {*mine, *expected} if mine.get(each) != expected.get(each))
        raise Overtaken(error("plan.overtaken", table=table, rows=", ".join(dict.fromkeys(other))))


def _by_table(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """By table, the changes whose images have rows of it: of many tables most have none."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        before, after = _filled(change.before), _filled(change.after)
        for table in dict.fromkeys((*before, *after)) if before and after else before or after:
            found.setdefault(table, []).append(change)
    return found


def _filled(image: Image | None) -> Sequence[str]:
    if isinstance(image, Templated):
        return image.template.filled
    return [table for table, rows in image.items() if rows] if image else ()


def _stream_of(table: str, changes: Sequence[Change]) -> RowStream:
    """What the changes do to the table. Rows of created or deleted resources are made on demand."""
    key = PRIMARY_KEYS[table]
    turned = _merged(
        row_change(change.before.get(table, ()), change.after[table], key)
        for change in changes
        if change.before is not None and change.after is not None and table in change.after
    )
    created = (change.after for change in changes if change.before is None and change.after is not None)
    deleted = _rows(table, (change.before for change in changes if change.after is None))
    inserts = (row for image in created for row in _distinct(image, table))
    return RowStream(chain(turned.inserts, inserts), turned.updates, chain(turned.deletes, deleted))


def _joined(streams: Iterable[RowStream]) -> RowStream:
    """The streams of several tables as one; AstDB's two tables have no key in common."""
    listed = list(streams)
    return RowStream(
        chain.from_iterable(each.inserts for each in listed),
        chain.from_iterable(each.updates for each in listed),
        chain.from_iterable(each.deletes for each in listed),
    )


def _keys_of(change: Change) -> int:
    """The number of AstDB keys that a change may write."""
    image = (change.after if change.after is not None else change.before) or {}
    tables = image.template.tables if isinstance(image, Templated) else image
    return sum(len(tables.get(table, ())) for table in ASTDB_TABLES)


def _distinct(image: Image, table: str) -> Sequence[Row]:
    """The table's rows, each once; rows of a template are distinct already."""
    rows = image.get(table, ())
    return rows if isinstance(image, Templated) else row_change((), rows, PRIMARY_KEYS[table]).inserts


def _merged(changes: Iterable[RowChange]) -> RowChange:
    listed = list(changes)
    return RowChange(
        tuple(row for change in listed for row in change.inserts),
        tuple(pair for change in listed for pair in change.updates),
        tuple(row for change in listed for row in change.deletes),
    )


def _rows(table: str, images: Iterable[Image | None]) -> Iterator[Row]:
    return (row for image in images if image is not None for row in image.get(table, ()))


def _identified(table: str, images: Iterable[Image | None]) -> dict[_Identity, Row]:
    """The table's rows of these images by their primary key."""
    return _by_identity(table, _rows(table, images))


def _by_identity(table: str, rows: Iterable[Row]) -> dict[_Identity, Row]:
    primary_key = PRIMARY_KEYS[table]
    return {_identity(row, primary_key): row for row in rows}


def _identity(row: Row, primary_key: Sequence[str]) -> _Identity:
    return tuple(row[column] for column in primary_key)
