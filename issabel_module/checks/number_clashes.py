"""What stands in the way of a custom extension that is not ours yet, by its number; and what is told of the others.

Who wrote a number down is told of an error. A number that only follows from OML's directory is left out with a warning
instead: one inbound route made there must not keep all others from being linked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from issabel_module.checks import number_sources
from issabel_module.checks.number_sources import RoutePattern, Taken
from issabel_module.checks.situation import Situation
from issabel_module.kinds import remains
from pbxlink.engine.plan import Key
from pbxlink.link.derived_extensions import left_out
from pbxlink.link.numbering import PatternIndex
from pbxlink.messages.findings import Finding, error, term, warning
from pbxlink.messages.masking import shown

Clashes = Mapping[str, Sequence[Finding]]

_ITSELF = {"number.users", "number.devices", "number.findmefollow"}
"""Where an extension that is there stands itself; anything else of its number takes its calls."""
_MOST = 8


def find(it: Situation) -> Clashes:
    """The errors for each new number that is taken."""
    of_links = list(_of_other_links(it))
    theirs = {str(each.values["number"]) for each in of_links}
    new = [number for number in it.new("extension") if number not in theirs]
    by_hand = {number for number in new if it.is_custom_extension(number)}
    found: dict[str, list[Finding]] = {}
    for each in chain(of_links, _taken(it, new, by_hand), _emergencies(it, new)):
        found.setdefault(str(each.values["number"]), []).append(each)
    return found


def _of_other_links(it: Situation) -> Iterator[Finding]:
    """Two OMLs may have the same DID and agents of the same number: the link that came first keeps its extension."""
    for key in it.desired:
        if key.kind == "extension" and key in it.others and key not in it.owned:
            yield error("number.other_link", number=key.name, link=shown(it.others[key]))


def _taken(it: Situation, new: Collection[str], by_hand: Collection[str]) -> Iterator[Finding]:
    """What has a number. A custom extension made by hand is a conflict of its own, with its own ways out."""
    taken = list(_without_repetition(number_sources.taken(it.numbers, new)))
    known = {each.number for each in taken}
    for each in (*taken, *number_sources.in_dialplan(it.ami, [number for number in new if number not in known])):
        is_left = each.kind == "number.findmefollow" or each.name == "ext-findmefollow"
        if not (each.kind in _ITSELF and each.number in by_hand) and not (is_left and it.has_remains(each.number)):
            yield error(each.kind, number=each.number, name=shown(each.name or "-"))


def _without_repetition(taken: Iterable[Taken]) -> Iterator[Taken]:
    """One for an extension, its device and its follow-me."""
    themselves: set[str] = set()
    for each in taken:
        if each.kind not in _ITSELF:
            yield each
        elif each.number not in themselves:
            themselves.add(each.number)
            yield each


def _emergencies(it: Situation, new: Iterable[str]) -> Iterator[Finding]:
    emergency = {
        str(number)
        for number, is_emergency in it.database.column_values("outbound_routes", "route_id", "emergency_route")
        if is_emergency == "YES"
    }
    for number, pattern in _served(it, new if emergency else ()):
        if pattern.route_id in emergency:
            yield error("number.emergency_route", number=number, name=shown(pattern.route))


def _served(it: Situation, numbers: Iterable[str]) -> Iterator[tuple[str, RoutePattern]]:
    """The numbers that an outbound route of somebody else serves: an extension would beat it."""
    ours = {str(row["route_id"]) for image in it.observed.values() for row in image.get("outbound_routes", ())}
    patterns = [each for each in number_sources.route_patterns(it.database) if each.route_id not in ours]
    index = PatternIndex(each.pattern for each in patterns)
    for number in numbers:
        yield from ((number, patterns[place]) for place in index.overlapping(number))


def findings(it: Situation, clashes: Clashes) -> Iterator[Finding]:
    """The findings for all numbers of the link."""
    unasked = {each.number: each for each in it.link.extensions if each.from_directory}
    for number, found in clashes.items():
        if number in unasked:
            yield left_out(unasked[number], term(found[0].code, **found[0].values))
        else:
            yield from found
    there = {key.name for key in it.desired if key.kind == "extension"} - set(it.new("extension"))
    for each in number_sources.taken(it.numbers, there):
        if each.kind not in _ITSELF:
            yield warning(each.kind, number=each.number, name=shown(each.name or "-"))
    yield from _routes_hidden(it, clashes)
    yield from _remains(it, clashes)


def _routes_hidden(it: Situation, clashes: Clashes) -> Iterator[Finding]:
    new = [number for number in it.new("extension") if number not in clashes]
    for number, route in dict.fromkeys((number, pattern.route) for number, pattern in _served(it, new)):
        yield warning("number.outbound_route", number=number, name=shown(route))


def _remains(it: Situation, clashes: Clashes) -> Iterator[Finding]:
    for key, image in it.remains.items():
        if key.name not in clashes:
            listed = [shown(each) for each in remains.places(image)]
            more = ("...",) if len(listed) > _MOST else ()
            yield warning("number.remains", number=key.name, places=(*listed[:_MOST], *more))


def keys_of(clashes: Clashes) -> set[Key]:
    """The extensions that are not made for it."""
    return {Key("extension", number) for number in clashes}
