"""Where the PBX keeps things: `/etc/amportal.conf` (KEY=value lines), and for what that lacks the PHP files beside it
with which the vendor's own code begins.

`/etc/issabel.conf` holds the MySQL root password and is never read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from issabel_module.host import database_url as urls
from issabel_module.host.conf_files import amportal_values, php_values
from issabel_module.host.database_url import DatabaseUrl
from issabel_module.host.host import Host, Place
from pbxlink.asterisk.ami import AmiAddress
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import Finding, error

DEFAULT_PATH = Path("/etc/amportal.conf")
PHP_FILES = ("issabelpbx.conf", "freepbx.conf")
MANAGER_KEYS = ("AMPMGRUSER", "AMPMGRPASS")
_DATABASE_KEYS = ("AMPDBUSER", "AMPDBPASS")
SOCKETS = (
    "/var/lib/mysql/mysql.sock", "/var/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock",
    "/var/run/mysql/mysql.sock", "/tmp/mysql.sock",
)  # fmt: skip
"""Where servers of EL, Debian and of their own makers have it."""


@dataclass(frozen=True)
class Settings:
    """Database, AMI and folders of one PBX."""

    database: DatabaseUrl
    ami: AmiAddress
    bin_folder: Path
    conf_path: Path
    etc_folder: Path = Path("/etc/asterisk")
    spool_folder: Path = Path("/var/spool/asterisk")

    def describe(self) -> dict[str, str]:
        """What can be shown of it."""
        return {"database": str(self.database), "ami": f"{self.ami.host}:{self.ami.port}"}


@dataclass(frozen=True)
class Found:
    """What the files say, by key, and the database that follows from it. `read`: those that were there."""

    host: Host
    path: Path
    read: tuple[Path, ...]
    values: Mapping[str, str]
    database: DatabaseUrl

    @property
    def missing(self) -> list[str]:
        """What they do not say of the AMI: the database's own table of settings does where they are silent."""
        return [key for key in MANAGER_KEYS if key not in self.values]

    def completed(self, more: Mapping[str, str]) -> Found:
        """With what the files leave out."""
        return replace(self, values={**more, **self.values})

    def settings(self) -> Settings:
        """All of it. Raises InvalidInput where a key is missing or no port."""
        if self.missing:
            raise InvalidInput(*_lacking("amportal.no_manager", self.read, self.missing))
        _refuse_ports(self.path, self.values, "ASTMANAGERPORT")
        return Settings(
            database=self.database,
            ami=_ami(self.host, self.values),
            bin_folder=Path(self.values.get("AMPBIN") or "/var/lib/asterisk/bin"),
            conf_path=self.path,
            etc_folder=Path(self.values.get("ASTETCDIR") or Settings.etc_folder),
            spool_folder=Path(self.values.get("ASTSPOOLDIR") or Settings.spool_folder),
        )


def find(host: Host, path: Path, database_url: str = "") -> Found:
    """What the host's files say; `database_url` overrides the database they name.

    Raises InvalidInput where none is there or one cannot be read, a key of the database's is missing, or the URL is
    none.
    """
    contents = _contents(host, path)
    values = _values(path, contents)
    read = tuple(contents)
    missing = [] if database_url else [key for key in _DATABASE_KEYS if key not in values]
    if missing:
        raise InvalidInput(*_lacking("amportal.no_database", read, missing))
    database = _reached(host, urls.of_text(database_url)) if database_url else _database(host, path, values)
    return Found(host, path, read, values, database)


def _lacking(code: str, read: Sequence[Path], keys: Sequence[str]) -> list[Finding]:
    names = ", ".join(map(str, read))
    return [error(code, paths=names, key=key) for key in keys]


def _contents(host: Host, path: Path) -> dict[Path, str]:
    """Of the files that are there. The PHP files are asked only for what amportal.conf does not say."""
    others = [path.with_name(name) for name in PHP_FILES]
    own = _content(host, path)
    found = {path: own}
    if any(key not in amportal_values(own or "") for key in _DATABASE_KEYS):
        found.update((each, _content(host, each)) for each in reversed(others))
    there = {each: content for each, content in found.items() if content is not None}
    if not there:
        raise InvalidInput(error("amportal.no_pbx", path=path, others=", ".join(map(str, others))))
    return there


def _values(path: Path, contents: Mapping[Path, str]) -> dict[str, str]:
    """By key; of two files that have it that of the first."""
    values: dict[str, str] = {}
    for each, content in contents.items():
        values = {**(amportal_values(content) if each == path else php_values(content)), **values}
    return values


def _content(host: Host, path: Path) -> str | None:
    """None where there is no such file."""
    try:
        return host.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as problem:
        raise InvalidInput(error("amportal.unreadable", path=path, reason=problem.strerror)) from None
    except OSError as problem:
        raise InvalidInput(error("amportal.failed", path=path, reason=problem.strerror)) from None


def _refuse_ports(path: Path, values: Mapping[str, str], *keys: str) -> None:
    bad = [(key, values[key]) for key in keys if values.get(key) and not _is_port(values[key])]
    if bad:
        raise InvalidInput(*(error("amportal.port", path=path, key=key, value=value) for key, value in bad))


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and 0 < int(value) < 65536


def _database(host: Host, path: Path, values: Mapping[str, str]) -> DatabaseUrl:
    name = values.get("AMPDBNAME") or "asterisk"
    url = DatabaseUrl(username=values["AMPDBUSER"], password=values["AMPDBPASS"], database=name)
    return _at(url, host.reach(_database_place(host, path, values)))


def _database_place(host: Host, path: Path, values: Mapping[str, str]) -> Place:
    """As PHP's drivers take it: a socket that is named, `localhost` by a socket where there is one, else a port."""
    name, colon, behind = (values.get("AMPDBHOST") or "localhost").partition(":")
    if behind.startswith("/") or values.get("AMPDBSOCK"):
        return Place(socket=values.get("AMPDBSOCK") or behind)
    socket = host.first_socket(SOCKETS) if name == "localhost" and not colon else ""
    if socket:
        return Place(socket=socket)
    key = "AMPDBHOST" if colon else "AMPDBPORT"
    port = (behind if colon else values.get("AMPDBPORT")) or "3306"
    _refuse_ports(path, {key: port}, key)
    return Place(name, int(port))


def _reached(host: Host, url: DatabaseUrl) -> DatabaseUrl:
    """A database that is named by hand is where the PBX's machine sees it, too."""
    if not url.is_mysql:
        return url
    return _at(url, host.reach(Place(url.host or "localhost", url.port or 3306, url.socket)))


def _at(url: DatabaseUrl, place: Place) -> DatabaseUrl:
    if place.socket:
        return replace(url, socket=place.socket, host="", port=None)
    return replace(url, host=place.host, port=place.port)


def _ami(host: Host, values: Mapping[str, str]) -> AmiAddress:
    name, port = values.get("ASTMANAGERHOST") or "127.0.0.1", int(values.get("ASTMANAGERPORT") or "5038")
    place = host.reach(Place(name, port))
    user, secret = (values[key] for key in MANAGER_KEYS)
    if place.socket:
        return AmiAddress(name, port, user, secret, place.socket)
    return AmiAddress(place.host, place.port, user, secret)
