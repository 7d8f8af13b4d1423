"""One run of a command on a link: where its link comes from, what its engine is, and how its errors are told."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from pbxlink.console import report
from pbxlink.console.output import Output
from pbxlink.engine.engine import Consent, Engine
from pbxlink.engine.journal import Journals
from pbxlink.engine.side import Side
from pbxlink.link import derived_extensions, directory, link_code, link_file
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import Finding, error, info, of_system_error
from pbxlink.messages.masking import masked

DONE, ERROR, FINDINGS = 0, 1, 2


class LinkRun:
    """A run on one side. `connect` connects to the side when a command needs it."""

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
        return link_code.decode(self._out.pasted_code() if code == "-" else code)

    def engine(self, side: Side, link: Link) -> Engine:
        """The engine for the link on the side, with the journal of this run's state folder."""
        return Engine(side, self._journals.of(side.name, link.name), self._out.progress)

    @property
    def _journals(self) -> Journals:
        make = getattr(self._options, "journals", Journals)
        made: Journals = make(Path(self._options.state_dir / "journal"))
        return made

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

    def _plain(self, lines: Iterable[str]) -> Iterable[str]:
        return (masked(line, self._secrets) for line in lines)


def _content(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("directory.unreadable", path=name, reason=type(problem).__name__)) from None
