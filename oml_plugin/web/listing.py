"""The saved links as their list shows them: from the database alone, so that no visitor waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oml_plugin.storage import saved_links
from oml_plugin.storage.database_errors import database_told
from oml_plugin.storage.ownership import Ownership
from oml_plugin.web import presenters
from pbxlink.messages.errors import InvalidInput


@dataclass(frozen=True)
class Listed:
    """One link; where its saved code can not be read any more only its name and whether it is in force are known."""

    name: str
    is_applied: bool
    pbx: str = ""
    trunk: str = ""
    verdicts: Sequence[Any] = ()
    verified_at: datetime | None = None


def listed(names: Iterable[str]) -> list[Listed]:
    """The links of these names. Raises SideUnavailable where the database does not answer."""
    with database_told("links"):
        applied = set(Ownership("").links())
        return [_one(name, name in applied) for name in names]


def _one(name: str, is_applied: bool) -> Listed:
    try:
        found = saved_links.read(name)
    except InvalidInput:
        return Listed(name, is_applied)
    pbx, verdicts = found.link.pbx, presenters.verdicts(found.verified)
    where = f"{pbx.address}:{pbx.sip_port}"
    return Listed(name, is_applied, where, found.link.omnileads.trunk, verdicts, found.verified_at)
