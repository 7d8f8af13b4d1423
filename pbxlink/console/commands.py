"""The commands that both sides have, with their options, output and exit codes.

Exit codes: 0 done or nothing to do; 2 `plan` has changes, or `check` or `verify` found something; 1 error; 64 usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pbxlink.console import glance, last_proof, plan_lines, report, status
from pbxlink.console.link_run import DONE as DONE
from pbxlink.console.link_run import ERROR as ERROR
from pbxlink.console.link_run import FINDINGS as FINDINGS
from pbxlink.console.link_run import LinkRun
from pbxlink.console.options import COMMON as COMMON
from pbxlink.engine.conflict_lines import conflict_lines
from pbxlink.engine.differences import Differences
from pbxlink.engine.engine import Outcome
from pbxlink.engine.plan import Change, Key
from pbxlink.engine.side import Side
from pbxlink.link import link_code, rules, trunk_settings
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, errors_of, info, worth_a_look


class Commands(LinkRun):
    """The common commands for one side."""

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
            findings=[*early, *outcome.findings], changes=changes, secrets=self._secrets, is_done=True,
            applied=outcome.applied,
        )  # fmt: skip
        applied = getattr(self._options, "applied", None)
        if applied:
            applied(link, outcome)
        return DONE if outcome.applied or not outcome.has_work else FINDINGS

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
        self._out.lines(self._plain(self._change_lines(changes, is_done=True)))
        still = [info("adopt.differs", key=key, cells=cells) for key, cells in _differing(outcome)]
        still = [*outcome.findings, *still]
        self._out.lines(self._plain(report.finding_lines([*early, *still], self._out.language)))
        self._out.say("adopt.done" if changes else "adopt.nothing", count=len(changes))
        self._out.document(findings=[*early, *still], changes=changes, secrets=self._secrets, is_done=True)
        return DONE

    def _agree(self, outcome: Outcome) -> bool:
        self._out.lines(self._plain(report.finding_lines(outcome.findings, self._out.language)))
        self._out.lines(self._plain(self._change_lines(outcome.plan.changes)))
        return self._options.yes or self._out.agreed("apply.question")

    def _change_lines(self, changes: Sequence[Change], is_done: bool = False) -> Iterator[str]:
        """The plan, or what was done, and how to see what is behind it."""
        yield from plan_lines.lines(changes, self._out.language, self._options.rows, is_done)
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
            print(link_code.in_lines(code) if self._out.out.isatty() else code, file=self._out.out)

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
