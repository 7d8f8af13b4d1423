"""Which tables and columns the PBX's database has; read once, on MySQL in one round trip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from issabel_module.storage.driver import Connection

Columns = Mapping[str, Optional[int]]
"""A table's columns in their order, each with its length in characters; None where it has none."""

_MYSQL = (
    "SELECT table_name, column_name, character_maximum_length FROM information_schema.columns"
    " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
    "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()",
)
_SQLITE = (
    "SELECT tables.name, columns.name, columns.type FROM sqlite_master AS tables"
    " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' ORDER BY tables.name, columns.cid"
)
_LENGTH = re.compile(r".*\((\d+)\)")


@dataclass(frozen=True)
class Schema:
    """The tables by name, and their storage engines where the server has several."""

    tables: Mapping[str, Columns]
    engines: Mapping[str, str] = field(default_factory=dict)


def describe(connection: Connection, is_mysql: bool) -> Schema:
    """Every table of the connection's database."""
    if not is_mysql:
        (columns,) = connection.read([_SQLITE])
        return Schema(_tables([(table, name, _length_in(declared)) for table, name, declared in columns]))
    columns, engines = connection.read(_MYSQL)
    return Schema(_tables(columns), {str(name): str(engine) for name, engine in engines})


def _tables(columns: list[tuple[str | None, ...]]) -> dict[str, Columns]:
    tables: dict[str, dict[str, int | None]] = {}
    for table, name, length in columns:
        tables.setdefault(str(table), {})[str(name)] = None if length is None else int(length)
    return {**tables}


def _length_in(declared: str | None) -> str | None:
    found = _LENGTH.match(declared or "")
    return found.group(1) if found else None
