"""Whether this database user may do what an apply does: to be known before anything is written, not half way.

Asked of the server itself, by statements that find no row: it checks rights before it looks for rows, whether they
come by user, role, schema, table or column. Listing grants would have to know all of these, in every release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import text

from issabel_module.storage.database import Database
from issabel_module.storage.tables import ASTDB_TABLES, PRIMARY_KEYS
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, error

_ADMIN = "admin"
"""Where a reload is asked for."""


def missing(database: Database) -> Iterator[Finding]:
    """A finding for each kind of statement that is refused, in the server's own words."""
    wanted = [name for name in (*PRIMARY_KEYS, _ADMIN) if name not in ASTDB_TABLES and database.has(name)]
    statements = list(_statements(database, wanted)) if database.is_mysql else []
    if _refused(database, statements):
        for statement in statements:
            yield from _refused(database, [statement])


def _refused(database: Database, statements: Sequence[str]) -> list[Finding]:
    """The first refusal, if any."""
    try:
        with database.connection() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except SideUnavailable as problem:
        return [error("database.rights", text=problem.findings[0].values["text"])]
    return []


def _statements(database: Database, tables: Sequence[str]) -> Iterator[str]:
    """One each for updating and deleting in all the tables, one a table for inserting: there is no shorter way."""
    names = ", ".join(f"`{table}`" for table in tables)
    columns = {table: [f"`{column}`" for column in database.columns(table)] for table in tables}
    cells = ", ".join(f"`{table}`.{found[0]} = `{table}`.{found[0]}" for table, found in columns.items())
    yield f"UPDATE {names} SET {cells} WHERE FALSE"
    yield f"DELETE {names} FROM {names} WHERE FALSE"
    for table, found in columns.items():
        listed = ", ".join(found)
        yield f"INSERT INTO `{table}` ({listed}) SELECT {listed} FROM `{table}` WHERE FALSE"
