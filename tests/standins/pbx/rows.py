"""Writing rows into the PBX tables without knowing more of them than their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, column, insert, select, table, text

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table_name: str, rows: Iterable[Row]) -> int:
    """Inserts rows that all name the same columns; returns how many."""
    items = [dict(row) for row in rows]
    if items:
        target = table(table_name, *(column(name) for name in items[0]))
        connection.execute(insert(target), items)
    return len(items)


def insert_recorded(connection: Connection, diff: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> None:
    """Applies the `mysql` part of one recorded GUI action: its rows_removed go, its rows_added come."""
    for name, change in diff.items():
        for row in change["rows_removed"]:
            _delete_row(connection, name, row)
        for row in change["rows_added"]:
            insert_rows(connection, name, [row])


def read_rows(connection: Connection, table_name: str) -> list[dict[str, Any]]:
    query = select(text("*")).select_from(table(table_name))
    return [dict(row) for row in connection.execute(query).mappings()]


def _delete_row(connection: Connection, name: str, row: Row) -> None:
    target = table(name, *(column(key) for key in row))
    condition = [target.c[key].is_(None) if value is None else target.c[key] == value for key, value in row.items()]
    connection.execute(target.delete().where(*condition))
