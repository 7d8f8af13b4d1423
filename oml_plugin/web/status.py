"""The state of one link for the overview. Each part is read by itself, so that a failure hides no other part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from oml_plugin import settings
from oml_plugin.api import tokens
from oml_plugin.side import OmlSide
from oml_plugin.storage import directory_listing, directory_reports, state_folder
from oml_plugin.storage.database_errors import DatabaseBusy, database_told
from oml_plugin.storage.directory_reports import Report
from oml_plugin.storage.seen_state import Trunk
from oml_plugin.web import looking
from oml_plugin.web.looking import Looking
from pbxlink.asterisk import pjsip
from pbxlink.engine.as_they_are import as_they_are
from pbxlink.engine.drift import drift
from pbxlink.engine.journal import Journal
from pbxlink.engine.plan import Key
from pbxlink.engine.side import Inspection
from pbxlink.link import derived_extensions, directory, numbering, trunk_settings
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reachable:
    """A DID or an agent that the PBX can call. `extension`: its custom extension there as the PBX said after its last
    sync; `wanted`: the one that it will have by this link's rules. Empty where it has none."""

    is_agent: bool
    number: str
    name: str
    extension: str
    wanted: str


@dataclass
class Status:
    """The data of the overview. Parts that could not be read are empty, and `findings` says why."""

    link: Link
    findings: list[Finding] = field(default_factory=list)
    described: dict[str, str] = field(default_factory=dict)
    agreed: Sequence[tuple[str, str]] = ()
    owned: Sequence[Key] = ()
    looking: Looking | None = None
    seen: Sequence[dict[str, str]] = ()
    """Findings of the last look at Asterisk."""
    is_unfinished: bool = False
    reachable: Sequence[Reachable] = ()
    reported: datetime | None = None
    """When the PBX said what it has; None where it never did."""
    directory_findings: Sequence[Finding] = ()
    token: Any = None

    @property
    def trunk(self) -> Trunk | None:
        """The link's trunk as Asterisk had it loaded."""
        return self.looking.seen.trunks.get(self.link.omnileads.trunk) if self.looking else None

    @property
    def is_reachable(self) -> bool:
        """Whether Asterisk's pings were answered; calls may still fail."""
        return self.trunk is not None and pjsip.is_reachable(self.trunk.status)


def of(link: Link) -> Status:
    """The present state. Asks nobody but the database; what Asterisk has is as it was seen last. Raises DatabaseBusy,
    no other LinkError."""
    status = Status(link, agreed=list(trunk_settings.agreed_values(link)))
    status.findings += state_folder.problems(state_folder.state_dir())
    _journal(status)
    _resources(status)
    _trunk(status)
    status.token = _told(status, lambda: token_of(link.name))
    _directory(status)
    return status


def journal_of(link: Link) -> Journal:
    """The link's journal on this side."""
    return Journal(state_folder.state_dir() / "journal", OmlSide.name, link.name)


def token_of(name: str) -> Any:
    """The times of the link's token (`created`, `last_used`); None where there is none."""
    with database_told("token"):
        return tokens.describe(name)


def _told(status: Status, part: Callable[[], _T]) -> _T | None:
    try:
        return part()
    except DatabaseBusy:
        raise  # each further part would wait for it again
    except LinkError as problem:
        status.findings += problem.findings
        return None


def _journal(status: Status) -> None:
    unfinished = _told(status, journal_of(status.link).unfinished)
    if unfinished:
        status.is_unfinished = True
        status.findings[:0] = unfinished


def _resources(status: Status) -> None:
    side = _told(status, lambda: OmlSide(settings.read(), status.link.name, asks_asterisk=False))
    seen = _told(status, lambda: _inspected(side, status.link)) if side else None
    if side is None or seen is None:
        return
    status.described = dict(side.describe())
    status.owned = sorted(seen.owned)
    status.findings += as_they_are(seen.findings)
    status.findings += drift(seen)


def _inspected(side: OmlSide, link: Link) -> Inspection:
    with database_told("inspect"):
        return side.inspect(link, removing=True)


def _trunk(status: Status) -> None:
    status.looking = found = looking.now()
    status.findings += found.problems
    status.seen = found.findings([*found.seen.findings, *found.seen.unpublished.get(status.link.name, ())])


def _directory(status: Status) -> None:
    read = _told(status, lambda: _listed(status.link.name))
    if read is not None:
        found, report = read
        status.reported = report.at if report else None
        there = report.by_sent() if report else {}
        given = tokens.deriving(status.link) if status.token else status.link
        status.reachable, status.directory_findings = reachable(given, found, there)


def _listed(name: str) -> tuple[directory.Directory, Report | None]:
    with database_told("directory"):
        return directory_listing.directory(), directory_reports.read(name)


def reachable(
    link: Link, found: directory.Directory, there: Mapping[str, str]
) -> tuple[list[Reachable], Sequence[Finding]]:
    """The entries of the directory, each with its custom extension on the PBX: that which is `there` (by the number
    that it sends), and that which follows from the link's rules."""
    findings: Sequence[Finding] = ()
    with suppress(LinkError):
        asked = link.agents.from_directory or link.dids.from_directory
        link, findings = derived_extensions.extended(link, found if asked else None)
    wanted = {extension.send: extension.number for extension in link.extensions}
    return [
        Reachable(is_agent, number, name, there.get(number, ""), wanted.get(number, ""))
        for is_agent, number, name in _entries(found)
    ], findings


def _entries(found: directory.Directory) -> Iterator[tuple[bool, str, str]]:
    for route in found.inbound_routes:
        yield False, route.did, route.name
    for agent in found.agents:
        yield True, numbering.agent_number(agent), agent.name
