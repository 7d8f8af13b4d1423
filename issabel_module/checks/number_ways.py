"""What the PBX does with a number: the object that has it, or the outbound route that takes it, in their real order."""

from __future__ import annotations

from collections.abc import Sequence

from issabel_module.checks import number_sources
from issabel_module.checks.number_sources import RoutePattern, Taken
from issabel_module.storage.database import Database
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.link import numbering
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, error, term
from pbxlink.messages.masking import shown

_ITSELF = {"number.users", "number.devices", "number.findmefollow", "number.custom_extensions"}


def sight(database: Database, link: Link, number: str, direction: str) -> Sight:
    """What takes the number, and the cause where nothing does or the wrong thing."""
    taken = number_sources.taken(number_sources.everything(database), [number])
    wanted = any(each.number == number for each in link.extensions)
    if taken:
        found = ", ".join(sorted({f"{each.kind.partition('.')[2]} {shown(each.name)}" for each in taken}))
        causes = list(_hidden(taken, number)) if wanted else []
        return Sight(Step.NUMBER, not causes, f"{number}: {found}", direction, causes)
    places = _served_by(database, number)
    if not places:
        return Sight(Step.NUMBER, False, f"{number}: -", direction, [error("cause.number_missing", number=number)])
    causes = list(_of_route(database, link, number, places))
    return Sight(Step.NUMBER, not causes, f"{number}: {shown(places[0].route)} {places[0].pattern}", direction, causes)


def _hidden(taken: Sequence[Taken], number: str) -> list[Finding]:
    """Ring groups, queues, conferences and feature codes go before an extension of the same number."""
    others = [each for each in taken if each.kind not in _ITSELF]
    return [error("cause.hidden", number=number, by=term(each.kind, number=number, name=shown(each.name or "-")))
            for each in others[:1]]  # fmt: skip


def _served_by(database: Database, number: str) -> list[RoutePattern]:
    """The routes that match, in the order in which the PBX tries them; routes without a place in it are not tried."""
    order = {
        str(route): int(seq or 0) for route, seq in database.column_values("outbound_route_sequence", "route_id", "seq")
    }
    found = [each for each in number_sources.route_patterns(database) if numbering.matches(each.pattern, number)]
    return sorted((each for each in found if each.route_id in order), key=lambda each: order[each.route_id])


def _of_route(database: Database, link: Link, number: str, places: Sequence[RoutePattern]) -> list[Finding]:
    first = places[0]
    ours = [
        each for each in link.pbx_routes if any(numbering.matches(numbering.dialled(p), number) for p in each.patterns)
    ]
    if ours and first.route not in {each.name for each in ours}:
        return [error("cause.route_hidden", number=number, route=ours[0].name, other=shown(first.route))]
    trunks = {
        trunk
        for route, trunk in database.column_values("outbound_route_trunks", "route_id", "trunk_id")
        if str(route) == first.route_id
    }
    disabled = {str(each) for each, state in database.column_values("trunks", "trunkid", "disabled") if state == "on"}
    existing = {str(each[0]) for each in database.column_values("trunks", "trunkid")}
    if not {str(each) for each in trunks} & (existing - disabled):
        return [error("cause.route_without_trunk", number=number, route=shown(first.route))]
    return []
