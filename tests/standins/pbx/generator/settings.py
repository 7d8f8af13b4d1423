"""amportal.conf: where the database, Asterisk's manager and Asterisk's files are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

_ASSIGNMENT = re.compile(r"""\$amp_conf\['(\w+)'\] = '([^']*)';""")
DEFAULT_PATH = "/etc/amportal.conf"


@dataclass(frozen=True)
class Settings:
    database: URL
    etc_dir: Path
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str


def amportal_path() -> Path:
    return Path(os.environ.get("AMPORTAL_CONF") or DEFAULT_PATH)


def read_amportal(path: Path) -> dict[str, str]:
    """KEY=value lines; blank lines and those that begin with # or ; are skipped."""
    pairs = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith(("#", ";")):
            pairs[key.strip()] = value.strip()
    return pairs


def read_freepbx(amportal: Path) -> dict[str, str]:
    """amportal.conf, and the assignments of freepbx.conf beside it."""
    php = amportal.with_name("freepbx.conf").read_text(encoding="utf-8")
    return {**read_amportal(amportal), **dict(_ASSIGNMENT.findall(php))}


def settings_from(pairs: Mapping[str, str]) -> Settings:
    return Settings(
        database=database_url(pairs),
        etc_dir=Path(pairs.get("ASTETCDIR") or "/etc/asterisk"),
        ami_host=pairs.get("ASTMANAGERHOST") or "localhost",
        ami_port=int(pairs.get("ASTMANAGERPORT") or 5038),
        ami_user=pairs.get("AMPMGRUSER", ""),
        ami_secret=pairs.get("AMPMGRPASS", ""),
    )


def database_url(pairs: Mapping[str, str]) -> URL:
    """AMPDBENGINE=sqlite takes AMPDBNAME as a file; else MySQL, AMPDBHOST may be host:port or AMPDBPORT says it."""
    if pairs.get("AMPDBENGINE", "mysql").startswith("sqlite"):
        return URL.create("sqlite", database=pairs["AMPDBNAME"])
    host, _, port = pairs.get("AMPDBHOST", "localhost").partition(":")
    return URL.create(
        "mysql+mysqlconnector",
        username=pairs.get("AMPDBUSER"),
        password=pairs.get("AMPDBPASS"),
        host=host,
        port=int(pairs.get("AMPDBPORT") or port or 3306),
        database=pairs.get("AMPDBNAME") or "asterisk",
        # The connector's default collation is unknown to older MariaDB servers.
        query={"charset": "utf8mb4", "collation": "utf8mb4_general_ci", "use_pure": "True"},
    )
