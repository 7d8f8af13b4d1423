"""Which tables and columns the PBX's database has; read once, on MySQL with one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from sqlalchemy import Connection, TableClause, column, inspect, text
from sqlalchemy import table as make_table

Columns = Mapping[str, Optional[int]]
"""A table's columns in their order, each with its length in characters; None where it has none."""

_QUERY = text(
    "SELECT table_name, column_name, character_maximum_length FROM information_schema.columns"
    " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
)


def describe(connection: Connection) -> dict[str, Columns]:
    """Every table of the connection's database."""
    if connection.dialect.name not in {"mysql", "mariadb"}:
        return _inspected(connection)
    tables: dict[str, dict[str, int | None]] = {}
    for name, column_name, length in connection.execute(_QUERY):
        tables.setdefault(_text(name), {})[_text(column_name)] = None if length is None else int(length)
    return {**tables}


def _inspected(connection: Connection) -> dict[str, Columns]:
    inspector = inspect(connection)
    return {
        name: {each["name"]: getattr(each["type"], "length", None) for each in inspector.get_columns(name)}
        for name in inspector.get_table_names()
    }


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, (bytes, bytearray)) else str(value)


def table(name: str, columns: Columns) -> TableClause:
    """The table for statements. Without types: driver and server convert text to the column's type."""
    return make_table(name, *(column(each) for each in columns))
