"""The state of one link for the overview. Each part is read by itself, so that a failure hides no other part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from oml_plugin import settings
from oml_plugin.api import tokens
from oml_plugin.side import OmlSide
from oml_plugin.storage import directory_listing, state_folder
from oml_plugin.storage.database_errors import DatabaseBusy, database_told
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
from pbxlink.link.model import Agent, Link
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reachable:
    """A DID or an agent that the PBX can call. `extension`: its custom extension there, empty where it has none."""

    is_agent: bool
    number: str
    name: str
    extension: str


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
    _directory(status)
    status.token = _told(status, lambda: token_of(link.name))
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
    found = _told(status, _listed)
    if found is not None:
        status.reachable, status.directory_findings = reachable(status.link, found)


def _listed() -> directory.Directory:
    with database_told("directory"):
        return directory_listing.directory()


def reachable(link: Link, found: directory.Directory) -> tuple[list[Reachable], Sequence[Finding]]:
    """The entries of the directory, each with its custom extension on the PBX by this link's rules."""
    findings: Sequence[Finding] = ()
    with suppress(LinkError):
        asked = link.agents.from_directory or link.dids.from_directory
        link, findings = derived_extensions.extended(link, found if asked else None)
    extensions = {extension.send: extension.number for extension in link.extensions}
    listed = [*_dids(found, extensions), *_agents(found.agents, extensions)]
    return listed, findings


def _dids(found: directory.Directory, extensions: dict[str, str]) -> Iterator[Reachable]:
    for route in found.inbound_routes:
        yield Reachable(False, route.did, route.name, extensions.get(route.did, ""))


def _agents(agents: Sequence[Agent], extensions: dict[str, str]) -> Iterator[Reachable]:
    for agent in agents:
        number = numbering.agent_number(agent)
        yield Reachable(True, number, agent.name, extensions.get(number, ""))
