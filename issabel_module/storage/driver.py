"""One connection to the database by the driver alone, what is read over it, and how the server wants its SQL.

Without a library that makes SQL: to import one takes longer than all of a plan, and it sends one statement at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from issabel_module.host.database_url import DatabaseUrl
from pbxlink.engine.plan import Cell

Rows = list[tuple[Cell, ...]]
_COLLATION = "utf8mb4_general_ci"
"""The connector's own default collation is unknown to older MariaDB releases."""
_ROWS = 500
_PLAIN = re.compile(r"[^\0-\x1f\x7f-\U0010ffff'\\]*")
"""Text that needs no escaping in SQL, whatever the server's `sql_mode` and character set."""
_PACKET = 256 * 1024
"""Characters of statements that are sent at once: the smallest `max_allowed_packet` is 1 MB."""


class Connection:
    """A connection in autocommit. `raw` is the driver's own, `errors` what it raises; `begin` begins a transaction,
    `locking` at the end of a SELECT keeps its rows from others."""

    raw: Any
    errors: type[Exception]
    begin: str
    locking: str

    def read(self, statements: Iterable[str]) -> Iterator[Rows]:
        """The rows of each statement, cells as text or None; none of one that writes."""
        raise NotImplementedError

    def quoted(self, name: str) -> str:
        """The name of a table or column in SQL."""
        raise NotImplementedError

    def renewing(self, columns: Sequence[str], key: Sequence[str]) -> str:
        """At the end of an INSERT: gives these cells to a row that has the key already."""
        raise NotImplementedError

    def literal(self, text: str) -> str:
        """The text in SQL, whatever characters it has."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends it; never raises."""
        with suppress(self.errors, OSError):
            self.raw.close()


class MySql(Connection):
    """The connector's pure Python: its C extension holds signals back until the server has answered."""

    begin = "START TRANSACTION"
    locking = " FOR UPDATE"

    def __init__(self, url: DatabaseUrl) -> None:
        import mysql.connector
        from mysql.connector.constants import ClientFlag

        self.errors = mysql.connector.Error
        place = {"unix_socket": url.socket} if url.socket else {"host": url.host, "port": url.port or 3306}
        self.raw = mysql.connector.connect(
            user=url.username, password=url.password, database=url.database, **place,
            use_pure=True, charset="utf8mb4", collation=_COLLATION,
            connection_timeout=10, autocommit=True, buffered=True,
            # Not what client this is: to find out, the driver runs `lsb_release`, which takes as long as a whole plan.
            client_flags=[-ClientFlag.CONNECT_ARGS],
        )  # fmt: skip
        # The driver asks the server before each statement whether it is there, which the statement itself tells.
        self.raw.is_connected = lambda: True

    def read(self, statements: Iterable[str]) -> Iterator[Rows]:
        """See `Connection`. As many as a packet takes are sent at once: over ssh each round trip costs the latency."""
        for packet in _packets(statements):
            for result in self.raw.cmd_query_iter(packet):
                yield list(self._rows()) if "columns" in result else []

    def _rows(self) -> Iterator[tuple[Cell, ...]]:
        """Some rows at a time, and cells that are equal as one: a whole table of ten thousand would take 20 MB more."""
        known: dict[Any, Cell] = {None: None}
        ended = None
        while ended is None:
            rows, ended = self.raw.get_rows(count=_ROWS, raw=True)
            for row in rows:
                yield tuple([known[cell] if cell in known else _known(known, cell) for cell in row])

    def literal(self, text: str) -> str:
        """See `Connection`."""
        return f"'{text}'" if _PLAIN.fullmatch(text) else f"_utf8mb4 x'{text.encode().hex()}'"

    def quoted(self, name: str) -> str:
        """See `Connection`."""
        return f"`{name}`"

    def renewing(self, columns: Sequence[str], key: Sequence[str]) -> str:
        """See `Connection`. Also of MariaDB and MySQL 5.5, which know no name for the new row."""
        cells = ", ".join(f"{self.quoted(each)} = VALUES({self.quoted(each)})" for each in columns)
        return f"ON DUPLICATE KEY UPDATE {cells}"


class Sqlite(Connection):
    """Python's own SQLite."""

    begin = "BEGIN"
    locking = ""

    def __init__(self, url: DatabaseUrl) -> None:
        import sqlite3

        self.errors = sqlite3.Error
        self.raw = sqlite3.connect(url.database or ":memory:", check_same_thread=False, isolation_level=None)

    def read(self, statements: Iterable[str]) -> Iterator[Rows]:
        """See `Connection`."""
        for statement in statements:
            yield [tuple(map(_text, row)) for row in self.raw.execute(statement)]

    def literal(self, text: str) -> str:
        """See `Connection`."""
        return "'" + text.replace("'", "''") + "'"

    def quoted(self, name: str) -> str:
        """See `Connection`."""
        return f'"{name}"'

    def renewing(self, columns: Sequence[str], key: Sequence[str]) -> str:
        """See `Connection`."""
        cells = ", ".join(f"{self.quoted(each)} = excluded.{self.quoted(each)}" for each in columns)
        return f"ON CONFLICT ({', '.join(map(self.quoted, key))}) DO UPDATE SET {cells}"


def _packets(statements: Iterable[str]) -> Iterator[str]:
    """The statements, as many at once as `_PACKET` takes; one that is longer alone."""
    packet: list[str] = []
    length = 0
    for each in statements:
        if packet and length + len(each) > _PACKET:
            yield ";".join(packet)
            packet, length = [], 0
        packet.append(each)
        length += len(each)
    if packet:
        yield ";".join(packet)


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
