"""`sync`: asks OML for its directory over https and applies the link with it; `directory_guard` refuses bad ones.

The directory applied last is stored (`directory_cache`), and every later `plan` and `apply` uses it: without it they
would delete the extensions that a sync made.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from issabel_module.commands import directory_cache, directory_guard, pinned_https, sync_report
from issabel_module.commands.directory_cache import Kept
from pbxlink import __version__
from pbxlink.console.commands import DONE, Commands
from pbxlink.console.report import finding_lines
from pbxlink.engine.engine import Outcome
from pbxlink.link import directory
from pbxlink.link.directory import Directory
from pbxlink.link.model import Link
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown

_TOKEN_REFUSED = (401, 403)
_TOO_MANY = 429
_NOT_MODIFIED = 304


def run(options: argparse.Namespace, commands: Commands) -> int:
    """Pulls the directory, then applies as `apply --yes` does, or with --check plans as `plan` does; their exit codes.

    Where anything fails nothing is changed, and the stored directory stays.
    """
    pull = _Pull(options)
    options.own_directory = pull
    options.unattended = True
    if options.check:
        return commands.run("plan")
    options.yes = True
    return commands.guarded(lambda: _applied(options, commands, pull))


def _applied(options: argparse.Namespace, commands: Commands, pull: _Pull) -> int:
    settled: list[tuple[Link, Outcome]] = []
    options.applied = lambda link, outcome: settled.append((link, outcome))
    name = commands.link().name  # with the link comes where its PBX's state is kept
    with directory_cache.alone(directory_cache.path_of(options.state_dir, name)):
        pull.keeps = True
        code = commands.run("apply")
        if pull.beside is not None:
            pull.keep() if code == DONE else pull.beside.unlink()
    for link, outcome in settled if code == DONE else ():
        told = sync_report.send(link, sync_report.had(link, outcome))
        commands.output.lines(finding_lines(told, commands.output.language))
    return code


@dataclass
class _Pull:
    """Called by the command with its link; returns OML's present directory."""

    options: argparse.Namespace
    keeps: bool = False
    beside: Path | None = None

    def __call__(self, link: Link) -> tuple[Directory, list[Finding]]:
        """Raises InvalidInput, Refused or SideUnavailable where there is no directory that may be applied."""
        if not link.directory.url:
            raise InvalidInput(error("sync.no_directory", path=self.options.link))
        path = directory_cache.path_of(self.options.state_dir, link.name)
        before, told = _before(path)
        now = pulled(link, before)
        if not self.options.force:
            directory_guard.guard(link, before.directory if before else None, now.directory)
        if self.keeps:
            self.beside = directory_cache.prepare(path, now)
        return now.directory, told

    def keep(self) -> None:
        """Puts the prepared file in its place."""
        if self.beside is not None:
            self.beside.replace(self.beside.with_suffix(".json"))


def _before(path: Path) -> tuple[Kept | None, list[Finding]]:
    """The stored directory. A damaged file gives a warning: the sync will replace it."""
    try:
        return directory_cache.read(path), []
    except InvalidInput as problem:
        return None, [warning(each.code, **each.values) for each in problem.findings]


def pulled(link: Link, before: Kept | None) -> Kept:
    """OML's present directory. Raises SideUnavailable, or InvalidInput where the answer is no directory."""
    headers = {"Accept": "application/json", "User-Agent": f"issabel-omnileads/{__version__}"}
    if before and before.etag:
        headers["If-None-Match"] = before.etag
    answer = pinned_https.get(link.directory, headers)
    if answer.status == _NOT_MODIFIED and before and before.etag:
        return Kept(before.directory, time.time(), before.etag)
    if answer.status != 200:
        raise SideUnavailable(_refusal(link.directory.url, answer))
    return Kept(_parsed(link.directory.url, answer.body), time.time(), _etag(answer))


def _etag(answer: pinned_https.Answer) -> str:
    """The ETag, if it can be sent back unchanged."""
    etag = answer.headers.get("etag", "")
    return etag if len(etag) <= 200 and etag.isascii() and etag.isprintable() else ""


def _refusal(url: str, answer: pinned_https.Answer) -> Finding:
    if answer.status in _TOKEN_REFUSED:
        return error("sync.refused", url=url, status=answer.status)
    if answer.status == _TOO_MANY:
        return error("sync.limited", url=url, seconds=shown(answer.headers.get("retry-after", "?"), 20))
    if 300 <= answer.status < 400 and "location" in answer.headers:
        return error("sync.redirect", url=url, location=shown(answer.headers["location"], 200))
    return error("sync.status", url=url, status=answer.status)


def _parsed(url: str, body: bytes) -> Directory:
    try:
        return directory.parse(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput(error("sync.form", url=url, reason="UTF-8")) from None
    except InvalidInput as problem:
        reason = problem.findings[0].values["reason"]
        raise InvalidInput(error("sync.form", url=url, reason=reason)) from None
