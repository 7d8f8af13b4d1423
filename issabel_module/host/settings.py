"""Where the PBX keeps things: `/etc/amportal.conf`, a file of KEY=value lines that the vendor writes.

`/etc/issabel.conf` holds the MySQL root password and is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from issabel_module.host.host import Host
from pbxlink.asterisk.ami import AmiAddress
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

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


def read(host: Host, path: Path, database_url: str = "") -> Settings:
    """The settings of the host's amportal.conf; `database_url` overrides the database it names.

    Raises InvalidInput where the file cannot be read, lacks a key, or the URL is none.
    """
    try:
        values = _values(host.read(path))
    except OSError as problem:
        raise InvalidInput(error("amportal.unreadable", path=path, reason=problem.strerror)) from None
    missing = [key for key in ("AMPMGRUSER", "AMPMGRPASS") if key not in values]
    if not database_url:
        missing += [key for key in ("AMPDBUSER", "AMPDBPASS") if key not in values]
    if missing:
        raise InvalidInput(*(error("amportal.missing", path=path, key=key) for key in missing))
    not_ports = [key for key in _PORTS if not _is_port(_port(values, key))]
    if not_ports:
        raise InvalidInput(*(error("amportal.port", path=path, key=key, value=_port(values, key)) for key in not_ports))
    return Settings(
        database=_url(database_url) if database_url else _database(host, values),
        ami=_ami(host, values),
        bin_folder=Path(values.get("AMPBIN", "/var/lib/asterisk/bin")),
        conf_path=path,
    )


def _values(content: str) -> dict[str, str]:
    lines = (line.strip() for line in content.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith(("#", ";")))
    return {key.strip(): _unquoted(value.strip()) for key, _, value in pairs}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


_PORTS = {"AMPDBHOST": "3306", "AMPDBPORT": "3306", "ASTMANAGERPORT": "5038"}


def _port(values: Mapping[str, str], key: str) -> str:
    """The port that a key gives (after a colon, for a host), or the usual one."""
    value = values.get(key, "")
    return (value.partition(":")[2] if key == "AMPDBHOST" else value) or _PORTS[key]


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and 0 < int(value) < 65536


def _database(host: Host, values: Mapping[str, str]) -> URL:
    name, colon, _ = values.get("AMPDBHOST", "localhost").partition(":")
    address, port = host.reach(name, int(_port(values, "AMPDBHOST" if colon else "AMPDBPORT")))
    return URL.create(
        "mysql+mysqlconnector",
        username=values["AMPDBUSER"],
        password=values["AMPDBPASS"],
        host=address,
        port=port,
        database=values.get("AMPDBNAME", "asterisk"),
    )


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        url.get_dialect().import_dbapi()
    except (ArgumentError, ImportError):
        raise InvalidInput(error("database.url")) from None
    return url


def _ami(host: Host, values: Mapping[str, str]) -> AmiAddress:
    address, port = host.reach(values.get("ASTMANAGERHOST", "127.0.0.1"), int(_port(values, "ASTMANAGERPORT")))
    return AmiAddress(address, port, values["AMPMGRUSER"], values["AMPMGRPASS"])


def connect_arguments(url: URL) -> dict[str, object]:
    """What the driver is told beside the URL; pure Python, because nothing compiled is shipped to a PBX."""
    if not url.drivername.startswith("mysql"):
        return {}
    return {"use_pure": True, "charset": "utf8mb4", "collation": _COLLATION, "connection_timeout": 10}
