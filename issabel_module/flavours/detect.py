"""Which PBX product this is, recognised by what its database has and never by a version number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from issabel_module.flavours.flavour import Flavour
from issabel_module.flavours.issabel import Issabel
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

FLAVOURS: Sequence[Flavour] = (Issabel(),)


def detect(has: Callable[[str], bool], database: str) -> Flavour:
    """The flavour of the PBX whose database has the tables for which `has` says yes.

    Raises Refused where it is none that is known: FreePBX, whose support comes next, or no PBX at all.
    """
    if has("freepbx_settings") or has("pjsip"):
        raise Refused(error("pbx.unsupported", flavour="FreePBX"))
    found = next((each for each in FLAVOURS if all(map(has, each.tables)) and not any(map(has, each.unlike))), None)
    if found is None:
        missing = [table for table in FLAVOURS[0].tables if not has(table)]
        raise Refused(error("pbx.unknown", database=database, tables=", ".join(missing)))
    return found
