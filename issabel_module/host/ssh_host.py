"""The PBX's machine reached by ssh. Nothing is installed there: sh, coreutils, sed and util-linux are
all that is used."""

from __future__ import annotations

import errno
import getpass
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from issabel_module.host.host import Finished, Place
from issabel_module.host.ssh_connection import SshConnection, SshLost
from issabel_module.host.ssh_shell import Ended
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_BEFORE = "LC_ALL=C; export LC_ALL; umask 077; cd /; "
_FILE = '[ -e "$1" ] || exit 44; [ -r "$1" ] || exit 45; [ -d "$1" ] && exit 46; cat -- "$1"'
_RUNNABLE = '[ -e "$1" ] || exit 44; [ -x "$1" ] || exit 45'
_SOCKET = 'for each; do if [ -S "$each" ]; then printf %s "$each"; exit 0; fi; done'
_RUN = (
    'seconds=$1; shift; said=$(mktemp) || exec timeout -k 5 "$seconds" env "$@" 2>&1; '
    'exec 8>"$said" 9<"$said"; rm -f "$said"; timeout -k 5 "$seconds" env "$@" >&8 2>&1 8>&- 9<&-; code=$?; '
    "cat <&9; exit $code"
)
"""Into a file, where one can be made, as in `LocalHost.run`: sshd, too, waits for the end of a pipe."""
_REPLACE = (
    'dd of="$1.new" conv=fsync 2>/dev/null && { chown --reference="${1%/*}" "$1.new" 2>/dev/null || :; } '
    '&& mv -f "$1.new" "$1"'
)
"""The file is the folder's owner's: a run there by the web server's user must be able to read it."""
_APPEND = '[ -e "$1" ] || exit 44; dd of="$1" oflag=append conv=notrunc,fsync 2>/dev/null'
_REMOVE = 'rm -f "$1" "$1.new"'
_LIST = '[ -d "$1" ] || exit 0; ls -1 "$1"'
_SHORT = 4096
"""Bytes that the open shell may be given as a here-document: some shells keep a long one in a file for a moment."""
_MADE = ".made-over-ssh"
_HOLD = (
    f'if [ ! -d "$1" ]; then mkdir -p "$1" && : >"$1/{_MADE}" || exit 45; fi; chmod 700 "$1"; [ -r "$1" ] || exit 45'
)
_TIDY = f'if [ -e "$1/{_MADE}" ]; then rm -f "$1/{_MADE}"; rmdir "$1" && rmdir "${{1%/*}}"; fi 2>/dev/null; :'
_CODES = {44: errno.ENOENT, 45: errno.EACCES, 46: errno.EISDIR, 126: errno.EACCES, 127: errno.ENOENT}
_TIMED_OUT = 124, 137
_FILES_OWNER = "asterisk"


