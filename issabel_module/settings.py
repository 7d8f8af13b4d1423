"""Where the PBX keeps things: `/etc/amportal.conf`, a file of KEY=value lines that the vendor writes.

`/etc/issabel.conf` holds the MySQL root password and is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pbxlink.ami import AmiAddress
from pbxlink.errors import InvalidInput
from pbxlink.findings import error

DEFAULT_PATH = Path("/etc/amportal.conf")
_COLLATION = "utf8mb4_general_ci"
"""The connector's own default collation is unknown to older MariaDB releases."""


@dataclass(frozen=True)
class Settings:
    """Database, AMI and folders of one PBX."""

    database: URL
    ami: AmiAddress
    bin_folder: Path
    conf_path: Path

    def describe(self) -> dict[str, str]:
        """What can be shown of it."""
        return {
            "database": self.database.render_as_string(hide_password=True),
            "ami": f"{self.ami.host}:{self.ami.port}",
        }


def read(path: Path, database_url: str = "") -> Settings:
    """The settings of an amportal.conf; `database_url` overrides the database it names.

    Raises InvalidInput where the file cannot be read, lacks a key, or the URL is none.
    """
    try:
        values = _values(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as problem:
        raise InvalidInput(error("amportal.unreadable", path=path, reason=problem.strerror)) from None
    missing = [key for key in ("AMPMGRUSER", "AMPMGRPASS") if key not in values]
    if not database_url:
        missing += [key for key in ("AMPDBUSER", "AMPDBPASS") if key not in values]
    if missing:
        raise InvalidInput(*(error("amportal.missing", path=path, key=key) for key in missing))
    return Settings(
        database=_url(database_url) if database_url else _database(values),
        ami=_ami(values),
        bin_folder=Path(values.get("AMPBIN", "/var/lib/asterisk/bin")),
        conf_path=path,
    )


def _values(content: str) -> dict[str, str]:
    lines = (line.strip() for line in content.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith(("#", ";")))
    return {key.strip(): _unquoted(value.strip()) for key, _, value in pairs}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _database(values: Mapping[str, str]) -> URL:
    host, _, port = values.get("AMPDBHOST", "localhost").partition(":")
    return URL.create(
        "mysql+mysqlconnector",
        username=values["AMPDBUSER"],
        password=values["AMPDBPASS"],
        host=host,
        port=int(port or values.get("AMPDBPORT") or 3306),
        database=values.get("AMPDBNAME", "asterisk"),
    )


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except ArgumentError:
        raise InvalidInput(error("database.url")) from None


def _ami(values: Mapping[str, str]) -> AmiAddress:
    return AmiAddress(
        values.get("ASTMANAGERHOST", "127.0.0.1"),
        int(values.get("ASTMANAGERPORT", "5038")),
        values["AMPMGRUSER"],
        values["AMPMGRPASS"],
    )


def connect_arguments(url: URL) -> dict[str, object]:
    """What the driver is told beside the URL; pure Python, because nothing compiled is shipped to a PBX."""
    if not url.drivername.startswith("mysql"):
        return {}
    return {"use_pure": True, "charset": "utf8mb4", "collation": _COLLATION, "connection_timeout": 10}
