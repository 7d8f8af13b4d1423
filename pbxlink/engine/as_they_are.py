"""What the checks before a removal found, for who only looks: that something is used is what it is for."""

from __future__ import annotations

from collections.abc import Iterable

from pbxlink.messages.findings import Finding

_ONLY_WHEN_REMOVING = frozenset({"pbx.trunk_in_use", "oml.trunk_in_use", "oml.route_in_use"})


def as_they_are(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without what stands only in the way of a removal."""
    return [each for each in findings if each.code not in _ONLY_WHEN_REMOVING]
