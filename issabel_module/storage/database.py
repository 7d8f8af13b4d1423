"""The PBX's database, read and written by the columns of its information_schema, never by a version number."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Insert,
    TableClause,
    create_engine,
    func,
    literal_column,
    null,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import and_, case

from issabel_module.host.settings import connect_arguments
from issabel_module.storage import round_trips, schema
from issabel_module.storage.database_errors import not_opened, told
from pbxlink.engine.chunks import parts
from pbxlink.engine.plan import Cell, Row, RowStream
from pbxlink.messages.errors import LinkError, SideUnavailable
from pbxlink.messages.findings import error

_CHUNK = 1000
"""Rows of one statement: few round trips, and far from the smallest `max_allowed_packet` (1 MB)."""


class Database:
    """One PBX's database; its connections are kept for the whole run. Cells are read as text or None."""

    def __init__(self, url: URL) -> None:
        self.url = url
        # Each block ends its own transaction, so nothing is left to roll back when a connection is handed back.
        self._engine: Engine = create_engine(url, connect_args=connect_arguments(url), pool_reset_on_return=None)
        self._tables: dict[str, schema.Columns] | None = None
        if self.is_mysql:
            round_trips.spare(self._engine)

    def close(self) -> None:
        """Ends the connections. A later query opens a new one."""
        self._engine.dispose()

    @property
    def is_mysql(self) -> bool:
        """Whether the server is MySQL or MariaDB, as on every real PBX; tests and demos also use SQLite."""
        return self._engine.dialect.name in {"mysql", "mariadb"}

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in one transaction, committed at the end.

        Raises SideUnavailable where there is no connection, where it is lost, and where the server refuses a statement.
        """
        with self.reading() as connection:
            if self.is_mysql:
                connection.exec_driver_sql("START TRANSACTION")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `connection`, for statements that only read: on MySQL each is a transaction of its own."""
        try:
            opened = self._engine.connect()
        except SQLAlchemyError as problem:
            raise SideUnavailable(not_opened(problem, self.url)) from problem
        try:
            with opened, opened.begin():
                yield opened
        except SQLAlchemyError as problem:
            self._engine.dispose()
            raise SideUnavailable(told("database.failed", problem, self.url)) from problem
        except BaseException:  # also Ctrl-C in the middle of an answer: the connection must not be used again
            self._engine.dispose()
            raise

    def renew(self) -> None:
        """Uses new connections from now on; after a reload and before an undo, as the server may have restarted."""
        self._engine.dispose()

    def has(self, table: str) -> bool:
        """Whether the table exists."""
        return table in self._described()

    def table(self, name: str) -> TableClause:
        """The table with the columns that the server has. Raises SideUnavailable where it does not exist."""
        if not self.has(name):
            raise SideUnavailable(error("database.no_table", table=name, database=self.url.database))
        return schema.table(name, self._described()[name])

    def forget_tables(self) -> None:
        """Reads the tables again at the next use: one was created, perhaps by another apply."""
        self._tables = None

    def _described(self) -> Mapping[str, schema.Columns]:
        if self._tables is None:
            with self.reading() as connection:
                self._tables = schema.describe(connection)
        return self._tables

    def rows(self, name: str, column: str = "", values: Collection[str] | None = None) -> list[dict[str, Cell]]:
        """The table's rows, all or those whose `column` is one of `values`; none where the table does not exist."""
        columns = self.columns(name)
        return [dict(zip(columns, cells)) for cells in self.cells(name, columns, column, values)]

    def columns(self, name: str) -> tuple[str, ...]:
        """The names of the table's columns; none where it does not exist."""
        return tuple(self._described().get(name, ()))

    def cells(
        self, name: str, columns: Sequence[str], column: str = "", values: Collection[str] | None = None
    ) -> Iterator[tuple[Cell, ...]]:
        """Those columns of the table's rows, all or those whose `column` is one of `values`.

        Nothing where the table does not exist or lacks one of the columns.
        """
        there = self._described().get(name, {})
        if not columns or not all(each in there for each in columns) or (values is not None and not values):
            return
        table = self.table(name)
        # information_schema hides columns that this user may not see; with SELECT * the server names the missing right.
        is_whole = tuple(columns) == tuple(there)
        query = select(*([literal_column("*")] if is_whole else [table.c[each] for each in columns])).select_from(table)
        chosen = (
            [None] if values is None else [table.c[column].in_(part) for part in parts(sorted(set(values)), _CHUNK)]
        )
        with self.reading() as connection:
            for condition in chosen:
                found = connection.execute(query if condition is None else query.where(condition))
                yield from (tuple(map(_cell, row)) for row in found)

    def column_values(self, name: str, *columns: str) -> list[tuple[Cell, ...]]:
        """Those columns of every row; none where the table does not exist or lacks a column."""
        return list(self.cells(name, columns))

    def length(self, name: str, column: str) -> int | None:
        """The length of the column in characters; None where it has none."""
        return self._described().get(name, {}).get(column)

    def known(self, name: str, row: Row) -> dict[str, Cell]:
        """The row without the columns that this release's table does not have."""
        columns = self._described().get(name, {})
        return {column: cell for column, cell in row.items() if column in columns}

    def engines(self, names: Sequence[str]) -> dict[str, str]:
        """The storage engine of each table (MySQL), e.g. `InnoDB`; empty on other servers."""
        if not self.is_mysql:
            return {}
        with self.reading() as connection:
            query = text("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
            return {str(name): str(engine) for name, engine in connection.execute(query) if name in names}

    def next_automatic(self, name: str) -> int:
        """The next number of AUTO_INCREMENT; 1 where the server does not say."""
        if not self.is_mysql:
            return 1
        query = text(
            "SELECT auto_increment FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name = :name"
        )
        with self.reading() as connection:
            return int(connection.execute(query, {"name": name}).scalar() or 1)

    @contextmanager
    def lock(self, name: str, seconds: int) -> Iterator[bool]:
        """Takes a lock of the server and yields whether it was free within `seconds`.

        The lock ends with its connection, so a connection lost at the end is no error.
        Raises SideUnavailable where there is no connection.
        """
        with ExitStack() as opened:
            try:
                connection = self._engine.connect()
                opened.callback(_let_go, connection)
                connection.detach()
                got = connection.execute(select(func.get_lock(name, seconds))).scalar()
            except SQLAlchemyError as problem:
                raise SideUnavailable(not_opened(problem, self.url)) from problem
            yield got == 1

    def write(
        self,
        changes: Mapping[str, RowStream],
        keys: Mapping[str, Sequence[str]],
        guard: Callable[[Connection], None] = lambda connection: None,
    ) -> None:
        """Writes the changes of several tables in one transaction (where the engine has them), in bulk.

        `guard` is called first in the transaction; where it raises, nothing is written.
        """
        with self.connection() as connection:
            guard(connection)
            try:
                for name, change in changes.items():
                    _write_table(connection, self.table(name), change, keys[name])
            except SQLAlchemyError as problem:
                raise LinkError(told("database.failed", problem, self.url)) from problem

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """One statement in a transaction of its own."""
        with self.connection() as connection:
            return connection.execute(statement, parameters)


def _let_go(connection: Connection) -> None:
    with suppress(SQLAlchemyError):
        connection.close()


def locked_rows(connection: Connection, table: TableClause, column: str, values: Collection[str]) -> list[Row]:
    """The table's rows whose `column` is one of `values`, as `Database.rows` returns them. Nobody else can change them
    or add one until the transaction ends (where the storage engine has transactions)."""
    found: list[Row] = []
    for part in parts(sorted(values), _CHUNK):
        query = select(*table.c).where(table.c[column].in_(part)).with_for_update()
        found += ({name: _cell(cell) for name, cell in row.items()} for row in connection.execute(query).mappings())
    return found


def _write_table(connection: Connection, table: TableClause, change: RowStream, primary_key: Sequence[str]) -> None:
    for rows in parts(change.deletes, _CHUNK):
        connection.execute(table.delete().where(_one_of(table, primary_key, rows)))
    for pairs in parts(change.updates, _CHUNK):
        connection.execute(_update(table, pairs, primary_key))
    for rows in parts(change.inserts, _CHUNK):
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


def _cell(value: Any) -> Cell:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
