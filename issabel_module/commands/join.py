"""`join`: one invitation of OML, one yes, and the link stands on both sides, proved by calls both ways.

Here is what comes before the yes: both plans are made and shown, and nothing is written on either side. `join_agreed`
is what comes after it.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from issabel_module.commands import join_plans, join_state, link_files, link_places, link_proposal
from issabel_module.commands.join_agreed import AgreedJoin
from issabel_module.commands.join_plans import BothPlans
from issabel_module.commands.join_sides import OmlHalf, PbxHalf, Planned
from issabel_module.commands.join_state import JoinState, Stage
from issabel_module.commands.link_places import Choices, Places
from issabel_module.commands.link_proposal import OmlFacts
from issabel_module.commands.pairing_client import PairingClient, new_job
from pbxlink.console import report
from pbxlink.console.commands import FINDINGS, Commands
from pbxlink.console.output import Output
from pbxlink.link import certificate as certificates
from pbxlink.link import directory as directories
from pbxlink.link import invitation as invitations
from pbxlink.link import link_code, trunk_settings
from pbxlink.link.charset import LINK_NAME, is_host
from pbxlink.link.directory import Directory
from pbxlink.link.invitation import Invitation
from pbxlink.link.model import DirectoryAccess, Link, Media, Registers, Signalling, Technology, Topology
from pbxlink.messages.errors import InvalidInput, Refused, SideUnavailable
from pbxlink.messages.findings import error, errors_of, info, worth_a_look
from pbxlink.messages.masking import shown

if TYPE_CHECKING:
    from issabel_module.commands.pbx_access import PbxAccess

_LARGEST = 16 * 1024


def run(
    options: argparse.Namespace,
    commands: Commands,
    access: PbxAccess,
    probe: Callable[[Technology], tuple[Technology | None, int | None]],
) -> int:
    """Joins, or ends what an earlier run began. `probe` asks the PBX for its driver and port. Raises LinkError."""
    joining = _Joining(options, commands, access, probe)
    invitation = None if options.resume or options.undo else _invitation(options.invitation, commands.output)
    with join_state.alone(access.state_dir):
        return joining.begin(invitation) if invitation else joining.end_earlier()


def _invitation(given: str | None, output: Output) -> Invitation:
    if given is None:
        raise InvalidInput(error("join.no_invitation"))
    return invitations.decode(
        output.pasted("paste.invitation", invitations.is_ended, _LARGEST) if given == "-" else given
    )


class _Joining:
    def __init__(
        self,
        options: argparse.Namespace,
        commands: Commands,
        access: PbxAccess,
        probe: Callable[[Technology], tuple[Technology | None, int | None]],
    ) -> None:
        self._options = options
        self._commands = commands
        self._output = commands.output
        self._probe = probe
        self._state_dir = access.state_dir
        self._pbx = PbxHalf(access, commands, self._state_dir)
        self._agreed_to = AgreedJoin(commands, self._pbx, self._client, self._state_dir)

    def begin(self, invitation: Invitation) -> int:
        self._refuse_existing()
        session = join_state.session_of(self._state_dir, invitation.token)
        client = self._client(invitation.url, invitation.certificate, session)
        redeemed = client.redeem(invitation.token)
        places = self._places(Places(redeemed.peer, redeemed.own_address, invitation.address))
        ended = OmlHalf(client).facts()
        try:
            facts = OmlFacts.of(ended)
            directory = directories.parse(_as_text(ended["directory"]))
        except (KeyError, TypeError, ValueError):
            raise SideUnavailable(error("join.status", url=invitation.url, status="facts")) from None
        access = self._access(invitation, redeemed.directory)
        propose = lambda choices: self._proposed(invitation, facts, places, access, directory, choices)  # noqa: E731
        planned = lambda link: BothPlans(link, *self._planned(link, OmlHalf(client), directory))  # noqa: E731
        return self._show(join_plans.made(_choices(self._options), propose, planned), client, directory, facts)

    def _refuse_existing(self) -> None:
        name = self._options.name
        if name and not LINK_NAME.fullmatch(name):
            raise InvalidInput(error("join.name", name=shown(name)))
        if self._options.link.exists():
            raise InvalidInput(error("join.exists", path=self._options.link))

    def _client(self, url: str, certificate: str, session: str) -> PairingClient:
        progress = lambda step: self._output.progress(step) if step.startswith("step.") else None  # noqa: E731
        return PairingClient(url, certificate, session, self._options.lang, float(self._options.patience), progress)

    def _places(self, found: Places) -> Places:
        """With --pbx-address, or the host of ssh, in the place of this machine's own address."""
        own = self._options.pbx_address or (link_places.host_of_ssh(self._options.host) if self._options.host else "")
        if self._options.host and not own:
            raise InvalidInput(error("init.missing", option="--pbx-address"))
        if own and not is_host(own):
            raise InvalidInput(error("join.address", address=shown(own)))
        return replace(found, own_address=own or link_places.own_address(found))

    def _access(self, invitation: Invitation, path: str) -> DirectoryAccess:
        """OML's directory, at the same server. Its certificate is pinned unless this host's authorities accept it, so
        that it can be renewed."""
        parts = urlsplit(invitation.url)
        pinned = invitation.certificate
        with suppress(OSError):
            pinned = certificates.served(parts.hostname or "", parts.port or 443) and pinned
        return DirectoryAccess(parts._replace(path=path).geturl(), secrets.token_urlsafe(32), pinned)

    def _proposed(
        self, invitation: Invitation, facts: OmlFacts, places: Places, access: DirectoryAccess, directory: Directory,
        choices: Choices,
    ) -> Link:  # fmt: skip
        technology, port = self._probe(Technology(self._options.technology))
        if technology is None:
            raise Refused(error("pbx.no_driver", technology="chan_sip / chan_pjsip"))
        existing = self._pbx.existing()
        names, trunks = link_files.taken(self._options.link)
        existing = replace(existing, links=existing.links | names, trunk_names=existing.trunk_names | trunks)
        name = link_proposal.link_name(self._options.name, facts, existing)
        link = link_proposal.link(
            name, invitation, facts, existing, places, choices, (technology, port or 5060), access, directory
        )
        self._commands.mask(link.secrets)
        return link_proposal.with_free_numbers(link, lambda each: self._pbx.findings(each, directory))

    def _planned(self, link: Link, oml: OmlHalf, directory: Directory) -> tuple[Planned, Planned]:
        return self._pbx.plan(link, directory), oml.plan(self._pbx.for_omnileads(link))

    def _show(self, plans: BothPlans, client: PairingClient, directory: Directory, facts: OmlFacts) -> int:
        link, here, there = plans.link, plans.here, plans.there
        self._output.lines(_summary(link, facts))
        self._output.say("join.pbx_plan", count=len(here.changes))
        self._output.lines(report.title_lines(here.changes, self._output.language))
        self._output.say("join.oml_plan", count=len(there.changes))
        self._output.lines(report.title_lines(there.changes, self._output.language))
        asked = plans.findings
        if errors_of(asked):
            client.undone()
            raise Refused(*asked, info("join.nothing_written"))
        self._output.lines(report.finding_lines([*plans.found, *worth_a_look(asked)], self._output.language))
        state = JoinState(
            link.name, Stage.SHOWN, client.url, client.certificate, client.session, link_code.encode(link),
            _as_text(directories.document(directory)), here.mark, there.mark, new_job(), str(self._options.link),
        )  # fmt: skip
        join_state.begin(self._state_dir, state)
        if not self._agreed():
            self._output.say("join.next")
            self._output.document(
                findings=[*plans.found, *asked], secrets=link.secrets, link=link.name, pbx=here.changes,
                omnileads=there.changes, joined=False,
            )  # fmt: skip
            return FINDINGS
        return self._agreed_to.go_on(state)

    def _agreed(self) -> bool:
        """With --yes, or a yes at the terminal. Where nobody can be asked, the plan is kept for `--resume --yes`."""
        if self._options.yes:
            return True
        return not self._output.as_json and sys.stdin.isatty() and self._output.agreed("join.question")

    def end_earlier(self) -> int:
        state = join_state.find(self._state_dir, self._options.name)
        self._options.link = Path(state.link_file)
        self._commands.mask((state.session, *link_code.decode(state.code).secrets))
        if self._options.undo or state.stage is Stage.UNDOING:
            return self._agreed_to.undo(state)
        if state.stage is Stage.SHOWN and not self._agreed():
            raise InvalidInput(error("apply.needs_yes"))
        return self._agreed_to.go_on(state)


def _choices(options: argparse.Namespace) -> Choices:
    return Choices(
        Topology(options.topology) if options.topology else None,
        Signalling(options.signalling), Media(options.media),
        Registers(options.registers) if options.registers else None,
        options.pstn, options.host, options.pbx_address,
    )  # fmt: skip


def _summary(link: Link, facts: OmlFacts) -> Iterator[str]:
    yield f"   {facts.product}"
    yield from (f"   {where}: {value}" for where, value in trunk_settings.agreed_values(link))


def _as_text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)
