"""Which PBX this is, told by what it has and never by a version number. All that differs by flavour starts here.

Issabel keeps pjsip trunks in the table `sip` and has `issabelpbx_settings`; FreePBX has `freepbx_settings` and `pjsip`.
"""

from __future__ import annotations

from enum import Enum

from issabel_module.storage.database import Database
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error


class Flavour(str, Enum):
    """The PBX products whose schema is known."""

    ISSABEL = "Issabel"
    FREEPBX = "FreePBX"


_NEEDED = ("trunks", "sip", "devices", "users", "admin", "outbound_routes", "outbound_route_patterns",
           "outbound_route_trunks", "outbound_route_sequence")  # fmt: skip


def detect(database: Database) -> Flavour:
    """The flavour of the database's PBX. Raises Refused where it is none that is known."""
    if database.has("freepbx_settings") or database.has("pjsip"):
        return Flavour.FREEPBX
    missing = [table for table in _NEEDED if not database.has(table)]
    if missing:
        raise Refused(error("pbx.unknown", database=database.url.database, tables=", ".join(missing)))
    return Flavour.ISSABEL


def require_supported(database: Database) -> Flavour:
    """The flavour, where this release can write it. Raises Refused for FreePBX, whose support comes next."""
    flavour = detect(database)
    if flavour is not Flavour.ISSABEL:
        raise Refused(error("pbx.unsupported", flavour=flavour.value))
    return flavour


def version(database: Database) -> str:
    """The version that the PBX says of itself, for people; nothing is decided by it."""
    rows = database.rows("admin", "variable", ["version"])
    return str(rows[0]["value"]) if rows else "?"
