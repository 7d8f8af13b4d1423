"""The driver's connection, which sets up its session in one round trip where the driver alone takes three, reads what
has arrived at once, and does not escape text that needs none."""

from __future__ import annotations

import re
from typing import Any

from mysql.connector.connection import MySQLConnection
from mysql.connector.conversion import MySQLConverter

_ARRIVED = 1 << 16
"""Bytes that are read at once, if as many are there."""
_PLAIN = re.compile(rb"[A-Za-z0-9_ .*#+/-]*")
"""Text that is the same when it is escaped, whatever the server's `sql_mode`."""


class Connection(MySQLConnection):
    """What is asked for while it connects is sent together, and with it a question for what the driver and SQLAlchemy
    would ask before the first statement that writes."""

    version_text = ""
    """What `VERSION()` says."""
    _held: list[str] | None = None
    _socket: Any

    def cmd_query(self, query: Any, *more: Any, **options: Any) -> Any:
        """As the driver's; while the session is set up the statement waits for the others."""
        if self._held is None:
            return super().cmd_query(query, *more, **options)
        self._held.append(query if isinstance(query, str) else query.decode())
        return {}

    def _post_connection(self) -> None:
        self._socket.sock = Buffered(self._socket.sock)  # not before: TLS takes the socket itself
        self._held = []
        try:
            super()._post_connection()
            statements = ";".join([*self._held, "SELECT VERSION(), @@session.sql_mode"])
        finally:
            self._held = None
        for result in self.cmd_query_iter(statements):
            if "columns" in result:
                ((self.version_text, self._sql_mode),) = [map(_text, row) for row in self.get_rows(raw=True)[0]]


class Buffered:
    """The connection's socket. The driver asks the system three times for each row: to set the timeout, for the row's
    length and for the row."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._arrived = memoryview(b"")
        self._timeout = sock.gettimeout()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """As the socket's."""
        if seconds != self._timeout:
            self._sock.settimeout(seconds)
            self._timeout = seconds

    def recv(self, size: int) -> bytes:
        """As the socket's."""
        if not self._arrived:
            self._arrived = memoryview(self._sock.recv(_ARRIVED))
        taken, self._arrived = self._arrived[:size], self._arrived[size:]
        return bytes(taken)

    def recv_into(self, place: Any, size: int = 0) -> int:
        """As the socket's."""
        taken = self.recv(size or len(place))
        place[: len(taken)] = taken
        return len(taken)


class Converter(MySQLConverter):
    """Makes the cells of a statement. The driver looks for each character to escape in each of them."""

    def to_mysql(self, value: Any) -> Any:
        """As the driver's."""
        return value.encode() if type(value) is str else super().to_mysql(value)

    @staticmethod
    def escape(value: Any, sql_mode: Any = None) -> Any:
        """As the driver's."""
        is_plain = type(value) is bytes and _PLAIN.fullmatch(value)
        return value if is_plain else MySQLConverter.escape(value, sql_mode)


def _text(cell: Any) -> str:
    return bytes(cell).decode("utf-8", "replace") if cell is not None else ""
