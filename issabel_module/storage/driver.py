"""One connection to the database by the driver alone, and what is read over it.

SQLAlchemy writes (`writing`). Reading does without it: only to import it takes as long as all of a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from issabel_module.host.database_url import DatabaseUrl
from pbxlink.engine.plan import Cell

Rows = list[tuple[Cell, ...]]
_COLLATION = "utf8mb4_general_ci"
"""The connector's own default collation is unknown to older MariaDB releases."""
_ROWS = 500
_PLAIN = re.compile(r"[A-Za-z0-9_ .*#+/-]*")
"""Text that needs no escaping in SQL."""


class Connection:
    """A connection in autocommit. `raw` is the driver's own, `errors` what it raises."""

    raw: Any
    errors: type[Exception]

    def read(self, statements: Sequence[str]) -> Iterator[Rows]:
        """The rows of each statement, cells as text or None."""
        raise NotImplementedError

    def literal(self, text: str) -> str:
        """The text in SQL, whatever characters it has."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends it; never raises."""
        with suppress(self.errors, OSError):
            self.raw.close()


class MySql(Connection):
    """The connector's pure Python or its C extension: packages ship nothing compiled, but it may be there."""

    def __init__(self, url: DatabaseUrl) -> None:
        import mysql.connector
        from mysql.connector.constants import ClientFlag

        from issabel_module.storage import mysql_connection

        self.errors = mysql.connector.Error
        place = {"unix_socket": url.socket} if url.socket else {"host": url.host, "port": url.port or 3306}
        self.raw = mysql_connection.Connection(
            user=url.username, password=url.password, database=url.database, **place,
            charset="utf8mb4", collation=_COLLATION,
            connection_timeout=10, autocommit=True, buffered=True, converter_class=mysql_connection.Converter,
            # Not what client this is: to find out, the driver runs `lsb_release`, which takes as long as a whole plan.
            client_flags=[-ClientFlag.CONNECT_ARGS],
        )  # fmt: skip
        # The driver asks the server before each statement whether it is there, which the statement itself tells.
        self.raw.is_connected = lambda: True

    def read(self, statements: Sequence[str]) -> Iterator[Rows]:
        """See `Connection`. All are sent at once: over ssh each round trip costs the latency."""
        known: dict[Any, Cell] = {None: None}
        for result in self.raw.cmd_query_iter(";".join(statements)):
            yield list(self._rows(known)) if "columns" in result else []

    def _rows(self, known: dict[Any, Cell]) -> Iterator[tuple[Cell, ...]]:
        """Some rows at a time, and cells that are equal as one: a whole table of ten thousand would take 20 MB more."""
        ended = None
        while ended is None:
            rows, ended = self.raw.get_rows(count=_ROWS, raw=True)
            for row in rows:
                yield tuple([known[cell] if cell in known else _known(known, cell) for cell in row])

    def literal(self, text: str) -> str:
        """See `Connection`."""
        return f"'{text}'" if _PLAIN.fullmatch(text) else f"_utf8mb4 x'{text.encode().hex()}'"


class Sqlite(Connection):
    """Python's own SQLite."""

    def __init__(self, url: DatabaseUrl) -> None:
        import sqlite3

        self.errors = sqlite3.Error
        self.raw = sqlite3.connect(url.database or ":memory:", check_same_thread=False)

    def read(self, statements: Sequence[str]) -> Iterator[Rows]:
        """See `Connection`."""
        for statement in statements:
            yield [tuple(map(_text, row)) for row in self.raw.execute(statement)]

    def literal(self, text: str) -> str:
        """See `Connection`."""
        return "'" + text.replace("'", "''") + "'"


def connect(url: DatabaseUrl) -> Connection:
    """A new connection. Raises the driver's errors."""
    return MySql(url) if url.is_mysql else Sqlite(url)


def errors_of(url: DatabaseUrl) -> type[Exception]:
    """What its driver raises."""
    if url.is_mysql:
        import mysql.connector

        return mysql.connector.Error
    import sqlite3

    return sqlite3.Error


def _known(known: dict[Any, Cell], cell: bytes) -> Cell:
    found = known[cell] = cell.decode("utf-8", "replace")
    return found


def _text(value: Any) -> Cell:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
