"""Turns errors of the database server and its driver into findings with the next step."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from issabel_module.host.database_url import DatabaseUrl
from pbxlink.messages.findings import Finding, error


def told(code: str, problem: Exception, url: DatabaseUrl) -> Finding:
    """What the server said, or the driver, itself or through SQLAlchemy."""
    cause = getattr(problem, "orig", None) or problem
    number = getattr(cause, "errno", None) or type(cause).__name__
    said = str(getattr(cause, "msg", "") or type(cause).__name__)[:200]
    return error(code, url=str(url), number=number, text=said)


def not_opened(problem: Exception, url: DatabaseUrl) -> Finding:
    """Why there is no connection, each cause with the step that mends it."""
    if isinstance(problem.__cause__, socket.gaierror):
        return error("database.unresolved", host=url.host, url=str(url))
    return told(_REFUSALS.get(getattr(problem, "errno", None), "database.unreachable"), problem, url)


_REFUSALS: Mapping[object, str] = {
    1044: "database.refused", 1045: "database.refused", 1698: "database.refused", 1130: "database.refused",
    1049: "database.no_database",
}  # fmt: skip
"""The server's own numbers: it is there and says no."""
