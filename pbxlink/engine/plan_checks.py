"""The findings that follow from a plan itself: conflicts, too large a change, resources of other links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pbxlink.engine.conflict_lines import conflict_lines
from pbxlink.engine.differences import Differences
from pbxlink.engine.large_change import is_large
from pbxlink.engine.plan import Plan
from pbxlink.engine.side import Inspection
from pbxlink.link.free_name import free_name
from pbxlink.messages.findings import Finding, Severity, error
from pbxlink.messages.masking import shown


def of_other_links(inspection: Inspection) -> Iterator[Finding]:
    """Resources of another link are neither adopted nor overwritten: removing one link would remove the other's."""
    for key in sorted((inspection.desired.keys() & inspection.others.keys()) - inspection.owned.keys()):
        there = {*inspection.others, *inspection.observed, *inspection.desired}
        free = free_name(key.name, [each.name for each in there if each.kind == key.kind])
        yield error("owned.other_link", key=key, other=shown(inspection.others[key]), free=free)


def unpublished(plan: Plan, inspection: Inspection) -> Iterator[Finding]:
    """A finding for each resource that an apply publishes again without writing it."""
    written = {change.key for change in plan.writes}
    yield from (finding for key, finding in inspection.unpublished.items() if key not in written)


def too_large(plan: Plan, inspection: Inspection) -> Iterator[Finding]:
    """An error where the plan would change or delete a large part of what is ours."""
    touched, ours = plan.touched(inspection.owned), len(inspection.owned)
    if is_large(touched, ours):
        yield error("plan.too_large", touched=touched, owned=ours)


def conflicts(plan: Plan, inspection: Inspection) -> Iterator[Finding]:
    """A finding for each resource of others under a wanted name; a warning where the link file does not name it. Those
    of other links have a finding of their own: they can neither be adopted nor replaced."""
    for change in (each for each in plan.conflicts if each.key not in inspection.others):
        differing = Differences(conflict_lines(change))
        told = error("plan.conflict", key=change.key, typed=str(change.key), differences=differing)
        yield replace(told, severity=Severity.WARNING) if change.key in inspection.unasked else told
