"""MySQL's effects: every connection, every packet that reads, every statement that writes, and every COMMIT after one.

The product sends many statements in one packet. Here each one that writes is a packet of its own, because on MyISAM
each one stays.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from mysql.connector import errors
from mysql.connector.connection import MySQLConnection

from issabel_module.storage import driver
from tests.faults.effects import HARD, Act, Failure, Watch

_open, _several = MySQLConnection._open_connection, MySQLConnection.cmd_query_iter
_WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE")
_TRIES_RIGHTS = "WHERE FALSE"
"""Statements that find no row: the server is asked whether it would let us (`checks.database_rights`)."""
_OF_A_TRANSACTION = ("ROLLBACK", "START TRANSACTION")
"""No effect alone, and no COMMIT is where nothing was written."""


def watch_mysql(watch: Watch) -> None:
    """Puts the watch around the connector in this process, for good."""
    dirty: set[MySQLConnection] = set()

    def open_connection(connection: MySQLConnection) -> None:
        watch.around("sql", "connect", lambda: _open(connection), {"refused": _refused, HARD: _refused}, writes=False)

    def cmd_query_iter(connection: MySQLConnection, statements: str, **options: Any) -> Iterator[Any]:
        """The first answer is the effect."""
        answers = _several(connection, statements, **options)
        words = " ".join(statements.split())
        if words in _OF_A_TRANSACTION or (words == "COMMIT" and connection not in dirty):
            yield from answers
            return
        writes = _changes(words) or words == "COMMIT"
        if writes:
            (dirty.add if _changes(words) else dirty.discard)(connection)
        yield watch.around("sql", words[:60], lambda: next(answers), _ways(connection, writes), writes)
        yield from answers

    replaced: Any = MySQLConnection
    replaced._open_connection, replaced.cmd_query_iter = open_connection, cmd_query_iter
    module: Any = driver
    module._packets = _packets


def _packets(statements: Iterable[str]) -> Iterator[str]:
    """What reads together, each statement that writes alone."""
    for writes, part in groupby(statements, key=_changes):
        listed = list(part)
        yield from listed if writes else [";".join(listed)]


def _changes(statement: str) -> bool:
    return statement.startswith(_WRITING) and not statement.upper().endswith(_TRIES_RIGHTS)


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
