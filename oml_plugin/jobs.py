"""Work that takes longer than a request: each job is `manage.py pbx_link` in a process of its own.

A thread of the web server would not do, although OML's uWSGI has `enable-threads`. uWSGI ends its workers
(`max-requests`, `max-worker-lifetime`, `reload-on-rss`, `die-on-term`) without waiting for their threads; an apply must
be the main thread to be undone on SIGTERM; and OML runs every request in a transaction, while the engine must commit
(`atomic(durable=True)`). A process is the same command that an administrator would type, with the same lock, journal
and messages.

A file lock shows whether a job runs. It is taken here and inherited by the process alone; the kernel releases it
however the process ends. So the page never waits for a process that died. The files of jobs are beside the journals, so
that every host that sees one sees the other.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from oml_plugin.storage import state_folder
from oml_plugin.storage.job_file import JobFile
from pbxlink.console.commands import DONE
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, error, warning

ID = re.compile(r"[0-9a-f]{32}")
_KEPT_SECONDS = 24 * 3600
_PATIENCE_SECONDS = 10 * 60
"""How long the page refreshes by itself. The waits of a job all have limits, and together take far less."""


@dataclass(frozen=True)
class Job:
    """A job as the page shows it; `document`: the command's `--json` document, empty while the job runs."""

    id: str
    action: str
    options: Sequence[str]
    link: str
    user: str
    steps: Sequence[str]
    seconds: int
    is_running: bool
    code: int | None
    document: Mapping[str, Any]
    findings: Sequence[Finding]
    """Errors of the job itself, not of its command."""

    @property
    def url(self) -> str:
        """What the option `--url` says; empty where it is not given."""
        return next((each[len("--url=") :] for each in self.options if each.startswith("--url=")), "")

    @property
    def is_done(self) -> bool:
        """Whether it ended without an error."""
        return self.code == DONE

    @property
    def is_waited_for(self) -> bool:
        """Whether the page refreshes by itself."""
        return self.is_running and self.seconds < _PATIENCE_SECONDS


def start(
    action: str, link: str, user: str, language: str, more: Sequence[str] = (), code: str = "", job: str = ""
) -> str:
    """Starts the command `action` on the link of that link code, else on the saved link of that name; returns the job's
    id. `job` is the id that it gets: where there is a job of that id already, nothing is started.

    Raises SideUnavailable where the state folder cannot be written or the process cannot be started.
    """
    folder = usable_state() / "jobs"
    _forget_old(folder)
    job = job or secrets.token_hex(16)
    file = folder / f"{job}.json"
    if _is_there(file):
        return job
    record = {"action": action, "options": list(more), "link": link, "user": user, "begun": time.time()}
    JobFile(file).write(record)
    given = ["--code", "-"] if code else ["--saved", link] if link else []
    options = [*given, "--state-dir", str(folder.parent), "--lang", language, "--json"]
    spawn([action, *options, "--job", str(file), *more], folder / job, code)
    return job


def under_way(action: str, link: str, user: str, options: Sequence[str]) -> str | None:
    """The same job of the same user, where it runs already: loading its page again starts no second one."""
    for path in (state_folder.state_dir() / "jobs").glob("*.lock"):
        job = find(path.stem)
        if job and job.is_running and (job.action, job.link, job.user, list(job.options)) == (
            action, link, user, list(options),
        ):  # fmt: skip
            return job.id
    return None


def usable_state() -> Path:
    """The state folder. Raises SideUnavailable where it cannot be written."""
    state = state_folder.state_dir()
    found = list(state_folder.problems(state))
    if found:
        raise SideUnavailable(*found)
    return state


def _is_there(file: Path) -> bool:
    """Whether there is a file; where there is none, an empty one is made, so that a second request finds it."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return True
    return False


def spawn(arguments: Sequence[str], path: Path, typed: str = "") -> bool:
    """Starts `manage.py pbx_link`, with `typed` on its standard input, where no process list shows it, and does not
    wait for it. Its errors go to `path`.err; it holds the lock `path`.lock as long as it lives. Returns False where
    another process holds that: nothing is started then.

    Raises SideUnavailable where no process can be started, OSError.
    """
    command = [_python(), "-m", "django", "pbx_link", *arguments]
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.utime(descriptor)
        _run(command, path.with_suffix(".err"), descriptor, typed)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _run(command: Sequence[str], log: Path, descriptor: int, typed: str) -> None:
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with tempfile.TemporaryFile() as given:
            given.write(typed.encode("utf-8"))
            given.seek(0)
            child = subprocess.Popen(
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=errors, env=_environment(),
                cwd=str(getattr(settings, "BASE_DIR", None) or "/"), pass_fds=(descriptor,), start_new_session=True,
            )  # fmt: skip
    except OSError as problem:
        raise SideUnavailable(error("job.unstartable", reason=f"{command[0]}: {problem.strerror}")) from problem
    finally:
        os.close(errors)
    threading.Thread(target=child.wait, daemon=True).start()  # or it would be a zombie while this worker lives


def _environment() -> dict[str, str]:
    """The environment of this process, with the same settings and module paths, so that the child is the same OML."""
    module = getattr(settings, "SETTINGS_MODULE", None) or os.environ["DJANGO_SETTINGS_MODULE"]
    path = os.pathsep.join(each for each in sys.path if each)
    return {**os.environ, "DJANGO_SETTINGS_MODULE": str(module), "PYTHONPATH": path}


def _python() -> str:
    """The path of the interpreter. In uWSGI `sys.executable` is uWSGI itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = [Path(prefix) / "bin" / name for prefix in (sys.prefix, sys.base_prefix) for name in (version, "python3")]
    own = [Path(sys.executable)] if Path(sys.executable or "").name.startswith("python") else []
    return next((str(place) for place in (*own, *places) if os.access(place, os.X_OK)), version)


def find(job: str) -> Job | None:
    """The job; None where there is none of that id, or no longer."""
    folder = state_folder.state_dir() / "jobs"
    if not ID.fullmatch(job):
        return None
    try:
        is_running = is_locked(folder / f"{job}.lock")  # asked before the file is read: the job may end in between
        record = JobFile(folder / f"{job}.json").read()
        return _job(job, record, is_running and record.get("code") is None, folder / f"{job}.err")
    except (OSError, ValueError, KeyError):
        return None


def _job(job: str, record: Mapping[str, Any], is_running: bool, log: Path) -> Job:
    seconds = max(0, int(time.time() - record["begun"]))
    return Job(
        job, record["action"], record.get("options", ()), record["link"], record["user"], record.get("steps", ()),
        seconds, is_running,
        record.get("code"), record.get("document", {}), tuple(_wrong(record, is_running, seconds, log)),
    )  # fmt: skip


def _wrong(record: Mapping[str, Any], is_running: bool, seconds: int, log: Path) -> Iterator[Finding]:
    if not is_running and record.get("code") is None:
        yield error("job.died", path=log)
    if is_running and seconds >= _PATIENCE_SECONDS:
        yield warning("job.slow", minutes=seconds // 60, path=log)


def is_locked(path: Path) -> bool:
    """Whether the process with this lock lives. Raises OSError where there is no such file."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _forget_old(folder: Path) -> None:
    """Deletes the files of jobs that ended more than a day ago."""
    for path in folder.glob("*.*"):
        try:
            lock = path.with_suffix(".lock")
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS and not (lock.exists() and is_locked(lock)):
                path.unlink()
        except OSError:  # another worker was faster
            continue
