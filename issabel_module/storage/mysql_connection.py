"""The driver's connection, which sets up its session in one round trip where the driver alone takes three."""

from __future__ import annotations

from typing import Any

from mysql.connector.connection import MySQLConnection


class Connection(MySQLConnection):
    """What is asked for while it connects is sent together, and with it a question for what the driver and SQLAlchemy
    would ask before the first statement that writes."""

    version_text = ""
    """What `VERSION()` says."""
    _held: list[str] | None = None

    def cmd_query(self, query: Any, *more: Any, **options: Any) -> Any:
        """As the driver's; while the session is set up the statement waits for the others."""
        if self._held is None:
            return super().cmd_query(query, *more, **options)
        self._held.append(query if isinstance(query, str) else query.decode())
        return {}

    def _post_connection(self) -> None:
        self._held = []
        try:
            super()._post_connection()
            statements = ";".join([*self._held, "SELECT VERSION(), @@session.sql_mode"])
        finally:
            self._held = None
        for result in self.cmd_query_iter(statements):
            if "columns" in result:
                ((self.version_text, self._sql_mode),) = [map(_text, row) for row in self.get_rows(raw=True)[0]]


def _text(cell: Any) -> str:
    return bytes(cell).decode("utf-8", "replace") if cell is not None else ""
