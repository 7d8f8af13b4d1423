"""Where the PBX's database is and who asks it, as the files or `--database-url` say."""

from __future__ import annotations

from dataclasses import dataclass, field

from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

MYSQL, SQLITE = "mysql", "sqlite"


@dataclass(frozen=True)
class DatabaseUrl:
    """A database of MySQL or MariaDB, reached by a socket or else a port; or the SQLite file of tests and demos."""

    kind: str = MYSQL
    username: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    database: str = ""
    socket: str = ""

    @property
    def is_mysql(self) -> bool:
        """Whether it is MySQL or MariaDB."""
        return self.kind == MYSQL

    def __str__(self) -> str:
        """For people, without its password: `user@host:port/name`, or `user@/path/of.sock/name`."""
        where = self.socket or (f"{self.host}:{self.port}" if self.port else self.host)
        return f"{self.username}@{where}/{self.database}"


def of_text(text: str) -> DatabaseUrl:
    """The database of an URL of SQLAlchemy's form. Raises InvalidInput where it is none, or none of a known kind."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
        url.get_dialect().import_dbapi()
    except (ArgumentError, ImportError):
        raise InvalidInput(error("database.url")) from None
    kind = MYSQL if url.get_backend_name() in {"mysql", "mariadb"} else url.get_backend_name()
    if kind not in {MYSQL, SQLITE}:
        raise InvalidInput(error("database.url"))
    socket = str(url.query.get("unix_socket", ""))
    return DatabaseUrl(
        kind, url.username or "", str(url.password or ""), url.host or "", url.port, url.database or "", socket
    )
