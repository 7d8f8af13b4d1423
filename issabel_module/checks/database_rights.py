"""Whether this database user has the rights that an apply needs; asked before anything is written.

The server is given statements that match no row: it checks the rights first, wherever they come from (user, role,
schema, table or column). Reading the grants instead would mean to know all of these, in every release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from issabel_module.storage.database import Database
from issabel_module.storage.tables import OUTSIDE_DATABASE, PRIMARY_KEYS
from pbxlink.messages.findings import Finding, error

_ADMIN = "admin"
"""The table where a reload is requested."""


def missing(database: Database) -> Iterator[Finding]:
    """A finding for each kind of statement that is refused, with the server's message."""
    wanted = [name for name in (*PRIMARY_KEYS, _ADMIN) if name not in OUTSIDE_DATABASE and database.has(name)]
    statements = list(_statements(database, wanted)) if database.is_mysql else []
    if _refused(database, statements):
        for statement in statements:
            yield from _refused(database, [statement])


def _refused(database: Database, statements: Sequence[str]) -> list[Finding]:
    """A finding for the first refusal, if any."""
    refused = database.refusal(statements)
    return [error("database.rights", text=refused.findings[0].values["text"])] if refused else []


def _statements(database: Database, tables: Sequence[str]) -> Iterator[str]:
    """One UPDATE and one DELETE for all tables together, and one INSERT for each table."""
    names = ", ".join(f"`{table}`" for table in tables)
    columns = {table: [f"`{column}`" for column in database.columns(table)] for table in tables}
    cells = ", ".join(f"`{table}`.{found[0]} = `{table}`.{found[0]}" for table, found in columns.items())
    yield f"UPDATE {names} SET {cells} WHERE FALSE"
    yield f"DELETE {names} FROM {names} WHERE FALSE"
    for table, found in columns.items():
        listed = ", ".join(found)
        yield f"INSERT INTO `{table}` ({listed}) SELECT {listed} FROM `{table}` WHERE FALSE"
