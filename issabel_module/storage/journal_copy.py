"""The journal of a run over ssh: with the command, and a copy on the PBX for as long as something is open.

The copy lies where a run on the PBX itself has its journal, in the same form, and is guarded by the same lock: such a
run, or one from another machine, finds it and recovers. The copy decides: it is written before the first change and
goes after the last, so that where it is missing there is nothing to put back, whatever lies with the command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from issabel_module.host.ssh_host import SshHost
from pbxlink.engine.journal import Entry, Journal, Journals, Stage
from pbxlink.engine.locking import WAIT_SECONDS
from pbxlink.engine.plan import Plan
from pbxlink.link.file_ownership import hand_over
from pbxlink.messages.errors import JournalDamaged, SideUnavailable
from pbxlink.messages.findings import error

FOLDER = Path("/var/lib/issabel-omnileads/journal")


class CopiedJournals(Journals):
    """The journals in `folder`, with their copies on `host`."""

    def __init__(self, folder: Path, host: SshHost) -> None:
        super().__init__(folder)
        self._host = host

    def of(self, side: str, link: str) -> Journal:
        """See `Journals`."""
        return CopiedJournal(self.folder, side, link, self._host)

    def open_links(self, side: str) -> list[str]:
        """See `Journals`; as the PBX has them."""
        return self.links_of(side, self._host.names(FOLDER))


class CopiedJournal(Journal):
    """One journal with its copy. `alone` brings what is here in step with the copy, which no one can change then."""

    def __init__(self, folder: Path, side: str, link: str, host: SshHost) -> None:
        super().__init__(folder, side, link)
        self._host = host
        self._copy = FOLDER / self.path.name
        self._is_alone = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `Journal`. The PBX's lock is the one of a run there, on its folder."""
        with super().alone(), self._host.held(FOLDER, WAIT_SECONDS):
            self._fetch()
            self._is_alone = True
            try:
                yield
            finally:
                self._is_alone = False

    def _fetch(self) -> None:
        content = self._copied()
        if content is None:
            self.path.unlink(missing_ok=True)
            return
        self.path.touch(mode=0o600)
        hand_over(self.path, self._folder)
        self.path.write_bytes(content)

    def _copied(self) -> bytes | None:
        try:
            return self._host.content(self._copy)
        except FileNotFoundError:
            return None
        except PermissionError as problem:
            raise JournalDamaged(error("journal.damaged", path=self._copy, reason=problem.strerror)) from problem

    def open(self, plan: Plan) -> None:
        """See `Journal`."""
        super().open(plan)
        try:
            self._host.replace(self._copy, self.path.read_bytes())
        except BaseException as problem:
            with suppress(OSError):
                self.path.unlink()
            with suppress(OSError):
                self.close()
            if isinstance(problem, OSError) and not isinstance(problem, SideUnavailable):
                raise SideUnavailable(
                    error("journal.unwritable", path=self._copy, reason=problem.strerror)
                ) from problem
            raise

    def reached(self, stage: Stage) -> None:
        """See `Journal`. Here first: should the copy stay behind, what is put back is put back once more."""
        before = self.path.read_bytes()
        super().reached(stage)
        now = self.path.read_bytes()
        if now.startswith(before):
            self._host.append(self._copy, now[len(before) :])
        else:  # a line that a full disk or a loss of power had cut short
            self._host.replace(self._copy, now)

    def close(self) -> None:
        """See `Journal`. The copy first: one that stayed alone would be recovered."""
        self._host.remove(self._copy)
        super().close()

    def entry(self) -> Entry | None:
        """See `Journal`."""
        if self._is_alone:
            return super().entry()
        content = self._copied()
        return None if content is None else self.entry_of(content.splitlines(keepends=True))
