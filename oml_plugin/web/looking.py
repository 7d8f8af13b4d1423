"""What was seen of OML's Asterisk last, asked again in the background where that is no longer fresh."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oml_plugin import jobs
from oml_plugin.commands import look
from oml_plugin.storage import seen_state, state_folder
from oml_plugin.storage.seen_state import Seen, Told
from oml_plugin.web import presenters
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, error

_FRESH_SECONDS = 60
_BETWEEN_SECONDS = 2
"""Between the starts of two looks, whatever became of the first."""


@dataclass(frozen=True)
class Looking:
    """`is_asking`: a process asks Asterisk now."""

    seen: Seen
    is_asking: bool
    problems: Sequence[Finding] = ()
    """Why Asterisk is not asked."""

    @property
    def is_waited_for(self) -> bool:
        """Whether the page loads itself again."""
        return self.is_asking or not (self.is_known or self.problems)

    @property
    def is_known(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.seen.at)

    @property
    def seconds(self) -> int:
        """How old it is."""
        return int(self.seen.age)

    def findings(self, told: Sequence[Told]) -> list[dict[str, str]]:
        """Findings of the look, in the request's language."""
        return [dict(each[presenters.language()]) for each in told]


def now() -> Looking:
    """What is known, at once. Starts a look where it is older than a minute. Raises nothing."""
    state = state_folder.state_dir()
    path = seen_state.path_of(state)
    problems: list[Finding] = []
    if _is_due(path, seen_state.read(state)):
        try:
            jobs.spawn([look.NAME, "--state-dir", str(jobs.usable_state())], path)
        except LinkError as problem:
            problems += problem.findings
        except OSError as problem:
            problems.append(error("job.unstartable", reason=f"{problem.filename}: {problem.strerror}"))
    is_asking = _is_asking(path)  # asked before the file is read: the look may end in between
    seen = seen_state.read(state)
    return Looking(seen, is_asking, problems or list(_died(path, seen, is_asking)))


def _is_due(path: Path, seen: Seen) -> bool:
    return seen.age > _FRESH_SECONDS and time.time() - _started(path) > _BETWEEN_SECONDS


def _died(path: Path, seen: Seen, is_asking: bool) -> Iterator[Finding]:
    """The last look left nothing but a log."""
    log = path.with_suffix(".err")
    with suppress(OSError):
        if not is_asking and not seen.at and log.stat().st_size:
            yield error("job.died", path=log)


def _is_asking(path: Path) -> bool:
    with suppress(OSError):
        return jobs.is_locked(path.with_suffix(".lock"))
    return False


def _started(path: Path) -> float:
    with suppress(OSError):
        return path.with_suffix(".lock").stat().st_mtime
    return 0.0