class SshHost:
    """See `Host`. Whoever is neither root nor the user whose files these are asks by `sudo`."""

    is_here = False

    def __init__(self, target: str) -> None:
        self._connection = SshConnection(target)
        self._reached: dict[Place, Place] = {}
        self._sudo: Sequence[str] = ()
        self._password = b""
        try:
            if not self._connection.is_root and self._connection.user != _FILES_OWNER:
                self._become_root()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def run(self, line: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
        """See `Host`."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        done = self._session(_RUN, f"{seconds:.0f}", *variables, *line, seconds=seconds)
        if done.code in _TIMED_OUT:
            raise TimeoutError
        _raise(done.code if done.code in (126, 127) else 0, line[0])
        return Finished(done.code, done.output.decode("utf-8", "replace").strip())

    def may_run(self, path: Path) -> str:
        """See `Host`."""
        code = self._script(_RUNNABLE, str(path)).code
        return os.strerror(_CODES[code]) if code else ""

    def read(self, path: Path) -> str:
        """See `Host`."""
        return self.content(path).decode("utf-8", "replace")

    def content(self, path: Path) -> bytes:
        """A file as it is. Raises OSError."""
        done = self._script(_FILE, str(path))
        _raise(done.code, str(path), done.errors)
        return done.output

    def first_socket(self, paths: Sequence[str]) -> str:
        """See `Host`."""
        return self._script(_SOCKET, *paths).output.decode("utf-8", "replace")

    def reach(self, place: Place) -> Place:
        """See `Host`. By a socket of this user's own: no port that others of this machine could use."""
        if place not in self._reached:
            host = "127.0.0.1" if place.host == "localhost" else place.host
            there = place.socket or f"[{host}]:{place.port}"
            self._reached[place] = Place(socket=self._connection.forward(there))
        return self._reached[place]

    def complaints(self) -> list[Finding]:
        """What ssh has to say where a server did not answer."""
        return self._connection.complaints()

    def replace(self, path: Path, content: bytes) -> None:
        """Writes a file in one step, synced to disk and for its owner only. Raises OSError."""
        _written(self._session(_REPLACE, str(path), given=content), path)

    def append(self, path: Path, content: bytes) -> None:
        """Adds to a file that is there, synced to disk. Raises OSError."""
        text = content.decode("utf-8", "replace")
        if len(content) > _SHORT or text.encode() != content or not text.endswith("\n"):
            _written(self._session(_APPEND, str(path), given=content), path)
        else:
            _written(self._script(_APPEND, str(path), given=text), path)

    def remove(self, path: Path) -> None:
        """Takes a file away, if it is there. Raises OSError."""
        _written(self._script(_REMOVE, str(path)), path)

    def names(self, folder: Path) -> list[str]:
        """What is in a folder; nothing where there is none."""
        return self._script(_LIST, str(folder)).output.decode("utf-8", "replace").split()

    @contextmanager
    def held(self, folder: Path, seconds: float) -> Iterator[None]:
        """Makes a folder for this and holds its lock, the one that a run on the PBX itself takes; a folder that was
        made goes again when it is empty. Raises Refused where another has it for `seconds`, OSError where there is
        none to be had."""
        done = self._connection.shell.take_lock(_BEFORE + _HOLD, str(folder), round(seconds))
        if done.code == 1:
            raise Refused(error("lock.held", seconds=round(seconds)))
        _raise(done.code, str(folder), done.errors)
        try:
            yield
        finally:
            self._connection.shell.release()
        self._script(_TIDY, str(folder))

    def _script(self, script: str, *arguments: str, given: str = "") -> Ended:
        """Runs a script in the shell that is open there."""
        return self._connection.shell.run(_BEFORE + script, arguments, given)

    def _session(self, script: str, *arguments: str, given: bytes = b"", seconds: float = 60.0) -> Ended:
        """Runs a script in a session of its own. Its arguments hold no secret: they show in the list of processes."""
        line = [*self._sudo, "sh", "-c", _BEFORE + script, "sh", *arguments]
        return self._connection.run(line, self._password + given, seconds)

    def _become_root(self) -> None:
        """By sudo, with a password only where it asks for one. `-k`: it asks each time or never, so that it is known
        whether the first line of the input is for sudo or for the command."""
        tried = self._script("sudo -n -k sh -c :")
        if tried.code == 0:
            self._sudo = ("sudo", "-n", "-k")
            self._connection.shell.become([*self._sudo, "sh"], b"")
            return
        if not sys.stdin.isatty():
            raise self._no_sudo(tried)
        question = f"[sudo] {self._connection.user}@{self._connection.target}: "
        self._password = getpass.getpass(question).encode() + b"\n"
        self._sudo = ("sudo", "-k", "-S", "-p", "")
        tried = self._session(":")
        if tried.code:
            raise self._no_sudo(tried)
        self._connection.shell.become([*self._sudo, "sh"], self._password)

    def _no_sudo(self, tried: Ended) -> SshLost:
        said = shown((tried.errors.strip().splitlines() or ["?"])[-1].strip(), 200)
        return SshLost(error("ssh.sudo", host=self._connection.target, user=self._connection.user, text=said))


def _raise(code: int, path: str, said: str = "") -> None:
    if code:
        number = _CODES.get(code, errno.EIO)
        raise OSError(number, os.strerror(number) if code in _CODES else shown(said.strip()) or "?", path)


def _written(done: Ended, path: Path) -> None:
    if done.code:
        raise OSError(_CODES.get(done.code, errno.EIO), shown(done.errors.strip()) or "dd", str(path))
