"""After a `sync`: tells OML which extensions this PBX has for its directory, so that OML's page can show them."""

from __future__ import annotations

import json

from issabel_module.commands import pinned_https
from issabel_module.kinds import extension
from pbxlink import __version__
from pbxlink.engine.engine import Outcome
from pbxlink.engine.plan import Action, Key
from pbxlink.link import directory_report
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, term, warning

_TAKEN = (200, 204)
_UNKNOWN_THERE = 405
"""What an OML whose plugin knows no reports answers to a POST."""


def had(link: Link, outcome: Outcome) -> dict[str, str]:
    """Of the link's extensions those that the PBX has after the apply, by number what they send; not those under whose
    number there is something of somebody else."""
    there = set(outcome.inspection.observed) - {change.key for change in outcome.plan.conflicts}
    for change in outcome.plan.changes:
        there.discard(change.key) if change.action is Action.DELETE else there.add(change.key)
    return {each.number: each.send for each in link.extensions if Key(extension.NAME, each.number) in there}


def send(link: Link, extensions: dict[str, str]) -> list[Finding]:
    """Sends it. A report that does not arrive undoes nothing: it is told, and the next sync sends another."""
    content = json.dumps(directory_report.document(extensions), separators=(",", ":")).encode("utf-8")
    headers = {"Content-Type": "application/json", "User-Agent": f"issabel-omnileads/{__version__}"}
    try:
        status = pinned_https.ask("POST", link.directory, content, headers).status
    except LinkError as problem:
        first = problem.findings[0]
        return [warning("sync.not_reported", url=link.directory.url, reason=term(first.code, **first.values))]
    if status in _TAKEN or status == _UNKNOWN_THERE:
        return []
    return [warning("sync.not_reported", url=link.directory.url, reason=f"HTTP {status}")]
