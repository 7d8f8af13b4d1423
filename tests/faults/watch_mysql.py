"""MySQL's effects: every connection, every statement, and every COMMIT of one that wrote, as the connector sends them.

An `executemany` is sent as one INSERT of many rows, or as many UPDATEs and DELETEs. Each statement is an effect, as on
MyISAM each one stays: what the product sends in one packet is sent here one by one, for a server may end between two.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from typing import Any

from mysql.connector import errors
from mysql.connector.connection import MySQLConnection

from issabel_module.storage.mysql_connection import Connection
from tests.faults.effects import HARD, Act, Failure, Watch

_open, _query = MySQLConnection._open_connection, MySQLConnection.cmd_query
_several = MySQLConnection.cmd_query_iter
_WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE")
_TRIES_RIGHTS = "WHERE FALSE"
"""Statements that find no row: the server is asked whether it would let us (`checks.database_rights`)."""
_OF_A_CONNECTION = ("SET ", "ROLLBACK", "START TRANSACTION")
"""Sent with every connection by the driver itself, or to end one that wrote nothing; such a COMMIT is none either."""


def watch_mysql(watch: Watch) -> None:
    """Puts the watch around the connector in this process, for good."""
    dirty: set[MySQLConnection] = set()

    def open_connection(connection: MySQLConnection) -> None:
        watch.around("sql", "connect", lambda: _open(connection), {"refused": _refused, HARD: _refused}, writes=False)

    def cmd_query(connection: MySQLConnection, query: Any, *arguments: Any, **options: Any) -> Any:
        def sent() -> Any:
            return _query(connection, query, *arguments, **options)

        text = query.decode("utf-8", "replace") if isinstance(query, (bytes, bytearray)) else str(query)
        words = " ".join(text.split())
        if words.startswith(_OF_A_CONNECTION) or (words == "COMMIT" and connection not in dirty):
            return sent()
        changes = words.startswith(_WRITING) and not words.upper().endswith(_TRIES_RIGHTS)
        writes = changes or words == "COMMIT"
        if words == "COMMIT":
            dirty.discard(connection)
        elif writes:
            dirty.add(connection)
        return watch.around("sql", words[:60], sent, _ways(connection, writes), writes)

    def cmd_query_iter(connection: MySQLConnection, statements: bytes, **options: Any) -> Iterator[Any]:
        """What is read comes in packets of several statements; the first answer is the effect."""
        answers = _several(connection, statements, **options)
        words = " ".join(statements.decode("utf-8", "replace").split())[:60]
        yield watch.around("sql", words, lambda: next(answers), _ways(connection, False), writes=False)
        yield from answers

    def send_together(connection: Connection, statements: Sequence[bytes]) -> Any:
        return [cmd_query(connection, statement) for statement in statements][-1] if statements else None

    ours: Any = Connection
    ours._send_together = send_together
    replaced: Any = MySQLConnection
    replaced._open_connection, replaced.cmd_query = open_connection, cmd_query
    replaced.cmd_query_iter = cmd_query_iter


def _ways(connection: MySQLConnection, writes: bool) -> dict[str, Failure]:
    def cut(act: Act) -> Any:
        _cut(connection)
        return act()

    def cut_after(act: Act) -> Any:
        act()
        _cut(connection)
        raise errors.OperationalError("Lost connection to MySQL server during query", 2013)

    def full(act: Act) -> Any:
        raise errors.DatabaseError("The table is full", 1114, sqlstate="HY000")

    return {"cut": cut, "disk-full": full, HARD: cut, **({"cut-after": cut_after} if writes else {})}


def _cut(connection: MySQLConnection) -> None:
    opened: Any = connection._socket
    opened.sock.shutdown(socket.SHUT_RDWR)


def _refused(act: Act) -> Any:
    raise errors.InterfaceError("Can't connect to MySQL server", 2003)
