"""One round trip for a statement that reads, where the driver takes three: over ssh each of them costs the latency."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event


def spare(engine: Engine) -> None:
    """The driver asks the server before each statement whether it is there, which the statement itself tells. A
    transaction is ended where the server's last answer said that there is one (`autocommit` is on: reading begins
    none)."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.is_connected = lambda: True

    dialect: Any = engine.dialect
    commit, rollback = dialect.do_commit, dialect.do_rollback
    dialect.do_commit = lambda connection: commit(connection) if connection.in_transaction else None
    dialect.do_rollback = lambda connection: rollback(connection) if connection.in_transaction else None
