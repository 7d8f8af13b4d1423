"""What a plan tells of failing calls: what is not there, what is not as the link says, and what only waits."""

from __future__ import annotations

from collections.abc import Iterator

from pbxlink.engine.differences import cell_shown, changed_cells, is_list, list_lines, named_cells
from pbxlink.engine.engine import Outcome
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change
from pbxlink.engine.resource_term import resource_term
from pbxlink.messages.findings import Finding, error

_TRUNK = "trunk"
_MOST_CELLS = 6


def of_plan(outcome: Outcome) -> Iterator[Finding]:
    """The findings of the plan, and one for each change that an apply would make."""
    codes = {finding.code for finding in outcome.findings}
    for finding in outcome.findings:
        waits = finding.code == "publish.missing" and "reload.pending" in codes
        yield error("cause.pending", **finding.values) if waits else finding
    for change in outcome.plan.changes:
        yield from _of_change(outcome, change)


def _of_change(outcome: Outcome, change: Change) -> Iterator[Finding]:
    resource = resource_term(change.key)
    inspection = outcome.inspection
    if change.key not in inspection.desired:  # what goes with something that is to go explains no failing call
        return
    if change.action is Action.UPDATE:
        tables = [table for table in change.after or {} if changed_cells(change, table)]
        if tables and all(table.startswith("astdb") for table in tables):
            yield error(
                "cause.astdb", resource=resource, count=sum(len(changed_cells(change, each)) for each in tables)
            )
        else:
            code = "cause.differs" if change.key.kind == _TRUNK else "cause.resource_differs"
            yield error(code, resource=resource, cells="; ".join(_cells(change)) or "-")
    elif change.action is Action.CREATE and not {change.key} & {*inspection.owned, *inspection.unasked}:
        yield error("cause.not_applied", resource=resource)


def _cells(change: Change) -> list[str]:
    """What differs, as the link wants it last; secrets only by their names."""
    before, after = hide(change.before) or {}, hide(change.after) or {}
    lines: list[str] = []
    for table in after:
        rows = before.get(table, ()), after[table]
        if is_list(*rows):
            lines += list_lines(*rows)
            continue
        old, new = map(named_cells, rows)
        lines += [
            f"{name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in changed_cells(change, table)
        ]
    return lines[:_MOST_CELLS]
