"""The Django settings of this OML that we need, by their names in 2.6.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from oml_plugin.releases import shape
from pbxlink.asterisk.ami import AmiAddress
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

_AMI_PORT = 5038
"""OML has no setting for it (its library's default); ASTERISK_AMI_PORT overrides it where a host needs another."""


@dataclass(frozen=True)
class Settings:
    """The addresses of AMI and Redis of one OML."""

    ami: AmiAddress | None
    """None where OML's Django has none."""
    redis_host: str
    redis_port: int

    def describe(self) -> dict[str, str]:
        """The settings as they may be shown."""
        database = connection.settings_dict
        where = f"{database.get('HOST') or 'local'}/{Path(str(database.get('NAME'))).name}"
        return {
            "product": f"OMniLeads {_version()}".strip(),
            "database": f"{connection.vendor} {where}",
            "ami": f"{self.ami.host}:{self.ami.port}" if self.ami else "-",
            "redis": f"{self.redis_host}:{self.redis_port}",
        }


def read() -> Settings:
    """The settings. Raises SideUnavailable naming the one that OML lacks."""
    return Settings(
        ami=None if shape.is_without_ami() else _ami(),
        redis_host=str(_setting("REDIS_HOSTNAME", "Redis")),
        redis_port=int(getattr(settings, "CONSTANCE_REDIS_CONNECTION", {}).get("port", 6379)),
    )


def _ami() -> AmiAddress:
    credentials = _setting("ASTERISK", "AMI")
    return AmiAddress(
        str(_setting("ASTERISK_HOSTNAME", "AMI")),
        int(getattr(settings, "ASTERISK_AMI_PORT", None) or _AMI_PORT),
        str(_key(credentials, "AMI_USERNAME")),
        str(_key(credentials, "AMI_PASSWORD")),
    )


def _setting(name: str, what: str) -> Any:
    value = getattr(settings, name, None)
    if not value:
        raise SideUnavailable(error("oml.settings", name=name, what=what))
    return value


def _key(values: Mapping[str, Any], key: str) -> Any:
    if not values.get(key):
        raise SideUnavailable(error("oml.settings", name=f"ASTERISK['{key}']", what="AMI"))
    return values[key]


def _version() -> str:
    """The version, from the file beside the code in OML's own images; empty where there is none."""
    path = Path(str(getattr(settings, "BASE_DIR", "."))) / ".omnileads_version"
    try:
        return path.read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        return ""
