"""The driver's connection, which sets up its session in one round trip where the driver alone takes three, sends what
is written together, reads what has arrived at once, and does not escape text that needs none."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from mysql.connector.connection import MySQLConnection
from mysql.connector.conversion import MySQLConverter

_ARRIVED = 1 << 16
"""Bytes that are read at once, if as many are there."""
_TOGETHER = 1 << 18
"""Bytes of statements that are sent at once: far from the smallest `max_allowed_packet` (1 MB)."""
_WAITS = re.compile(rb"(?:SET|START TRANSACTION|INSERT|UPDATE|DELETE)\b")
"""Statements that return no rows and end nothing."""
_DONE = {"affected_rows": 0, "insert_id": 0, "warning_count": 0}
"""What the cursor is told of a statement that waits."""
_PLAIN = re.compile(rb"[A-Za-z0-9_ .*#+/-]*")
"""Text that is the same when it is escaped, whatever the server's `sql_mode`."""


class Connection(MySQLConnection):
    """Sends together what needs no answer at once: what is asked for while it connects, with a question for what the
    driver and SQLAlchemy would ask before the first statement that writes; and what is written in a transaction."""

    version_text = ""
    """What `VERSION()` says."""
    _held: list[bytes] | None = None
    """Statements that wait; None where each is sent by itself."""
    _socket: Any

    def hold(self) -> None:
        """From now on statements that write wait for the next one that does not, or the end of the transaction. What
        the server says of one of them is raised there, and nothing after it is done."""
        self._held = []

    @property
    def in_transaction(self) -> bool:
        """As the driver's; also where the statement that begins it waits."""
        return bool(self._held) or bool(super().in_transaction)

    def cmd_query(self, query: Any, *more: Any, **options: Any) -> Any:
        """As the driver's; a statement may wait for others."""
        if self._held is None:
            return super().cmd_query(query, *more, **options)
        text = _bytes(query)
        if _WAITS.match(text):
            if sum(map(len, self._held)) + len(text) > _TOGETHER:
                self._send_held()
            self._held.append(text)
            return _DONE
        held, self._held = self._held, None
        if text == b"COMMIT":
            return self._send_together([*held, text])
        if text == b"ROLLBACK":
            return super().cmd_query(query, *more, **options) if super().in_transaction else _DONE
        self._send_together(held)
        self._held = []
        return super().cmd_query(query, *more, **options)

    def cmd_query_iter(self, statements: Any, **options: Any) -> Generator[Any, None, None]:
        """As the driver's; what waits goes ahead of it."""
        ahead = self._held or []
        if ahead:
            self._held = []
        answers = super().cmd_query_iter(b";".join([*ahead, _bytes(statements)]), **options)
        for _ in ahead:
            next(answers)
        yield from answers

    def _send_held(self) -> None:
        held, self._held = self._held or [], []
        self._send_together(held)

    def _send_together(self, statements: Sequence[bytes]) -> Any:
        """Sends them in one round trip and returns what the server says of the last."""
        answers = list(super().cmd_query_iter(b";".join(statements))) if statements else [_DONE]
        return answers[-1]

    def _post_connection(self) -> None:
        self._socket.sock = Buffered(self._socket.sock)  # not before: TLS takes the socket itself
        self.hold()
        try:
            super()._post_connection()
            for result in self.cmd_query_iter("SELECT VERSION(), @@session.sql_mode"):
                if "columns" in result:
                    ((self.version_text, self._sql_mode),) = [map(_text, row) for row in self.get_rows(raw=True)[0]]
        finally:
            self._held = None


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


def _bytes(statement: str | bytes | bytearray) -> bytes:
    return statement.encode() if isinstance(statement, str) else bytes(statement)


def _text(cell: Any) -> str:
    return bytes(cell).decode("utf-8", "replace") if cell is not None else ""
