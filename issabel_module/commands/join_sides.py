"""What `join` does on each side: plan, apply, take back, prove."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from issabel_module.commands import directory_cache
from issabel_module.commands.directory_cache import Kept
from issabel_module.commands.pairing_client import Ended, PairingClient
from issabel_module.commands.pbx_access import for_omnileads
from pbxlink.asterisk.trial_call import Reach
from pbxlink.console import report
from pbxlink.console.commands import DONE, ERROR, Commands
from pbxlink.engine.engine import Engine, Outcome
from pbxlink.link import derived_extensions, link_code, link_file
from pbxlink.link.directory import Directory
from pbxlink.link.model import Link
from pbxlink.messages.errors import ApplyFailed, InvalidInput, LinkError, NotRestored, Refused, SideUnavailable
from pbxlink.messages.findings import Finding, error, errors_of

if TYPE_CHECKING:
    from issabel_module.checks.existing import Existing
    from issabel_module.commands.pbx_access import PbxAccess
    from issabel_module.side import PbxSide

_TO_OML, _TO_PBX = "pbx->oml", "oml->pbx"
_NOT_YET = (Reach.UNREACHABLE.value, Reach.NOT_LOADED.value, Reach.NOT_REGISTERED.value)
_TRIES, _PAUSE_SECONDS = 5, 2.0
"""A trunk that was just made is unreachable until its first ping is answered."""
_TIMES_TO_REGISTER = 3
"""So many times as often where nobody has registered yet: OML tries again after 20 seconds."""


@dataclass(frozen=True)
class Planned:
    """A side's plan: its changes as in `--json`, and the mark by which it is known again. The link is the same when it
    is applied, so that on the PBX it is enough to know what is done to which resources."""

    changes: Sequence[Mapping[str, Any]]
    findings: Sequence[Finding]
    mark: str
    is_far_end_silent: bool
    """Whether nothing answers SIP where the link has the other side."""


@dataclass(frozen=True)
class Proof:
    """What a call from this side showed; `document` as in `--json`."""

    document: Mapping[str, Any]
    findings: Sequence[Finding]

    @property
    def is_authenticated(self) -> bool:
        """Whether the call got through the challenge."""
        return self.document.get("state") == Reach.AUTHENTICATED.value

    @property
    def evidence(self) -> str:
        """The answers that show it."""
        return str(self.document.get("evidence", ""))


def _proved(place: Callable[[], Proof]) -> Proof:
    for count in range(1, _TRIES * _TIMES_TO_REGISTER + 1):
        proof = place()
        state = proof.document.get("state")
        if state not in _NOT_YET or (count >= _TRIES and state != Reach.NOT_REGISTERED.value):
            break
        time.sleep(_PAUSE_SECONDS)
    return proof


@dataclass
class PbxHalf:
    """The PBX."""

    access: PbxAccess
    commands: Commands
    state_dir: Path
    _sides: dict[str, PbxSide] = field(default_factory=dict)

    def existing(self) -> Existing:
        """What it has already."""
        return self._side(Link.named("")).existing()

    def findings(self, link: Link, directory: Directory) -> Sequence[Finding]:
        """What its checks find about the link."""
        extended, early = derived_extensions.extended(link, directory)
        return [*early, *self._side(link).inspect(extended).findings]

    def plan(self, link: Link, directory: Directory) -> Planned:
        """What an apply would do."""
        extended, early = derived_extensions.extended(link, directory)
        outcome = self._engine(link).plan(extended)
        changes = report.change_documents(outcome.plan.changes, self.commands.output.language)
        is_silent = any(each.code == "pbx.port_silent" for each in outcome.findings)
        return Planned(changes, [*early, *outcome.findings], report.outline_of(outcome.plan), is_silent)

    def for_omnileads(self, link: Link) -> Link:
        """The link as OML gets it."""
        return for_omnileads(self._side(link).settled_with_port(link))

    def apply(self, link: Link, directory: Directory, path: Path, mark: str) -> None:
        """Applies the plan that was shown, after whatever an interrupted run left is put back; writes the link file.

        Raises LinkError; the PBX is then as before but for the link file, unless it is NotRestored.
        """
        link_file.write(path, link)
        side = self._side(link)
        self.commands.recover_others(side, link)
        extended, _early = derived_extensions.extended(link, directory)
        self._engine(link).apply(extended, agreed=lambda outcome: _as_shown(outcome, mark))

    def keep_directory(self, link: Link, directory: Directory) -> None:
        """Stores the directory that was applied, as `sync` does."""
        path = directory_cache.path_of(self.state_dir, link.name)
        with directory_cache.alone(path):
            directory_cache.prepare(path, Kept(directory, time.time())).replace(path)

    def remove(self, link: Link, path: Path) -> None:
        """Takes away what is there of the link: rows, link file, stored directory."""
        side = self._side(link)
        self.commands.recover_others(side, link)
        self._engine(link).apply(link, removing=True)
        directory_cache.path_of(self.state_dir, link.name).unlink(missing_ok=True)
        if path.exists() and _is_of(link, path):
            path.unlink()

    def verify(self, link: Link) -> Proof:
        """Calls OML."""
        return _proved(lambda: self._called(link))

    def _called(self, link: Link) -> Proof:
        verdict = next(each for each in self._side(link).verify(link) if each.direction == _TO_OML)
        return Proof(verdict.document(), [verdict.finding()])

    def _engine(self, link: Link) -> Engine:
        return self.commands.engine(self._side(link), link)

    def _side(self, link: Link) -> PbxSide:
        if link.name not in self._sides:
            self._sides[link.name] = self.access.connect(link)
        return self._sides[link.name]


def _as_shown(outcome: Outcome, mark: str) -> bool:
    if report.outline_of(outcome.plan) != mark:
        raise Refused(error("plan.changed"))
    return True


def _is_of(link: Link, path: Path) -> bool:
    try:
        return link_file.read(path).name == link.name
    except InvalidInput:
        return False


@dataclass(frozen=True)
class OmlHalf:
    """OML, by its pairing API."""

    client: PairingClient

    def facts(self) -> Mapping[str, Any]:
        """What it tells of itself. Raises SideUnavailable where it cannot."""
        ended = self.client.run("facts")
        found = ended.document.get("facts")
        if ended.code != DONE or not isinstance(found, Mapping):
            raise SideUnavailable(*_why(ended))
        return found

    def plan(self, link: Link) -> Planned:
        """What an apply of the link would do there. Raises SideUnavailable where the plan did not come to its end."""
        ended = self.client.run("plan", code=link_code.encode(link))
        if ended.code is None or (ended.code == ERROR and not errors_of(ended.findings)):
            raise SideUnavailable(*_why(ended))
        mark, is_silent = str(ended.document.get("mark", "")), ended.has("oml.pbx_silent")
        return Planned(ended.document.get("changes", ()), ended.findings, mark, is_silent)

    def apply(self, job: str, mark: str) -> LinkError | None:
        """Applies what was planned; None where that is done, else why not: OML is as before, unless it is NotRestored.

        Raises SideUnavailable where it is not known how it ended.
        """
        ended = self.client.run("apply", job, mark=mark)
        if ended.code == DONE:
            return None
        if ended.code is None:
            recovered = self.client.run("recover")
            failed = recovered.code != DONE
            return NotRestored(*_why(recovered)) if failed else ApplyFailed(error("join.oml_died"))
        return (NotRestored if ended.has("apply.not_restored") else ApplyFailed)(*_why(ended))

    def remove(self) -> None:
        """Takes away what is there of the link. Raises SideUnavailable where it could not."""
        ended = self.client.run("remove")
        if ended.code != DONE:
            raise SideUnavailable(*_why(ended))

    def verify(self) -> Proof:
        """Lets OML call the PBX."""
        return _proved(self._called)

    def _called(self) -> Proof:
        ended = self.client.run("verify")
        directions = [each for each in ended.document.get("directions", ()) if isinstance(each, Mapping)]
        found: Mapping[str, Any] = next((each for each in directions if each.get("direction") == _TO_PBX), {})
        return Proof(found, list(_of_direction(ended)) if found else _why(ended))


def _of_direction(ended: Ended) -> Iterator[Finding]:
    """Without that the other direction cannot be tried from there: it is tried from here."""
    for finding, document in zip(ended.findings, ended.document.get("findings", ())):
        if document.get("code") != "verify.not_tried":
            yield finding


def _why(ended: Ended) -> Sequence[Finding]:
    return ended.findings or [error("join.oml_died")]
