"""The life of an apply: lock, recover, inspect, plan, journal, write, activate, record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from pbxlink.engine import in_use, plan_checks
from pbxlink.engine.drift import changed_by_people, drift, of_removal
from pbxlink.engine.journal import Entry, Journal, Stage
from pbxlink.engine.plan import Action, Change, Key, Plan, make_plan
from pbxlink.engine.side import Inspection, Side
from pbxlink.engine.signals import signals_raise
from pbxlink.link import rules
from pbxlink.link.model import Link
from pbxlink.messages.errors import ApplyFailed, LinkError, NotRestored, Overtaken, Refused
from pbxlink.messages.findings import Finding, Severity, error, errors_of, info, warning
from pbxlink.messages.masking import masked


class Progress(Protocol):
    """Called when a step begins, with its catalogue code; in a long step also with how many of how many are done."""

    def __call__(self, code: str, done: int = 0, total: int = 0) -> None: ...


def _silent(code: str, done: int = 0, total: int = 0) -> None:
    """Shows nothing."""


@dataclass(frozen=True)
class Outcome:
    """The result of a plan, apply or remove."""

    plan: Plan
    findings: Sequence[Finding]
    inspection: Inspection
    applied: bool = field(default=False)
    activation_findings: Sequence[Finding] = field(default=())
    """Those of `findings` that came up while the change was activated, after the plan was agreed to."""

    @property
    def to_publish_again(self) -> Plan:
        """What stands in the rows as it should, and the running Asterisk does not have: its rows stay as they are.
        None of it where something is written, because that puts all in force."""
        keys = (
            [] if self.plan.writes else [key for key in self.inspection.unpublished if key in self.inspection.desired]
        )
        images = [(key, self.inspection.observed[key]) for key in keys]
        return Plan(tuple(Change(Action.UPDATE, key, image, image) for key, image in images))

    @property
    def has_work(self) -> bool:
        """Whether an apply has anything to do."""
        return bool(self.plan or self.to_publish_again)


@dataclass(frozen=True)
class Consent:
    """What the user allows in addition: resources of others to overwrite, and a large change (`force`)."""

    replace: frozenset[Key] = frozenset()
    force: bool = False
    adopted: bool = False
    """What was adopted goes like what we made."""
    unattended: bool = False
    """Nobody looks on: what somebody changed or deleted since we wrote it is left alone."""


_NOTHING_MORE = Consent()


class Engine:
    """Runs one link on one side."""

    def __init__(self, side: Side, journal: Journal, progress: Progress = _silent) -> None:
        self._side = side
        self._journal = journal
        self._progress = progress

    def plan(self, link: Link, removing: bool = False, consent: Consent = _NOTHING_MORE) -> Outcome:
        """What an apply (or remove) would do now. Writes nothing."""
        self._progress("step.inspect")
        inspection = self._side.inspect(link, removing)
        plan = make_plan(
            inspection.desired,
            inspection.observed,
            inspection.owned,
            self._side.kinds,
            replace=consent.replace,
            remains=inspection.remains,
            adopted=() if consent.adopted else inspection.adopted,
        ).worded(self._side.words)
        findings = [
            *self._journal.unfinished(),
            *([] if removing else [*rules.advice(link), *plan_checks.of_other_links(inspection)]),
            *inspection.findings,
            *plan_checks.conflicts(plan, inspection),
        ]
        findings += of_removal(plan, inspection) if removing else drift(inspection)
        if consent.unattended:
            left = changed_by_people(plan, inspection)
            plan = plan.without(left)
            findings += (warning("sync.left", key=key) for key in sorted(left))
        plan, used = in_use.without_used(plan, inspection, consent.unattended)
        findings += used
        plan = replace(plan, changes=(*plan.changes, *self._side.alongside(plan)))
        findings += [] if removing else plan_checks.unpublished(plan, inspection)
        if not removing and not consent.force:
            findings += plan_checks.too_large(plan, inspection)
        return Outcome(plan, tuple(findings), inspection)

    def apply(
        self,
        link: Link,
        removing: bool = False,
        agreed: Callable[[Outcome], bool] | None = None,
        consent: Consent = _NOTHING_MORE,
    ) -> Outcome:
        """Carries the link out. `agreed` is given the plan before anything is written; False ends the run there.

        Raises Refused (findings of severity error, nothing written), ApplyFailed (everything put back), NotRestored
        (putting back failed too).
        """
        with self._alone(), signals_raise():
            self.recover(link)
            outcome = self.plan(link, removing, consent)
            if errors_of(outcome.findings):
                raise Refused(*outcome.findings)
            again = Plan() if removing else outcome.to_publish_again
            if not (outcome.plan or again) or (agreed is not None and not agreed(outcome)):
                return outcome
            said = self._carry_out(link, outcome.plan)
            if again:
                self._progress("step.activate")
                said = self._side.activate(again)
            findings = (*outcome.findings, *said)
            return Outcome(outcome.plan, findings, outcome.inspection, applied=True, activation_findings=said)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds two locks. The side's also keeps out runs on other hosts. The journal's still holds when the database
        connection, and with it the side's lock, is lost."""
        with self._journal.alone(), self._side.lock():
            yield

    def adopt(self, link: Link, keys: Iterable[Key] = ()) -> Outcome:
        """Records as ours what somebody made by hand under the link's names: all of it, or only `keys`. Writes nothing
        else.

        Where it differs from the link it stays as it is; the next apply corrects it.
        Raises Refused for a key that does not exist or is ours already, or that another link owns.
        """
        with self._alone():
            self.recover(link)
            outcome = self.plan(link)
            others = list(plan_checks.of_other_links(outcome.inspection))
            if others:
                raise Refused(*others)
            equal = {change.key: change for change in outcome.plan.changes if change.action is Action.ADOPT}
            found = {
                each.key: replace(each, action=Action.ADOPT_AS_IS, after=each.before) for each in outcome.plan.conflicts
            }
            found.update(equal)
            wanted = list(dict.fromkeys(keys)) or sorted(found)
            missing = [key for key in wanted if key not in found]
            if missing:
                raise Refused(*(error("adopt.not_found", key=key) for key in missing))
            plan = Plan(tuple(found[key] for key in wanted), outcome.plan.conflicts)
            if plan:
                self._side.record(link, plan)
            warnings = [each for each in outcome.findings if each.severity is Severity.WARNING]
            return Outcome(plan, warnings, outcome.inspection, applied=bool(plan))

    def take_from(self, other: str) -> int:
        """Makes this link's what the link `other` owns here; returns how much that was."""
        with self._alone():
            return self._side.take_from(other)

    def recover_alone(self, link: Link) -> Plan | None:
        """`recover` as a command of its own: takes the locks itself."""
        with self._alone(), signals_raise():
            return self.recover(link)

    def recover(self, link: Link) -> Plan | None:
        """Undoes or completes an interrupted run; returns its plan, or None where no run was interrupted.

        The caller holds the locks. Raises JournalDamaged before anything is touched, NotRestored where it failed:
        the journal then stays, and the next recover starts over.
        """
        entry = self._journal.entry()
        if entry is None:
            return None
        self._progress("step.recover")
        if entry.stage is Stage.ACTIVATED:
            self._complete(link, entry.plan)
            return entry.plan
        try:
            # Somebody may have pressed "Apply Config" since, so the side is activated whatever the stage.
            self._put_back(entry.plan, activate=True)
            self._journal.close()
        except BaseException as problem:  # Ctrl-C too: it must not be reported as undone
            raise self._not_restored(link, problem) from problem
        return entry.plan

    def _carry_out(self, link: Link, plan: Plan) -> Sequence[Finding]:
        if not plan.writes:
            self._side.record(link, plan)
            return ()
        self._progress("step.journal")
        self._journal.open(plan)
        try:
            findings = self._write_and_activate(plan)
        except Overtaken:
            self._journal.close()  # nothing of ours was written; putting back would overwrite somebody's change
            raise
        except BaseException as problem:
            self._undo(link, plan, problem)
            raise
        self._complete(link, plan)
        return findings

    def _complete(self, link: Link, plan: Plan) -> None:
        """Records as ours what was applied. Only now: recorded earlier, it would still count as ours after an undo."""
        try:
            self._side.record(link, plan)
            self._journal.close()
        except BaseException as problem:
            left = error("apply.not_recorded", path=self._journal.path)
            raise NotRestored(*_findings_of(problem, link), left) from problem

    def _write_and_activate(self, plan: Plan) -> Sequence[Finding]:
        self._progress("step.write")
        self._side.write(plan, lambda done, total: self._progress("step.write", done, total))
        self._journal.reached(Stage.WRITTEN)
        self._progress("step.activate")
        findings = self._side.activate(plan)
        self._journal.reached(Stage.ACTIVATED)
        return findings

    def _undo(self, link: Link, plan: Plan, problem: BaseException) -> None:
        self._progress("step.undo")
        try:
            entry = self._journal.entry()
            self._note_undoing(entry)
            self._put_back(plan, activate=entry is None or entry.stage is not Stage.PLANNED)
            self._journal.close()
        except BaseException as worse:  # a second Ctrl-C too: it must not be reported as undone
            raise self._not_restored(link, problem, worse) from worse
        if isinstance(problem, (Exception, KeyboardInterrupt)):
            raise ApplyFailed(*_findings_of(problem, link), info("apply.restored")) from problem

    def _not_restored(self, link: Link, *problems: BaseException) -> NotRestored:
        causes = [finding for problem in problems for finding in _findings_of(problem, link)]
        return NotRestored(*causes, error("apply.not_restored", path=self._journal.path))

    def _note_undoing(self, entry: Entry | None) -> None:
        """Writes the stage `UNDOING`. On a full disk the undo goes on without it, as the stage before also leads to an
        undo. Not so after `ACTIVATED`: recover would complete what was put back. Raises OSError then, before the undo.
        """
        try:
            self._journal.reached(Stage.UNDOING)
        except OSError:
            if entry is not None and entry.stage is Stage.ACTIVATED:
                raise

    def _put_back(self, plan: Plan, activate: bool) -> None:
        self._side.restore(plan)
        if activate:
            self._side.activate(plan.reverse())


def _findings_of(problem: BaseException, link: Link) -> Sequence[Finding]:
    if isinstance(problem, LinkError):
        return problem.findings
    if isinstance(problem, KeyboardInterrupt):
        return (error("interrupted", signal=str(problem) or "SIGINT"),)
    # Masked before it is cut: half a secret would not be recognised any more.
    text = masked(str(problem), link.secrets)[:300]
    return (error("apply.unexpected", type=type(problem).__name__, text=text),)
