"""The statements that write our own table (`ownership`), by SQLAlchemy; imported when something is written."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, and_, delete, select, update
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.schema import CreateTable

from issabel_module.storage.tables import OWN_TABLE
from issabel_module.storage.writing import insert_rows

TABLE = Table(
    OWN_TABLE,
    MetaData(),
    Column("link", String(32), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("image", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
    # Else SQLAlchemy asks a newer MariaDB for the key of a single row, which we gave it.
    implicit_returning=False,
)

COLUMNS = {column.name: getattr(column.type, "length", None) for column in TABLE.columns}
"""As `Database` describes it."""
_KEY = tuple(column.name for column in TABLE.primary_key)


def create(connection: Connection) -> None:
    """Makes the table where it is not there."""
    connection.execute(CreateTable(TABLE, if_not_exists=True))


def put(connection: Connection, rows: Sequence[dict[str, str]]) -> None:
    """Writes rows, over those of the same key."""
    insert_rows(connection, TABLE, rows, key=_KEY)


def drop(connection: Connection, link: str, kind: str, names: Sequence[str]) -> None:
    """Deletes what a link owns of a kind under these names."""
    of_kind = and_(TABLE.c.link == link, TABLE.c.kind == kind)
    connection.execute(delete(TABLE).where(of_kind, TABLE.c.name.in_(names)))


def keys(connection: Connection, link: str) -> set[tuple[str, str]]:
    """Kind and name of all that a link owns."""
    query = select(TABLE.c.kind, TABLE.c.name).where(TABLE.c.link == link)
    return {(str(kind), str(name)) for kind, name in connection.execute(query)}


def hand_over(connection: Connection, former: str, link: str) -> None:
    """Makes one link's what another owns."""
    connection.execute(update(TABLE).where(TABLE.c.link == former).values(link=link))
