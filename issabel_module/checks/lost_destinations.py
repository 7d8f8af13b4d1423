"""Routes of ours whose destination on congestion the PBX's own page lost, which nobody may have asked it to."""

from __future__ import annotations

from issabel_module.checks.situation import Situation
from issabel_module.kinds import route as routes
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Image, Key
from pbxlink.messages.findings import Finding, warning

_TABLE, _COLUMN = "outbound_routes", "dest"


def find(it: Situation, own: OwnCells) -> dict[Key, Finding]:
    """A finding for each route that differs from what we wrote in nothing else. Whoever saved the page may have chosen
    the empty destination, too: both look the same, so an unattended run leaves it."""
    if not it.flavour.route_page_loses_destination:
        return {}
    found = {key: it.observed[key] for key in it.owned if key.kind == routes.NAME and key in it.observed}
    return {
        key: warning("drift.destination_lost", key=key)
        for key, image in found.items()
        if _is_lost(key, image, it.owned[key], own)
    }


def _is_lost(key: Key, found: Image, written: Image, own: OwnCells) -> bool:
    now, was = (next(iter(image.get(_TABLE, ())), {}).get(_COLUMN) for image in (found, written))
    if now or not was:
        return False
    mended = {**found, _TABLE: [{**row, _COLUMN: was} for row in found[_TABLE]]}
    return own.differs(key.name, mended, written) is None
