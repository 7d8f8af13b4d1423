"""The PBX's database: read and written as it says it is (information_schema), never as a version number says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, and_, bindparam, create_engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from issabel_module.settings import connect_arguments
from pbxlink.errors import LinkError, SideUnavailable
from pbxlink.findings import Finding, error
from pbxlink.plan import Cell, Row, RowChange

_CHUNK = 500


class Database:
    """One PBX's database. Tables are reflected when first used; cells are read as text or None."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: Engine = create_engine(url, connect_args=connect_arguments(url), poolclass=NullPool)
        self._metadata = MetaData()
        self._names: frozenset[str] | None = None

    @property
    def is_mysql(self) -> bool:
        """Whether this is the vendor's own kind of server (SQLite serves the embedded default)."""
        return self._engine.dialect.name in {"mysql", "mariadb"}

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in one transaction, committed at the end.

        Raises SideUnavailable where none is to be had, where it is lost, and where the server refuses a statement.
        """
        try:
            opened = self._engine.connect()
        except SQLAlchemyError as problem:
            raise SideUnavailable(_told("database.unreachable", problem, self.url)) from problem
        try:
            with opened, opened.begin():
                yield opened
        except SQLAlchemyError as problem:
            raise SideUnavailable(_told("database.failed", problem, self.url)) from problem

    def has(self, table: str) -> bool:
        """Whether the table exists. One that did not is looked for again: another apply may have created it."""
        if self._names is None or table not in self._names:
            with self.connection() as connection:
                self._names = frozenset(inspect(connection).get_table_names())
        return table in self._names

    def table(self, name: str) -> Table:
        """The table as the server describes it. Raises SideUnavailable where it does not exist."""
        if name not in self._metadata.tables:
            if not self.has(name):
                raise SideUnavailable(error("database.no_table", table=name, database=self.url.database))
            with self.connection() as connection:
                Table(name, self._metadata, autoload_with=connection, resolve_fks=False)
        return self._metadata.tables[name]

    def forget_tables(self) -> None:
        """Looks again which tables there are (after one was created)."""
        self._names = None

    def rows(self, name: str, column: str = "", values: Collection[str] | None = None) -> list[dict[str, Cell]]:
        """The table's rows, all or those whose `column` is one of `values`; none where the table does not exist."""
        if not self.has(name) or (values is not None and not values):
            return []
        table = self.table(name)
        with self.connection() as connection:
            if values is None:
                return [_as_text(row) for row in connection.execute(table.select()).mappings()]
            ordered = sorted(set(values))
            chunks = (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
            queries = (table.select().where(table.c[column].in_(chunk)) for chunk in chunks)
            return [_as_text(row) for query in queries for row in connection.execute(query).mappings()]

    def column_values(self, name: str, *columns: str) -> list[tuple[Cell, ...]]:
        """Those columns of every row; none where the table does not exist or lacks a column."""
        if not self.has(name) or not all(column in self.table(name).c for column in columns):
            return []
        table = self.table(name)
        with self.connection() as connection:
            found = connection.execute(table.select().with_only_columns(*(table.c[column] for column in columns)))
            return [tuple(_cell(value) for value in row) for row in found]

    def length(self, name: str, column: str) -> int | None:
        """How many characters the column holds; None where it is no text column or does not say."""
        found: Column[Any] | None = self.table(name).c.get(column)
        return getattr(found.type, "length", None) if found is not None else None

    def known(self, name: str, row: Row) -> dict[str, Cell]:
        """The row without the columns that this release's table does not have."""
        columns = self.table(name).c
        return {column: cell for column, cell in row.items() if column in columns}

    def engines(self, names: Sequence[str]) -> dict[str, str]:
        """The storage engine of each table (MySQL), e.g. `InnoDB`; empty on other servers."""
        if not self.is_mysql:
            return {}
        with self.connection() as connection:
            query = text("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
            return {str(name): str(engine) for name, engine in connection.execute(query) if name in names}

    def next_automatic(self, name: str) -> int:
        """The number that AUTO_INCREMENT would give next, where the server says so; else 1."""
        if not self.is_mysql:
            return 1
        query = text(
            "SELECT auto_increment FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name = :name"
        )
        with self.connection() as connection:
            return int(connection.execute(query, {"name": name}).scalar() or 1)

    def write(self, changes: Mapping[str, RowChange], keys: Mapping[str, Sequence[str]]) -> None:
        """Writes the changes of several tables in one transaction (where the engine has them), in bulk."""
        with self.connection() as connection:
            try:
                for name, change in changes.items():
                    _write_table(connection, self.table(name), change, keys[name])
            except SQLAlchemyError as problem:
                raise LinkError(_told("database.failed", problem, self.url)) from problem

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """One statement in a transaction of its own."""
        with self.connection() as connection:
            return connection.execute(statement, parameters)


def _write_table(connection: Connection, table: Table, change: RowChange, primary_key: Sequence[str]) -> None:
    match = and_(*(table.c[column] == bindparam(f"k_{column}") for column in primary_key))
    if change.deletes:
        found = [{f"k_{column}": row[column] for column in primary_key} for row in change.deletes]
        connection.execute(table.delete().where(match), found)
    for row, cells in change.updates:
        keys = {f"k_{column}": row[column] for column in primary_key}
        connection.execute(table.update().where(match).values(**cells), keys)
    if change.inserts:
        connection.execute(table.insert(), [dict(row) for row in change.inserts])


def _as_text(row: Mapping[Any, Any]) -> dict[str, Cell]:
    return {str(column): _cell(value) for column, value in row.items()}


def _cell(value: Any) -> Cell:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def _told(code: str, problem: SQLAlchemyError, url: URL) -> Finding:
    cause = getattr(problem, "orig", None)
    number = getattr(cause, "errno", None) or type(cause or problem).__name__
    said = str(getattr(cause, "msg", "") or type(cause or problem).__name__)[:200]
    return error(code, url=url.render_as_string(hide_password=True), number=number, text=said)
