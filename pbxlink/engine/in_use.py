"""Resources in use: a person gets a finding before one is deleted, an unattended run keeps it."""

from __future__ import annotations

from pbxlink.engine.plan import Action, Plan
from pbxlink.engine.side import Inspection
from pbxlink.messages.findings import Finding, error, warning

_KEPT = "extension"
"""The kind that may stay by itself: a trunk or route that stayed beside its successor would take its calls."""


def without_used(plan: Plan, inspection: Inspection, unattended: bool) -> tuple[Plan, list[Finding]]:
    """The plan, and what leads to what it deletes; unattended, without what is kept until nothing leads to it."""
    goes = {change.key for change in plan.changes if change.action is Action.DELETE and change.before is not None}
    if not unattended:
        return plan, [finding for key, finding in inspection.still_leading.items() if key in goes]
    used = {key: finding for key, finding in inspection.leading.items() if key in goes}
    kept = {key for key in used if key.kind == _KEPT}
    findings = [
        warning("sync.kept_used", **finding.values) if key in kept else error("sync.in_use", **finding.values)
        for key, finding in used.items()
    ]
    return plan.without(kept), findings
