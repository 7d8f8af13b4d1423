"""The PBX's own table of settings: what the AMI's user is where no file says it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from issabel_module.flavours.flavour import Flavour
from issabel_module.host.settings import Found, Settings
from issabel_module.storage.database import Database

_KEYS = ("AMPMGRUSER", "AMPMGRPASS", "ASTMANAGERHOST", "ASTMANAGERPORT", "AMPBIN")


def complete(found: Found, flavours: Sequence[Flavour]) -> Settings:
    """The settings of the files, and of the table where they lack the AMI's user.

    Raises InvalidInput where both do, SideUnavailable where the database does not answer.
    """
    if not found.missing:
        return found.settings()
    with closing(Database(found.database)) as database:
        tables = [flavour.settings_table for flavour in flavours if database.has(flavour.settings_table)]
        rows = database.rows(tables[0], "keyword", _KEYS) if tables else []
    return found.completed({str(row["keyword"]): str(row["value"]) for row in rows if row["value"]}).settings()
