"""Which PBX product this is, recognised by what its database has and never by a version number."""

from __future__ import annotations

from collections.abc import Sequence

from issabel_module.flavours.flavour import Flavour, Installed
from issabel_module.flavours.freepbx import FreePBX
from issabel_module.flavours.issabel import Issabel
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

FLAVOURS: Sequence[Flavour] = (FreePBX(), Issabel())
"""In the order in which they are tried: one without tables of its own comes last."""

_TABLES = (
    "trunks", "sip", "devices", "users", "admin", "outbound_routes", "outbound_route_patterns",
    "outbound_route_trunks", "outbound_route_sequence",
)  # fmt: skip
"""Without which it is none of them."""


def detect(installed: Installed, database: str) -> Flavour:
    """The flavour of a PBX. Raises Refused where its database is none's, or has half of what tells one product."""
    missing = [table for table in _TABLES if not installed.has(table)]
    for flavour in FLAVOURS:
        lacking = [table for table in flavour.own_tables if not installed.has(table)]
        if not missing and not lacking:
            return flavour.fitted(installed)
        if len(lacking) < len(flavour.own_tables):
            missing += lacking
    raise Refused(error("pbx.unknown", database=database, tables=", ".join(missing)))
