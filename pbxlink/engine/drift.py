"""Drift: a resource of ours differs from what we last wrote. Shown cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

from pbxlink.engine.differences import Differences, differences
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Image, Key, Plan, covers
from pbxlink.engine.side import Inspection
from pbxlink.messages.findings import Finding, info, warning

_OF_REMOVAL = {"drift.gone": "removal.gone", "drift.changed": "removal.changed"}


def drift(inspection: Inspection) -> Iterator[Finding]:
    """One finding for each resource of ours that somebody changed or deleted.

    A changed secret does not count: it is masked on both sides. The plan sees it and corrects it.
    """
    for key, last in sorted(inspection.owned.items(), key=lambda item: (item[0].kind, item[0].name)):
        found = hide(inspection.observed.get(key))
        if found is None:
            yield warning("drift.gone", key=key)
            continue
        was = _as_written(inspection, key, found, last)
        if key in inspection.drift_words:
            yield inspection.drift_words[key]
        elif was is not None:
            yield warning("drift.changed", key=key, cells=Differences(differences(was, found)))


def of_removal(plan: Plan, inspection: Inspection) -> Iterator[Finding]:
    """The same of what the plan of a removal deletes: nothing is put back, and what a side has words of its own for
    makes no difference any more."""
    deleted = {change.key for change in plan.changes if change.action is Action.DELETE}
    for finding in drift(inspection):
        if finding.values["key"] in deleted and finding.code in _OF_REMOVAL:
            told = info if finding.code == "drift.gone" else warning
            yield told(_OF_REMOVAL[finding.code], **finding.values)


def changed_by_people(plan: Plan, inspection: Inspection) -> set[Key]:
    """What the plan would change or delete although somebody else changed or deleted it since we wrote it; told by
    what is there, or (of a secret, which is masked in what we remember) by what the link wants being as it was."""
    drifted = {finding.values["key"] for finding in drift(inspection)}
    return {
        change.key
        for change in plan.writes
        if change.key in inspection.owned
        and (change.before is not None or change.after is not None)
        and (change.key in drifted or _wants_as_before(inspection, change))
    }


def _wants_as_before(inspection: Inspection, change: Change) -> bool:
    wanted = hide(change.after)
    last = inspection.owned[change.key]
    return wanted is not None and _as_written(inspection, change.key, wanted, last) is None


def _as_written(inspection: Inspection, key: Key, found: Image, last: Image) -> Image | None:
    """What was found with what is ours as we last wrote it; None where that is no difference."""
    own = inspection.own.get(key.kind)
    if own is not None:
        return own.differs(key.name, found, last)
    return None if covers(found, last) else last
