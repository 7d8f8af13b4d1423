"""The connection to the PBX's database: opened when it is needed, kept for the whole run, renewed where it is lost.

What is read goes by the driver alone; what is written goes through SQLAlchemy, which is imported then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from issabel_module.host.database_url import DatabaseUrl
from issabel_module.storage import driver
from issabel_module.storage.database_errors import not_opened, told
from pbxlink.messages.errors import SideUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class DatabaseConnection:
    """One connection to one database; after an error, or `close`, the next use opens another.

    Raises SideUnavailable where there is no connection, where it is lost, and where the server refuses a statement.
    """

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._driver: driver.Connection | None = None
        self._engine: Engine | None = None

    def close(self) -> None:
        """Ends the connection."""
        opened, self._driver = self._driver, None
        if self._engine is not None:
            self._engine.dispose(close=False)  # what it asked of the server at first it knows of the next connection
        if opened is not None:
            opened.close()

    @contextmanager
    def writing(self, is_one_statement: bool = False) -> Iterator[Connection]:
        """SQLAlchemy's connection, in one transaction, committed at the end. One statement is one by itself."""
        from issabel_module.storage import writing

        with self.reading():
            if self._engine is None:
                self._engine = writing.engine_over(self._url.is_mysql, lambda: self._opened().raw)
            try:
                with self._engine.connect() as connection, connection.begin():
                    if self._url.is_mysql and not is_one_statement:
                        self._opened().raw.hold()
                        connection.exec_driver_sql("START TRANSACTION")
                    yield connection
            except writing.SQLAlchemyError as problem:
                self.close()
                raise SideUnavailable(told("database.failed", problem, self._url)) from problem

    @contextmanager
    def reading(self) -> Iterator[driver.Connection]:
        """The driver's connection: on MySQL each statement that reads is a transaction of its own."""
        opened = self._opened()
        try:
            yield opened
        except opened.errors as problem:
            self.close()
            raise SideUnavailable(told("database.failed", problem, self._url)) from problem
        except BaseException:  # also Ctrl-C in the middle of an answer: the connection must not be used again
            self.close()
            raise

    @contextmanager
    def reading_within(self) -> Iterator[driver.Connection]:
        """The driver's connection within `writing`, which ends it where a statement fails."""
        opened = self._opened()
        try:
            yield opened
        except opened.errors as problem:
            raise SideUnavailable(told("database.failed", problem, self._url)) from problem

    def refusal(self, statements: Sequence[str]) -> SideUnavailable | None:
        """What the server says where it refuses one of these statements, which change nothing; sent together, in a
        transaction."""
        try:
            with self.reading() as opened:
                for _ in opened.read(["START TRANSACTION", *statements, "COMMIT"]):
                    pass
        except SideUnavailable as problem:
            return problem
        return None

    @contextmanager
    def lock(self, name: str, seconds: int) -> Iterator[bool]:
        """Takes a lock of the server, on a connection of its own, and yields whether it was free within `seconds`.

        The lock ends with its connection, so a connection lost at the end is no error.
        """
        opened = self._new()
        try:
            try:
                ((found,),) = next(opened.read([f"SELECT GET_LOCK({opened.literal(name)}, {seconds})"]))
            except opened.errors as problem:
                raise SideUnavailable(not_opened(problem, self._url)) from problem
            yield found == "1"
        finally:
            opened.close()

    def _opened(self) -> driver.Connection:
        if self._driver is None:
            self._driver = self._new()
        return self._driver

    def _new(self) -> driver.Connection:
        errors = driver.errors_of(self._url)
        try:
            return driver.connect(self._url)
        except errors as problem:
            raise SideUnavailable(not_opened(problem, self._url)) from problem
