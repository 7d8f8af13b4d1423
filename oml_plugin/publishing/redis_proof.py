"""The proof that OML's Redis has what was published: all there is to look at where routes are in Redis alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ominicontacto_app.services.asterisk.redis_database import RutaSalienteFamily, TrunkFamily

from oml_plugin.publishing.publish import Published
from oml_plugin.releases.shape import ROUTES_INDEX
from pbxlink.messages.findings import Finding, error


def trunks(published: Published) -> Iterator[Finding]:
    """One finding for each trunk whose hash is not there or another's."""
    family = TrunkFamily()
    store = family.get_redis_connection()
    for trunk in published.trunks:
        if store.hgetall(f"{family.get_nombre_families()}:{trunk.pk}").get("NAME") != trunk.nombre:
            yield error("oml.no_hash", name=trunk.nombre)


def routes(published: Published) -> Iterator[Finding]:
    """One finding for each route whose hash or place is not as it should be, or that is gone and still has one."""
    family = RutaSalienteFamily()
    store = family.get_redis_connection()
    for route in published.routes:
        found = store.hgetall(f"{family.get_nombre_families()}:{route.pk}")
        place = store.zscore(ROUTES_INDEX, str(route.pk))
        if place != float(route.orden) or not _wanted(route).items() <= found.items():
            yield error("oml.no_hash", name=route.nombre)
    for identifier in published.route_ids_gone:
        is_there = store.exists(f"{family.get_nombre_families()}:{identifier}")
        if is_there or store.zscore(ROUTES_INDEX, str(identifier)) is not None:
            yield error("oml.route_still_loaded", route=identifier)


def _wanted(route: Any) -> Mapping[str, str]:
    """What of the hash follows from the rows (read: OML 3)."""
    found = {"NAME": str(route.nombre)}
    for number, pattern in enumerate(route.patrones_de_discado.order_by("orden"), start=1):
        found[f"DP-{number}-MATCH"] = pattern.match_pattern or ""
        found[f"DP-{number}-PREFIX"] = pattern.prefix or ""
        found[f"DP-{number}-PREPEND"] = pattern.prepend or ""
    for number, place in enumerate(route.secuencia_troncales.order_by("orden"), start=1):
        found[f"TRUNK-{number}"] = str(place.troncal_id)
    return found
