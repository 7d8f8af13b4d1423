"""The statements that write, made by SQLAlchemy over the driver's connection; imported when something is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    StaticPool,
    TableClause,
    column,
    create_engine,
    literal_column,
    null,
    tuple_,
)
from sqlalchemy import table as make_table
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.exc import SQLAlchemyError as SQLAlchemyError
from sqlalchemy.sql.expression import and_, case

from issabel_module.storage import schema
from pbxlink.engine.chunks import parts
from pbxlink.engine.plan import Cell, Row, RowStream

CHUNK = 1000
"""Rows of one statement: few round trips, and far from the smallest `max_allowed_packet` (1 MB)."""


def engine_over(is_mysql: bool, raw: Callable[[], Any]) -> Engine:
    """An engine whose one connection is the driver's that `raw` returns. A transaction is ended where the server's last
    answer said that there is one (`autocommit` is on: reading begins none)."""
    url = URL.create("mysql+mysqlconnector" if is_mysql else "sqlite")
    # Each block ends its own transaction, so nothing is left to roll back when a connection is handed back.
    engine = create_engine(url, creator=raw, poolclass=StaticPool, pool_reset_on_return=None)
    if is_mysql:
        dialect: Any = engine.dialect
        commit, rollback = dialect.do_commit, dialect.do_rollback
        dialect.do_commit = lambda connection: commit(connection) if connection.in_transaction else None
        dialect.do_rollback = lambda connection: rollback(connection) if connection.in_transaction else None
        # What it would ask the server at first and we do not use; it takes this for a driver that cannot say it.
        dialect.get_default_isolation_level = dialect._get_default_schema_name = _not_asked
        # What the connection knows already; letters in names of tables matter where it describes tables, which we do.
        dialect._get_server_version_info = lambda connection: dialect._parse_server_version(raw().version_text)
        dialect._fetch_setting = lambda connection, name: raw().sql_mode if name == "sql_mode" else None
    return engine


def _not_asked(connection: Any) -> Any:
    raise NotImplementedError


def table(name: str, columns: schema.Columns) -> TableClause:
    """The table for statements. Without types: driver and server convert text to the column's type."""
    return make_table(name, *(column(each) for each in columns))


def write_table(connection: Connection, table: TableClause, change: RowStream, primary_key: Sequence[str]) -> None:
    for rows in parts(change.deletes, CHUNK):
        connection.execute(table.delete().where(_one_of(table, primary_key, rows)))
    for pairs in parts(change.updates, CHUNK):
        connection.execute(_update(table, pairs, primary_key))
    for rows in parts(change.inserts, CHUNK):
        insert_rows(connection, table, rows)


def insert_rows(connection: Connection, table: TableClause, rows: Sequence[Row], key: Sequence[str] = ()) -> None:
    """Inserts rows with the same columns. Cells that are equal in all rows are part of the statement: the driver spends
    most of its time on escaping cells. Where the primary key is given, a row that is there already gets all its cells
    anew: so no moment is without the row, not even on MyISAM, which has no transactions."""
    if not rows:
        return
    first = rows[0]
    same = {
        column: _literal(cell)
        for column, cell in first.items()
        if (cell is None or _PLAIN.fullmatch(cell)) and all(row[column] == cell for row in rows)
    }
    if len(same) == len(first):
        same.popitem()
    varying = [column for column in first if column not in same]
    found = [{column: row[column] for column in varying} for row in rows]
    statement: Insert = mysql.insert(table) if not key else _renewing(connection, table, list(first), key)
    connection.execute(statement.values(same) if same else statement, found)


def _renewing(connection: Connection, table: TableClause, columns: Sequence[str], key: Sequence[str]) -> Insert:
    """The key's own cells too: by the server's collation a name in other letters may be the same key."""
    if connection.dialect.name == "sqlite":
        conflicting = sqlite.insert(table)
        cells = {column: conflicting.excluded[column] for column in columns}
        return conflicting.on_conflict_do_update(index_elements=list(key), set_=cells)
    there = mysql.insert(table)
    return there.on_duplicate_key_update({column: there.inserted[column] for column in columns})


_PLAIN = re.compile(r"[A-Za-z0-9_-]*")
"""Text that needs no escaping in SQL."""


def _literal(cell: Cell) -> ColumnElement[Any]:
    return null() if cell is None else literal_column(f"'{cell}'")


def _one_of(table: TableClause, primary_key: Sequence[str], rows: Iterable[Row]) -> ColumnElement[bool]:
    if len(primary_key) == 1:
        return table.c[primary_key[0]].in_([row[primary_key[0]] for row in rows])
    wanted = [tuple(row[column] for column in primary_key) for row in rows]
    return tuple_(*(table.c[column] for column in primary_key)).in_(wanted)


def _update(table: TableClause, pairs: Sequence[tuple[Row, Row]], primary_key: Sequence[str]) -> Any:
    """One statement for many rows: each column gets the cell of the row with the matching key; others stay."""
    columns = dict.fromkeys(column for _, cells in pairs for column in cells)
    values = {
        column: case(
            *((_is(table, primary_key, row), cells[column]) for row, cells in pairs if column in cells),
            else_=table.c[column],
        )
        for column in columns
    }
    return table.update().where(_one_of(table, primary_key, (row for row, _ in pairs))).values(values)


def _is(table: TableClause, primary_key: Sequence[str], row: Row) -> ColumnElement[bool]:
    return and_(*(table.c[column] == row[column] for column in primary_key))
