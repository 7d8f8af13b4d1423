"""The PBX's database, read and written by the columns of its information_schema, never by a version number.

What a plan reads goes by the driver alone, whole tables of it in one round trip; what is written goes through
SQLAlchemy, which is imported then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from issabel_module.host.database_url import DatabaseUrl
from issabel_module.storage import schema
from issabel_module.storage.database_connection import DatabaseConnection
from issabel_module.storage.database_errors import told
from issabel_module.storage.driver import Connection as Reading
from issabel_module.storage.read_ahead import Cells, WholeTable, next_number
from pbxlink.engine.chunks import parts
from pbxlink.engine.plan import Cell, Row, RowStream
from pbxlink.messages.errors import LinkError, SideUnavailable
from pbxlink.messages.findings import error

if TYPE_CHECKING:
    from sqlalchemy import Connection, TableClause

_CHUNK = 1000
"""Values that one statement asks for."""


class Database:
    """One PBX's database; its connection is kept for the whole run. Cells are read as text or None."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self._connection = DatabaseConnection(url)
        self._schema: schema.Schema | None = None
        self._ahead: dict[str, WholeTable] = {}
        self._automatic: dict[str, int] = {}
        """Of tables that were read ahead: the next number."""

    def close(self) -> None:
        """Ends the connection. A later query opens a new one."""
        self._ahead = {}
        self._connection.close()

    @property
    def is_mysql(self) -> bool:
        """Whether the server is MySQL or MariaDB, as on every real PBX; tests and demos also use SQLite."""
        return self.url.is_mysql

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection to write with, in one transaction, committed at the end.

        Raises SideUnavailable where there is no connection, where it is lost, and where the server refuses a statement.
        """
        self._ahead = {}  # before SQLAlchemy takes its room
        with self._connection.writing() as opened:
            yield opened

    def renew(self) -> None:
        """Uses a new connection from now on; after a reload and before an undo, as the server may have restarted."""
        self.close()

    def has(self, table: str) -> bool:
        """Whether the table exists."""
        return table in self._described()

    def table(self, name: str) -> TableClause:
        """The table with the columns that the server has. Raises SideUnavailable where it does not exist."""
        from issabel_module.storage import writing

        if not self.has(name):
            raise SideUnavailable(error("database.no_table", table=name, database=self.url.database))
        return writing.table(name, self._described()[name])

    def forget_tables(self) -> None:
        """Reads the tables again at the next use: one was created, perhaps by another apply."""
        self._schema = None
        self._ahead = {}

    def forget_if_changed(self, table: str) -> None:
        """Reads the tables again at the next use where this one came or went since they were read."""
        of_table = f"table_schema = DATABASE() AND table_name = '{table}'"
        query = f"SELECT 1 FROM information_schema.tables WHERE {of_table}"
        with self._connection.reading() as opened:
            if bool(next(opened.read([query]))) != self.has(table):
                self.forget_tables()

    def created(self, table: str, columns: schema.Columns) -> None:
        """Takes notice of a table that this run created."""
        self._described()
        if self._schema is not None:
            self._schema = replace(self._schema, tables={**self._schema.tables, table: columns})

    def _described(self) -> Mapping[str, schema.Columns]:
        if self._schema is None:
            with self._connection.reading() as opened:
                self._schema = schema.describe(opened, self.is_mysql)
        return self._schema.tables

    def read_ahead(self, wanted: Callable[[], Mapping[str, Collection[str]]], numbered: Collection[str] = ()) -> None:
        """Reads these columns of whole tables, and the next number of those in `numbered`, all in one round trip, if
        that was not done yet. What is read afterwards comes from there until something is written."""
        if self._ahead:
            return
        chosen = {name: self._in_order(name, columns) for name, columns in wanted().items() if self.has(name)}
        statements = [self._select(name, columns) for name, columns in chosen.items()]
        automatic = [name for name in numbered if self.is_mysql and self.has(name)]
        if not chosen and not automatic:
            return
        with self._connection.reading() as opened:
            answers = opened.read([*statements, *map(self._description, automatic)])
            read = {name: WholeTable(columns, rows) for (name, columns), rows in zip(chosen.items(), answers)}
            self._automatic = {name: next_number(rows) for name, rows in zip(automatic, answers)}
        self._ahead = read

    def _in_order(self, name: str, columns: Collection[str]) -> tuple[str, ...]:
        return tuple(each for each in self._described()[name] if each in columns)

    def rows(self, name: str, column: str = "", values: Collection[str] | None = None) -> list[dict[str, Cell]]:
        """The table's rows, all or those whose `column` is one of `values`; none where the table does not exist."""
        columns = self.columns(name)
        return [dict(zip(columns, cells)) for cells in self.cells(name, columns, column, values)]

    def columns(self, name: str) -> tuple[str, ...]:
        """The names of the table's columns; none where it does not exist."""
        return tuple(self._described().get(name, ()))

    def cells(
        self, name: str, columns: Sequence[str], column: str = "", values: Collection[str] | None = None
    ) -> Sequence[Cells]:
        """Those columns of the table's rows, all or those whose `column` is one of `values`.

        Nothing where the table does not exist or lacks one of the columns.
        """
        there = self._described().get(name, {})
        if not columns or not all(each in there for each in columns) or (values is not None and not values):
            return ()
        ahead = self._ahead.get(name)
        if ahead is not None and ahead.has([*columns, *([column] if column else [])]):
            return ahead.cells(columns, column, values)
        return self._asked(name, tuple(columns), column, values)

    def _asked(self, name: str, columns: tuple[str, ...], column: str, values: Collection[str] | None) -> list[Cells]:
        with self._connection.reading() as opened:
            statements = [self._select(name, columns)]
            if values is not None:
                statements = [self._select_of(opened, name, columns, column, part) for part in _parted(values)]
            return [row for rows in opened.read(statements) for row in rows]

    def locked_rows(self, wanted: Mapping[str, tuple[str, Collection[str]]]) -> Iterator[tuple[str, list[Row]]]:
        """By table, its rows whose column is one of those values, in one round trip; within `write`. Nobody else can
        change them or add one until the transaction ends (where the storage engine has transactions).

        Raises SideUnavailable where the server refuses that.
        """
        lock = " FOR UPDATE" if self.is_mysql else ""
        asked = [(name, column, part) for name, (column, values) in wanted.items() for part in _parted(values)]
        with self._connection.reading_within() as opened:
            statements = [
                self._select_of(opened, name, self.columns(name), column, part) + lock for name, column, part in asked
            ]
            for (name, _, _), rows in zip(asked, opened.read(statements)):
                columns = self.columns(name)
                yield name, [dict(zip(columns, cells)) for cells in rows]

    def _select_of(
        self, opened: Reading, name: str, columns: tuple[str, ...], column: str, values: Iterable[str]
    ) -> str:
        listed = ", ".join(map(opened.literal, values))
        return f"{self._select(name, columns)} WHERE {self._quoted(column)} IN ({listed})"

    def _select(self, name: str, columns: tuple[str, ...]) -> str:
        # information_schema hides columns that this user may not see; with SELECT * the server names the missing right.
        is_whole = columns == tuple(self._described()[name])
        return f"SELECT {'*' if is_whole else ', '.join(map(self._quoted, columns))} FROM {self._quoted(name)}"

    def _quoted(self, name: str) -> str:
        return f"`{name}`" if self.is_mysql else f'"{name}"'

    def column_values(self, name: str, *columns: str) -> Sequence[Cells]:
        """Those columns of every row; none where the table does not exist or lacks a column."""
        return self.cells(name, columns)

    def length(self, name: str, column: str) -> int | None:
        """The length of the column in characters; None where it has none."""
        return self._described().get(name, {}).get(column)

    def known(self, name: str, row: Row) -> dict[str, Cell]:
        """The row without the columns that this release's table does not have."""
        columns = self._described().get(name, {})
        return {column: cell for column, cell in row.items() if column in columns}

    def engines(self, names: Sequence[str]) -> dict[str, str]:
        """The storage engine of each table (MySQL), e.g. `InnoDB`; empty on other servers."""
        self._described()
        found = self._schema.engines if self._schema else {}
        return {name: engine for name, engine in found.items() if name in names}

    def next_automatic(self, name: str) -> int:
        """The next number of AUTO_INCREMENT; 1 where the server does not say. MySQL 8 keeps what its
        information_schema says of it for a day (seen on 9.7), so the table's own description is read."""
        if not self.is_mysql or not self.has(name):
            return 1
        if name in self._ahead and name in self._automatic:
            return self._automatic[name]
        with self._connection.reading() as opened:
            return next_number(next(opened.read([self._description(name)])))

    def _description(self, name: str) -> str:
        return f"SHOW CREATE TABLE {self._quoted(name)}"

    def lock(self, name: str, seconds: int) -> AbstractContextManager[bool]:
        """As `DatabaseConnection.lock`."""
        return self._connection.lock(name, seconds)

    def refusal(self, statements: Sequence[str]) -> SideUnavailable | None:
        """As `DatabaseConnection.refusal`."""
        return self._connection.refusal(statements)

    def write(
        self,
        changes: Mapping[str, RowStream],
        keys: Mapping[str, Sequence[str]],
        guard: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes the changes of several tables in one transaction (where the engine has them), in bulk.

        `guard` is called first in the transaction; where it raises, nothing is written.
        """
        self._ahead = {}
        from issabel_module.storage import writing

        with self.connection() as connection:
            guard()
            try:
                for name, change in changes.items():
                    writing.write_table(connection, self.table(name), change, keys[name])
            except writing.SQLAlchemyError as problem:
                raise LinkError(told("database.failed", problem, self.url)) from problem

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """One statement in a transaction of its own."""
        self._ahead = {}
        with self._connection.writing(is_one_statement=True) as connection:
            return connection.execute(statement, parameters)


def _parted(values: Collection[str]) -> Iterator[list[str]]:
    return parts(sorted(set(values)), _CHUNK)
