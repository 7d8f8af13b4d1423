"""Turns errors of the database server and its driver into findings with the next step."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from issabel_module.host.settings import shown_url
from pbxlink.messages.findings import Finding, error


def told(code: str, problem: SQLAlchemyError, url: URL) -> Finding:
    """What the server said, or the driver."""
    cause = getattr(problem, "orig", None)
    number = getattr(cause, "errno", None) or type(cause or problem).__name__
    said = str(getattr(cause, "msg", "") or type(cause or problem).__name__)[:200]
    return error(code, url=shown_url(url), number=number, text=said)


def not_opened(problem: SQLAlchemyError, url: URL) -> Finding:
    """Why there is no connection, each cause with the step that mends it."""
    cause = getattr(problem, "orig", None)
    if isinstance(getattr(cause, "__cause__", None), socket.gaierror):
        return error("database.unresolved", host=url.host, url=shown_url(url))
    number = getattr(cause, "errno", None)
    return told(_REFUSALS.get(number, "database.unreachable"), problem, url)


_REFUSALS: Mapping[object, str] = {
    1044: "database.refused", 1045: "database.refused", 1698: "database.refused", 1130: "database.refused",
    1049: "database.no_database",
}  # fmt: skip
"""The server's own numbers: it is there and says no."""
