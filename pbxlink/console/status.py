"""What `status` says: an interrupted run first, then what is ours, what is found about it, and what is not linked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pbxlink.engine.as_they_are import as_they_are
from pbxlink.engine.drift import drift
from pbxlink.engine.journal import Journal
from pbxlink.engine.plan import Key
from pbxlink.engine.side import Side
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, info


@dataclass(frozen=True)
class Status:
    """`unfinished` is said first: what follows it may be half of something."""

    unfinished: Sequence[Finding]
    owned: Sequence[Key]
    findings: Sequence[Finding]


def of(side: Side, journal: Journal, link: Link, extended: Callable[[], tuple[Link, list[Finding]]]) -> Status:
    """The link's state on this side; `extended` gives it with the extensions of OML's directory."""
    unfinished = journal.unfinished()
    inspection = side.inspect(link, removing=True)
    seen = [*as_they_are(inspection.findings), *drift(inspection)]
    seen += (info("usage.led_to", **finding.values) for finding in inspection.leading.values())
    seen += inspection.unpublished.values()
    nothing = [] if unfinished else [info("status.nothing", link=link.name)]
    findings = [*(seen if inspection.owned else nothing), *_not_linked(side, link, extended)]
    return Status(unfinished, sorted(inspection.owned), findings)


def _not_linked(side: Side, link: Link, extended: Callable[[], tuple[Link, list[Finding]]]) -> list[Finding]:
    """What of OML's directory is not linked, and why."""
    if not (link.agents.from_directory or link.dids.from_directory):
        return []
    with suppress(LinkError):  # a directory that was never asked for is no reason not to show what there is
        whole, early = extended()
        return [
            *early,
            *(each for each in side.inspect(whole, asking=False).findings if each.code == "directory.left_out"),
        ]
    return []
