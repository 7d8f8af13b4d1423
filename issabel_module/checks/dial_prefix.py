"""The prefix with which custom extensions dial the outbound route of ours that leads them to OML, and which it cuts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from issabel_module.checks import number_sources
from issabel_module.kinds import route as routes
from issabel_module.storage.database import Database
from pbxlink.engine.plan import Image
from pbxlink.link import numbering

_CANDIDATES = tuple(chain((f"*06{digit}" for digit in "6789"), (f"*0{pair}" for pair in ("55", "44", "33", "22"))))
"""Four characters at most: `devices.dial` holds 50 on Issabel, of which the number may take 30."""


def chosen(database: Database, route: str, known: Iterable[Image | None]) -> str:
    """The prefix that the route of that name has in one of `known`, so that it stays once it is chosen; else the first
    with which no code of the PBX and no pattern of another route begins. Where all are taken any will do: the dial
    string names the route itself, so that nothing else is asked."""
    kept = next((prefix for image in known if image for prefix in _prefixes(image)), None)
    if kept is not None:
        return kept
    taken = number_sources.beginning(database, "*")
    patterns = [each.pattern for each in number_sources.route_patterns(database) if each.route != route]
    return next((each for each in _CANDIDATES if _is_free(each, taken, patterns)), _CANDIDATES[0])


def _prefixes(image: Image) -> list[str]:
    rows = image.get("outbound_route_patterns", ())
    return [
        str(row["match_pattern_prefix"])
        for row in rows
        if row["match_pattern_pass"] == routes.ANYTHING and str(row["match_pattern_prefix"] or "").startswith("*")
    ]


def _is_free(prefix: str, taken: Iterable[str], patterns: Iterable[str]) -> bool:
    dialled = prefix + routes.ANYTHING
    overlapping = (pattern for pattern in patterns if pattern.startswith("*") and numbering.overlap(pattern, dialled))
    return not any(number.startswith(prefix) for number in taken) and not any(overlapping)
