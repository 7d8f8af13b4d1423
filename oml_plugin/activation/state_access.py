"""Whether the user of OML's web workers can write into the state folder; root prepares it, or that user."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbxlink.messages.findings import Finding, info, warning

_SERVERS = ("uwsgi", "daphne", "gunicorn")
_USUAL = "omnileads"
"""The account that OML's installer and images make for its processes (read in its deploy tool)."""
_PLACES = ("journal", "jobs")
_PRIVATE = 0o700


@dataclass(frozen=True)
class WebUser:
    """Who OML's web workers run as."""

    name: str
    uid: int
    gid: int


def web_user(project: Path) -> WebUser:
    """The user of this OML's running web server, else the owner of its project, else the account `omnileads`; root
    where it is none but that."""
    found = [*_of_servers(project), *_numbered(project.stat().st_uid), *_named(_USUAL)]
    return next((each for each in found if each.uid), WebUser("root", 0, 0))


def _of_servers(project: Path) -> Iterator[WebUser]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            is_server = any(Path(os.fsdecode(each)).name in _SERVERS for each in words[:3])
            if is_server and (folder / "cwd").resolve() == project:
                yield from _numbered(folder.stat().st_uid)
        except OSError:  # it ended meanwhile
            continue


def _named(name: str) -> Iterator[WebUser]:
    try:
        found = pwd.getpwnam(name)
        yield WebUser(name, found.pw_uid, found.pw_gid)
    except KeyError:
        return


def _numbered(uid: int) -> Iterator[WebUser]:
    try:
        found = pwd.getpwuid(uid)
        yield WebUser(found.pw_name, uid, found.pw_gid)
    except KeyError:  # as may be in a container
        yield WebUser(str(uid), uid, uid)


def finding(state: Mapping[str, Any], project: Path) -> Finding:
    """Whether the web's user can write there: info, or a warning with what to do. It is tried, where this is root."""
    folder, user = Path(state["state_dir"]), web_user(project)
    reason = refusal(folder, user)
    if reason:
        return warning("activation.state_closed", path=folder, user=user.name, reason=reason)
    return info("activation.state", path=folder, user=user.name)


def may_prepare(user: WebUser) -> bool:
    """Whether this process can: root, or that user itself, as in a container that runs as it."""
    return os.geteuid() in (0, user.uid)


def prepare(folder: Path, user: WebUser) -> Callable[[], None]:
    """Makes the folder and what is in it the user's alone; returns what undoes it. Raises OSError.

    What another user than root owns is left: somebody decided so.
    """
    made: list[Path] = []
    owners: dict[Path, os.stat_result] = {}
    undo = _undo(made, owners)
    try:
        for place in (folder, *(folder / name for name in _PLACES)):
            if not place.is_dir():
                place.mkdir(mode=_PRIVATE, parents=True)
                made.append(place)
        for path in (folder, *sorted(folder.rglob("*"))):
            before = path.lstat()
            if before.st_uid == 0 and not path.is_symlink():
                owners[path] = before
                os.chown(path, user.uid, user.gid)
                if path.is_dir():
                    path.chmod(_PRIVATE)
    except BaseException:
        undo()
        raise
    return undo


def _undo(made: list[Path], owners: Mapping[Path, os.stat_result]) -> Callable[[], None]:
    def put_back() -> None:
        for path, before in owners.items():
            if path not in made and path.exists():
                os.chown(path, before.st_uid, before.st_gid)
                path.chmod(before.st_mode & 0o7777)
        for path in reversed(made):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    return put_back


def refusal(folder: Path, user: WebUser) -> str:
    """Why the user cannot write there; empty where it can. Tried by a child process that has become that user; where
    this is neither root nor that user, it is judged by what this user can."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _try_as(folder, user, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as told:
        reason = told.read()
    os.waitpid(child, 0)
    return reason


def _try_as(folder: Path, user: WebUser, writer: int) -> None:
    """The child: ends with the process, whatever happens."""
    reason = "?"
    try:
        if os.geteuid() == 0:
            os.initgroups(user.name, user.gid) if not user.name.isdigit() else os.setgroups([])
            os.setgid(user.gid)
            os.setuid(user.uid)
        reason = _tried(folder)
    finally:
        os.write(writer, reason.encode("utf-8", "replace"))
        os._exit(0)


def _tried(folder: Path) -> str:
    for place in (folder / name for name in _PLACES):
        try:
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as problem:
            return f"{place}: {problem.strerror}"
    return ""
