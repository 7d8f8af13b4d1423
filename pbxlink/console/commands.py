"""The commands that both sides have, with their options, output and exit codes.

Exit codes: 0 done or nothing to do; 2 `plan` has changes, or `check` or `verify` found something; 1 error; 64 usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from pbxlink.console import glance, last_proof, plan_lines, report, status
from pbxlink.console.options import COMMON as COMMON
from pbxlink.console.output import Output
from pbxlink.engine.conflict_lines import conflict_lines
from pbxlink.engine.differences import Differences
from pbxlink.engine.engine import Consent, Engine, Outcome
from pbxlink.engine.journal import Journals
from pbxlink.engine.plan import Change, Key
from pbxlink.engine.side import Side
from pbxlink.link import derived_extensions, directory, link_code, link_file, rules, trunk_settings
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import Finding, error, errors_of, info, of_system_error, worth_a_look
from pbxlink.messages.masking import masked

DONE, ERROR, FINDINGS = 0, 1, 2


class Commands:
    """The common commands for one side. `connect` connects to the side when a command needs it."""

    side_name = "pbx"

    def __init__(
        self, options: argparse.Namespace, connect: Callable[[Link | None], Side], out: TextIO, err: TextIO
    ) -> None:
        self._options = options
        self._connect = connect
        self._out = Output(options.lang, options.json, out, err)
        self._secrets: Sequence[str] = ()
        self._done_for = ""

    def run(self, name: str) -> int:
        """Runs the command and returns its exit code; errors are printed, none is raised."""
        return self.guarded(getattr(self, "_" + name))

    @property
    def output(self) -> Output:
        """Where this run writes."""
        return self._out

    def mask(self, secrets: Sequence[str]) -> None:
        """From here on these are masked in everything that is printed."""
        self._secrets = (*self._secrets, *secrets)

    def guarded(self, command: Callable[[], int]) -> int:
        """Runs a command, prints its errors and returns its exit code."""
        try:
            return command()
        except LinkError as problem:
            return self._fail(problem.findings)
        except KeyboardInterrupt as problem:
            return self._fail([error("interrupted", signal=str(problem) or "SIGINT")])
        except OSError as problem:
            return self._fail([of_system_error(problem)])

    def _fail(self, findings: Sequence[Finding]) -> int:
        self._out.document(findings=findings, secrets=self._secrets)
        if not self._out.as_json:
            for line in report.finding_lines(findings, self._out.language):
                print(masked(line, self._secrets), file=self._out.err)
        return ERROR

    def _link(self) -> tuple[Link, list[Finding]]:
        link = self.link()
        found, told = self._directory(link)
        if found is None and not getattr(self._options, "derives_extensions", False):
            return link, []
        extended, findings = derived_extensions.extended(link, found)
        return extended, [*told, *findings]

    def link(self) -> Link:
        """The link as it is written. From here on its secrets are masked in everything that is printed."""
        link = self._read_link()
        self._secrets = link.secrets
        found_link = getattr(self._options, "found_link", None)
        if found_link:
            found_link(link)
        return link

    def _directory(self, link: Link) -> tuple[directory.Directory | None, list[Finding]]:
        """The directory of --directory; else the side's own (see `issabel_module.commands.sync`)."""
        if self._options.directory is not None:
            return directory.parse(_content(self._options.directory)), []
        own = getattr(self._options, "own_directory", None)
        return own(link) if own else (None, [])

    def _read_link(self) -> Link:
        code = getattr(self._options, "code", None)
        if code is None:
            return link_file.read(self._options.link)
        return link_code.decode(sys.stdin.read() if code == "-" else code)

    def engine(self, side: Side, link: Link) -> Engine:
        """The engine for the link on the side, with the journal of this run's state folder."""
        return Engine(side, self._journals.of(side.name, link.name), self._out.progress)

    @property
    def _journals(self) -> Journals:
        make = getattr(self._options, "journals", Journals)
        made: Journals = make(Path(self._options.state_dir / "journal"))
        return made

    def _planned(self, removing: bool = False) -> tuple[Link, Side, Outcome, list[Finding]]:
        link, early = self._link()
        side = self._connect(link)
        outcome = self.engine(side, link).plan(link, removing, self._consent())
        return link, side, outcome, [*early, *outcome.findings]

    def _check(self) -> int:
        link, side, _, findings = self._planned()
        self._out.lines(f"   {where}: {value}" for where, value in trunk_settings.agreed_values(link))
        lacks = list(rules.not_yet(link, side.name))
        self._show([*findings, *lacks], ())
        serious = worth_a_look(findings)
        if not serious:
            self._out.say("check.but" if lacks else "check.well", side=text(f"side.{side.name}", self._out.language))
        return FINDINGS if serious else DONE

    def _plan(self) -> int:
        _, _, outcome, findings = self._planned()
        self._show(findings, outcome.plan.changes)
        if errors_of(findings):
            return ERROR
        if not outcome.has_work:
            self._out.say("plan.nothing")
        return FINDINGS if outcome.has_work else DONE

    def _apply(self) -> int:
        return self._do(removing=False)

    def _remove(self) -> int:
        return self._do(removing=True)

    def _do(self, removing: bool) -> int:
        link, early = (self._link_here(), []) if removing else self._link()
        self._done_for = link.name
        if errors_of(early):
            return self._fail(early)
        self._out.lines(self._plain(report.finding_lines(early, self._out.language)))
        side = self._connect(link)
        self.recover_others(side, link)
        outcome = self.engine(side, link).apply(link, removing, self._agree, self._consent())
        if not outcome.has_work:
            self._out.lines(self._plain(report.finding_lines(worth_a_look(outcome.findings), self._out.language)))
            self._out.say("plan.nothing")
        elif outcome.applied:
            self._out.lines(self._plain(report.finding_lines(outcome.activation_findings, self._out.language)))
            done = "remove.done" if removing else "apply.done" if outcome.plan else "publish.done"
            self._out.say(done, count=len(outcome.plan.changes))
        if removing and outcome.applied:
            last_proof.forget(self._options.state_dir, side.name, link.name)
        changes = outcome.plan.changes if outcome.applied else ()
        self._out.document(
            findings=[*early, *outcome.findings], changes=changes, secrets=self._secrets, applied=outcome.applied
        )
        applied = getattr(self._options, "applied", None)
        if applied:
            applied(link, outcome)
        return DONE if outcome.applied or not outcome.has_work else FINDINGS

    def _consent(self) -> Consent:
        unattended = bool(getattr(self._options, "unattended", False))
        return Consent(frozenset(self._options.replace), self._options.force, self._options.adopted, unattended)

    def recover_others(self, side: Side, link: Link) -> int:
        """What runs of other links on this side left unfinished; their locks are the same, so none is under way."""
        others = [name for name in self._journals.open_links(side.name) if name != link.name]
        for name in others:
            other = self._named(name) or replace(link, name=name)
            self.engine(self._connect(other), other).recover_alone(other)
        return len(others)

    def _recover(self) -> int:
        link = self._link_here()
        side = self._connect(link)
        count = self.recover_others(side, link)
        count += self.engine(side, link).recover_alone(link) is not None
        self._out.say("recover.done" if count else "recover.nothing")
        self._out.document(secrets=self._secrets, recovered=count)
        return DONE

    def _adopt(self) -> int:
        link, early = self._link()
        if errors_of(early):
            return self._fail(early)
        side = self._connect(link)
        former = getattr(self._options, "from")
        if former:
            self.recover_others(side, link)
            self._out.say("adopt.taken", link=former, count=self.engine(side, link).take_from(former))
        outcome = self.engine(side, link).adopt(link, self._options.replace)
        changes = outcome.plan.changes
        self._out.lines(self._plain(self._change_lines(changes)))
        still = [info("adopt.differs", key=key, cells=cells) for key, cells in _differing(outcome)]
        still = [*outcome.findings, *still]
        self._out.lines(self._plain(report.finding_lines([*early, *still], self._out.language)))
        self._out.say("adopt.done" if changes else "adopt.nothing", count=len(changes))
        self._out.document(findings=[*early, *still], changes=changes, secrets=self._secrets)
        return DONE

    def _link_here(self) -> Link:
        """The link of --of, or as it is written; where its file is lost, the one that owns something on this side.

        Raises InvalidInput where there is none of these, or several.
        """
        if self._options.of:
            return self._named(self._options.of) or Link.named(self._options.of)
        try:
            return self.link()
        except InvalidInput as problem:
            if [each.code for each in problem.findings] != ["linkfile.missing"]:
                raise
            side = self._connect(Link.named(""))
            known = sorted({*side.links(), *self._journals.open_links(side.name)})
            if not known:
                raise
            if len(known) > 1:
                raise InvalidInput(*problem.findings, error("owned.which", links=", ".join(known))) from problem
            self._out.lines(report.finding_lines([info("owned.only", link=known[0])], self._out.language))
            return Link.named(known[0])

    def _named(self, name: str) -> Link | None:
        """The link of that name as this side keeps it; None where it keeps none."""
        find = getattr(self._options, "link_named", None)
        found: Link | None = find(name) if find else None
        if found is not None:
            self._secrets = (*self._secrets, *found.secrets)
        return found

    def _agree(self, outcome: Outcome) -> bool:
        self._out.lines(self._plain(report.finding_lines(outcome.findings, self._out.language)))
        self._out.lines(self._plain(self._change_lines(outcome.plan.changes)))
        return self._options.yes or self._out.agreed("apply.question")

    def _plain(self, lines: Iterable[str]) -> Iterable[str]:
        return (masked(line, self._secrets) for line in lines)

    def _change_lines(self, changes: Sequence[Change]) -> Iterator[str]:
        """The plan, and how to see what is behind it."""
        yield from plan_lines.lines(changes, self._out.language, self._options.rows)
        if not self._options.rows and any(change.writes for change in changes):
            yield f"   ({text('line.rows', self._out.language)})"

    def _verify(self) -> int:
        link = self.link()
        self._out.progress("step.verify")
        verdicts = self._connect(link).verify(link, self._options.call)
        findings = [verdict.finding() for verdict in verdicts]
        directions = [verdict.document() for verdict in verdicts]
        last_proof.keep(self._options.state_dir, self.side_name, link.name, directions)
        self._out.lines(report.finding_lines(findings, self._out.language))
        self._out.document(findings=findings, secrets=self._secrets, directions=directions)
        return FINDINGS if worth_a_look(findings) else DONE

    def _diagnose(self) -> int:
        from pbxlink.console import diagnose

        if self._options.join:
            return FINDINGS if diagnose.join(self._options.join, self._out) else DONE
        try:
            link, _ = self._link()
        except LinkError:  # without OML's directory the rest can be seen all the same
            link = self.link()
        ask_far = getattr(self._options, "ask_far", None)
        far = ask_far(link) if ask_far else None
        try:
            self._out.progress("step.diagnose")
            side = self._connect(link)
            outcome = self.engine(side, link).plan(link)
            number = self._options.number or self._options.call
            may_come = far.is_under_way if far else diagnose.until(self._options.listen)
            found = diagnose.walked(side, link, outcome, number, may_come)
        except LinkError as problem:
            found = diagnose.cut_short(self.side_name, problem.findings)
        return FINDINGS if diagnose.tell(found, far, self._out, self._secrets) else DONE

    def _status(self) -> int:
        link = self._link_here()
        side = self._connect(link)
        seen = status.of(side, self._journals.of(side.name, link.name), link, self._link)
        self._out.lines(report.finding_lines(seen.unfinished, self._out.language))
        described = side.describe()
        labelled = report.described(described, self._out.language)
        proof = last_proof.read(self._options.state_dir, side.name, link.name)
        rows = glance.rows(side.name, seen.owned, [*seen.unfinished, *seen.findings], proof, self._out.language)
        self._out.lines(row.line for row in rows)
        self._out.lines(f"   {name}: {value}" for name, value in labelled)
        if self._options.list:
            self._out.lines(f"   {key.said(self._out.language)}" for key in seen.owned)
        elif seen.owned:
            self._out.lines([f"   ({text('status.list', self._out.language)})"])
        self._out.lines(self._plain(report.finding_lines(seen.findings, self._out.language)))
        owned = [str(key) for key in seen.owned]
        findings = [*seen.unfinished, *seen.findings]
        more = {
            "glance": [row.document() for row in rows],
            "described": labelled,
            "made": [key.said(self._out.language) for key in seen.owned],
        }
        self._out.document(findings=findings, secrets=self._secrets, side=described, owned=owned, **more)
        return DONE

    def _code(self) -> int:
        link = self.link()
        wants_wizard = getattr(self._options, "wizard", False)
        shown = trunk_settings.wizard_text if wants_wizard else link_code.encode
        self.print_code(shown(self._settled(link)))
        return DONE

    def print_code(self, code: str) -> None:
        """Prints a link code, with the secrets in it."""
        if self._out.as_json:
            print(report.document(self._out.language, code=code), file=self._out.out)
        else:
            print(code, file=self._out.out)

    def _settled(self, link: Link) -> Link:
        settle = getattr(self._options, "settle", None)
        return settle(link) if settle else link

    def _show(self, findings: Sequence[Finding], changes: Sequence[Change]) -> None:
        language = self._out.language
        self._out.lines(self._plain(report.finding_lines(findings, language)))
        self._out.lines(self._plain(self._change_lines(changes)))
        self._out.document(findings=findings, changes=changes, secrets=self._secrets)


def _differing(outcome: Outcome) -> Iterator[tuple[Key, Differences]]:
    """For each adopted resource, the cells that differ from the link."""
    adopted = {change.key for change in outcome.plan.changes}
    for change in outcome.plan.conflicts:
        if change.key in adopted:
            yield change.key, Differences(conflict_lines(change))


def _content(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("directory.unreadable", path=name, reason=type(problem).__name__)) from None
