"""One connection of the OpenSSH client, over which everything of a run goes: a shell, commands, and forwarded sockets.

Keys, agent, known hosts, jump hosts, passwords and ~/.ssh/config are the client's own business. The connection ends
with this process however that ends: the far end of the master waits for the end of its input.
"""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from issabel_module.host.ssh_shell import Ended, SshShell
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_MARK = "issabel-omnileads"
"""Stands before what the far end says for us, on a line of its own: a login script (with sshd bash reads ~/.bashrc for
each command) may have said something first, and not ended its line."""
_GREETING = f'printf \'\\n%s %s %s\\n\' {_MARK} "$(id -u)" "$(id -un)"; exec sh'
_MASTER = (
    "-o", "IgnoreUnknown=RemoteCommand", "-o", "RemoteCommand=none", "-o", "RequestTTY=no", "-o", "ControlMaster=yes",
    "-o", "ControlPersist=no", "-o", "ClearAllForwardings=yes", "-o", "ForwardAgent=no", "-o", "ForwardX11=no",
    "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4", "-T",
)  # fmt: skip
"""Whatever ~/.ssh/config says of these is meant for a person's own session."""
_WITHOUT_MASTER = ("-F", "none", "-o", "ProxyCommand=false", "-o", "BatchMode=yes")
"""A client whose master is gone must not make a connection of its own."""
_NO_SESSION = "Session open refused"
"""What the client says where the server lets a connection have no further session (OpenSSH 6.7 to 9.2, mux.c)."""
_LOCAL_SECONDS = 30.0
"""What a command may take longer than its own limit, for the way there and back."""
_TARGET = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<host>\[[^\]]+\]|[^:@\[\]]+)(?::(?P<port>[0-9]+))?")


class SshLost(SideUnavailable, ConnectionError):
    """The connection is not there: it could not be made, or broke."""


class SshConnection:
    """The connection to `[USER@]HOST[:PORT]`. Raises SshLost where it cannot be made.

    `shell` is the one that stays open, of the user who logs in. What may leave something behind that goes on talking,
    and much input, have a session of their own (`run`).
    """

    def __init__(self, target: str) -> None:
        self.target = target
        found = _TARGET.fullmatch(target)
        if not found:
            raise SshLost(error("ssh.failed", host=shown(target), text="[USER@]HOST[:PORT]"))
        user = ["-l", found["user"]] if found["user"] else []
        port = ["-p", found["port"]] if found["port"] else []
        self._destination = [*user, *port, "--", found["host"].strip("[]")]
        self.folder = Path(tempfile.mkdtemp(prefix="omnileads-", dir=_short_folder()))
        self._control = self.folder / "c"
        self._forwards = 0
        try:
            self._master = self._start()
            self.is_root, self.user = self._greeted()
            self.shell = self._shell()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it, and what is forwarded with it; never raises."""
        master = getattr(self, "_master", None)
        if master is not None:
            for stream in (master.stdin, master.stdout):
                with suppress(OSError):
                    stream.close()
            master.terminate()  # all that was asked for there has been answered
            try:
                master.wait(5)
            except subprocess.TimeoutExpired:
                master.kill()
                master.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: Sequence[str], given: bytes = b"", seconds: float = 60.0) -> Ended:
        """Runs a command there with `given` as its input. Raises SshLost where it did not come to its end.

        A signal waits until it has: what runs there cannot be taken back from here.
        """
        line = f"printf '\\n%s\\n' {_MARK}; {shlex.join(command)}; printf '\\n%s %s' {_MARK} $?"
        child = self._client([], ["-T", *self._destination, f"sh -c {shlex.quote(line)}"])
        output, errors = _ended(child, given, seconds + _LOCAL_SECONDS)
        body, _, mark = output.partition(f"\n{_MARK}\n".encode())[2].rpartition(b"\n")
        name, _, code = mark.decode("ascii", "replace").partition(" ")
        if name != _MARK or not code.isdigit():
            if _NO_SESSION in errors:
                raise SshLost(error("ssh.sessions", host=self.target))
            raise SshLost(error("ssh.lost", host=self.target, text=self._said(errors)))
        return Ended(int(code), body, errors)

    def forward(self, there: str) -> str:
        """A Unix socket here that leads to `there` (a socket's path, or host:port). Raises SshLost."""
        self._forwards += 1
        here = self.folder / str(self._forwards)
        child = self._client(["-O", "forward", "-L", f"{here}:{there}"], self._destination)
        _, errors = _ended(child, b"", _LOCAL_SECONDS)
        if child.returncode:
            raise SshLost(error("ssh.lost", host=self.target, text=self._said(errors)))
        return str(here)

    def complaints(self) -> list[Finding]:
        """What the client said of the connection, as far as that is a refusal: a server may forbid forwarding."""
        lines = [line for line in self._log().splitlines() if "open failed" in line or "refused" in line]
        return [error("ssh.said", host=self.target, text=shown(lines[-1].strip(), 200))] if lines else []

    def _start(self) -> subprocess.Popen[bytes]:
        """The master has the terminal, where the client asks for passwords; signals of the terminal are ours alone."""
        line = ["ssh", "-S", str(self._control), *_MASTER, *self._destination, f"sh -c {shlex.quote(_GREETING)}"]
        with (self.folder / "log").open("wb") as log:
            try:
                return subprocess.Popen(
                    line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, preexec_fn=_deaf, bufsize=0
                )
            except FileNotFoundError:
                raise SshLost(error("ssh.missing")) from None

    def _greeted(self) -> tuple[bool, str]:
        assert self._master.stdout is not None
        told = ""
        for line in self._master.stdout:
            words = line.decode("utf-8", "replace").split()
            if len(words) == 3 and words[0] == _MARK:
                return words[1] == "0", words[2]
            told = " ".join(words) or told
        self._master.wait()
        # Who may not log in is told so by the shell in its place, on standard output.
        raise SshLost(error("ssh.failed", host=self.target, text=self._said(self._log().strip() or told)))

    def _shell(self) -> SshShell:
        assert self._master.stdin is not None and self._master.stdout is not None
        return SshShell(
            self._master.stdin,
            self._master.stdout,
            lambda: SshLost(error("ssh.lost", host=self.target, text=self._said(""))),
        )

    def _client(self, options: Sequence[str], rest: Sequence[str]) -> subprocess.Popen[bytes]:
        """A client of the master, in a session of its own: Ctrl-C is for us, and nothing can be asked."""
        line = ["ssh", "-S", str(self._control), *_WITHOUT_MASTER, *options, *rest]
        return subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )

    def _said(self, errors: str) -> str:
        lines = (errors.strip() or self._log().strip()).splitlines()
        return shown(lines[-1].strip(), 200) if lines else "?"

    def _log(self) -> str:
        with suppress(OSError):
            return (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        return ""


def _deaf() -> None:
    """The terminal's signals reach every process that has it; this one must live until what is to be undone is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _short_folder() -> str | None:
    """A socket's path has about a hundred characters."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


def _ended(child: subprocess.Popen[bytes], given: bytes, seconds: float) -> tuple[bytes, str]:
    interrupted: KeyboardInterrupt | None = None
    while True:
        try:
            output, errors = child.communicate(given if interrupted is None else None, timeout=seconds)
            break
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise TimeoutError from None
        except KeyboardInterrupt as problem:
            interrupted = problem
    if interrupted is not None:
        raise interrupted
    return output, errors.decode("utf-8", "replace")
