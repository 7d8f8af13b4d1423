"""The common commands on OML: they use a saved link where no other is given."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TextIO

from oml_plugin import settings
from oml_plugin.side import OmlSide
from oml_plugin.storage import saved_links, seen_state
from oml_plugin.storage.job_file import JobFile
from pbxlink.asterisk.trial_call import Verdict
from pbxlink.console import commands, report
from pbxlink.console.output import Output
from pbxlink.engine.engine import Outcome
from pbxlink.engine.side import Side
from pbxlink.link.choices import DEFAULT_PATH
from pbxlink.link.model import Link
from pbxlink.messages.errors import LinkError, Refused, SideUnavailable
from pbxlink.messages.findings import Finding, error, errors_of

_CHANGING = ("apply", "adopt", "recover", "remove")


class RememberingSide(OmlSide):
    """This OML; the result of a `verify` is stored with the saved link."""

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """See `Side`."""
        verdicts = super().verify(link, number)
        saved_links.note_verified(link.name, verdicts)
        return verdicts


def connect(link: Link | None) -> RememberingSide:
    """The side. Raises SideUnavailable where OML's settings lack what is needed."""
    if link is None:
        raise SideUnavailable(error("linkfile.missing", path="-"))
    return RememberingSide(settings.read(), link.name)


@dataclass(frozen=True)
class JobOutput(Output):
    """Writes to the file of a job, for the page."""

    job: JobFile

    def progress(self, code: str, done: int = 0, total: int = 0) -> None:
        """Writes that a step begins."""
        if not total:
            self.job.step(code)

    def document(self, **parts: Any) -> None:
        """Writes the document; `OmlCommands.run` adds the exit code."""
        self.job.write({**self.job.read(), "document": json.loads(report.document(self.language, **parts))})


class OmlCommands(commands.Commands):
    """The link is that of `--code`, else of `--saved`, else of the link file, else the only saved one."""

    side_name = OmlSide.name

    def __init__(self, options: argparse.Namespace, out: TextIO, err: TextIO) -> None:
        super().__init__(options, connect, out, err)
        self._mark = ""
        options.link_named = saved_links.known
        self._job = JobFile(options.job) if options.job else None
        if self._job:
            self._out = JobOutput(options.lang, True, out, err, self._job)

    def run(self, name: str) -> int:
        """See `Commands`. Writes the end into the file of a job."""
        code = super().run(name)
        if name in _CHANGING:
            seen_state.forget(self._options.state_dir)
        return self._ended(code)

    def alone(self, command: Callable[[], int]) -> int:
        """The same for a command that only OML has."""
        return self._ended(self.guarded(command))

    def _ended(self, code: int) -> int:
        if self._job:
            found = self._job.read().get("document", {})
            self._job.end(code, {**found, "mark": self._mark} if self._mark else found)
        return code

    def _planned(self, removing: bool = False) -> tuple[Link, Side, Outcome, list[Finding]]:
        """See `Commands`. Keeps the plan's mark, which `--expect` takes."""
        planned = super()._planned(removing)
        self._mark = report.mark_of(planned[2].plan)
        return planned

    def _plan(self) -> int:
        """For the page with what it needs to have the plan applied, and of a removal too."""
        if self._job is None:
            return super()._plan()
        _, _, outcome, findings = self._planned(self._options.removing)
        replaced, changes = frozenset(self._options.replace), outcome.plan.changes
        allowed = {each.key for each in changes if each.key in replaced and each.before is not None}
        conflicts = {change.key for change in outcome.plan.conflicts} | allowed
        self._out.document(
            findings=findings, changes=changes, secrets=self._secrets, has_work=outcome.has_work,
            conflicts={str(key): key in allowed for key in sorted(conflicts)},
        )  # fmt: skip
        return commands.ERROR if errors_of(findings) else commands.FINDINGS if outcome.has_work else commands.DONE

    def _read_link(self) -> Link:
        return self._given

    @cached_property
    def _given(self) -> Link:
        """Read once: standard input cannot be read again."""
        if self._options.code is not None:
            return super()._read_link()
        if self._options.saved is not None:
            return saved_links.read(self._options.saved).link
        is_default = self._options.link == DEFAULT_PATH
        # os.path.exists: where OML's user may not look into root's folder, it says that there is no file.
        only = saved_links.the_only_one() if is_default and not os.path.exists(self._options.link) else None
        return only or super()._read_link()

    def _agree(self, outcome: Outcome) -> bool:
        if self._options.expect and report.mark_of(outcome.plan) != self._options.expect:
            raise Refused(error("plan.changed"))
        return super()._agree(outcome)

    def _do(self, removing: bool) -> int:
        """Saves the link that was applied, wherever it came from."""
        code = super()._do(removing)
        if code == commands.DONE:
            self._keep(removing)
        return code

    def _keep(self, removing: bool) -> None:
        """Saves or forgets the link. The apply is done: an error here is printed and undoes nothing."""
        try:
            saved_links.forget(self._done_for) if removing else saved_links.store(self._given)
        except LinkError as problem:
            self._out.lines(report.finding_lines(problem.findings, self._out.language))
