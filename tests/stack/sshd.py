"""An sshd of the tests' own, as a PBX host on which nothing but a shell and a few basic tools can be found.

It runs in a mount namespace: users, sudo's rules and /var/lib are its own there and stay as they are on this machine.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack.native import server_directory
from tests.stack.process import ServerProcess, find_program, free_port, wait_until

#: All that a login finds on its PATH; Python is not among it.
TOOLS = (
    "sh", "cat", "chmod", "chown", "dd", "env", "flock", "id", "ls", "mkdir", "mktemp", "mv", "rm", "rmdir",
    "sudo", "timeout",
)  # fmt: skip
ADMIN = "pbxadmin"
"""A user who is not root and may use sudo."""
CLOSED = "pbxclosed"
"""One like it for whom the server forwards nothing, and who may have one session."""
TALKATIVE = "pbxtalkative"
"""One like ADMIN whose login script says something, and does not end its line."""
LOCKED = "pbxlocked"
"""One who may not have a shell."""
_NAMESPACE = """
set -e
mkdir {dir}/upper {dir}/work
mount -t overlay overlay -o lowerdir=/var/lib,upperdir={dir}/upper,workdir={dir}/work /var/lib
rm -rf /var/lib/issabel-omnileads
cp /etc/passwd {dir}/passwd
echo '{admin}:x:54321:54321::/tmp:/bin/sh' >>{dir}/passwd
echo '{closed}:x:54322:54322::/tmp:/bin/sh' >>{dir}/passwd
echo '{talkative}:x:54323:54323::/tmp:{dir}/talkative' >>{dir}/passwd
echo '{locked}:x:54324:54324::/tmp:{dir}/locked' >>{dir}/passwd
mount --bind {dir}/passwd /etc/passwd
cp /etc/shadow {dir}/shadow
echo '{admin}:*:19000::::::' >>{dir}/shadow
echo '{closed}:*:19000::::::' >>{dir}/shadow
echo '{talkative}:*:19000::::::' >>{dir}/shadow
echo '{locked}:*:19000::::::' >>{dir}/shadow
mount --bind {dir}/shadow /etc/shadow
mkdir {dir}/sudoers.d
echo '{admin} ALL=(ALL) NOPASSWD: ALL' >{dir}/sudoers.d/tests
echo '{closed} ALL=(ALL) NOPASSWD: ALL' >>{dir}/sudoers.d/tests
echo '{talkative} ALL=(ALL) NOPASSWD: ALL' >>{dir}/sudoers.d/tests
echo 'Defaults secure_path={dir}/tools' >>{dir}/sudoers.d/tests
[ ! -d /etc/sudoers.d ] || mount --bind {dir}/sudoers.d /etc/sudoers.d
mkdir -p /run/sshd
exec setpriv --pdeathsig TERM -- {sshd} -D -e -f {dir}/sshd_config
"""


def missing_sshd() -> str | None:
    """Why there can be none here, or None."""
    if os.geteuid() != 0:
        return "an sshd with users of its own needs root"
    absent = [name for name in ("sshd", "ssh", "sudo", "unshare", "setpriv") if find_program(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (.ci/install: openssh-server, openssh-client, sudo)"
    probe = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay o -o lowerdir=/var/lib,upperdir=/mnt/u,workdir=/mnt/w /var/lib"  # fmt: skip  # noqa: E501
    tried = subprocess.run(["unshare", "-m", "sh", "-c", probe], capture_output=True, text=True, timeout=30)
    return None if tried.returncode == 0 else f"no overlay can be mounted here: {tried.stderr.strip()}"


@dataclass(frozen=True)
class SshServer:
    """`port` on the loopback; `client` is a folder with an `ssh` that knows the hosts of `config`."""

    port: int
    client: Path
    directory: Path
    process: ServerProcess

    def config(self, *blocks: str) -> None:
        """Writes the client's configuration: as ~/.ssh/config, which OpenSSH finds by the user and not by HOME."""
        common = [
            "Host *", f"IdentityFile {self.directory}/key", f"UserKnownHostsFile {self.directory}/known_hosts",
            "StrictHostKeyChecking yes", "HostKeyAlias pbx",
        ]  # fmt: skip
        (self.directory / "config").write_text("\n".join([*blocks, *common, ""]))

    @contextmanager
    def sudo_with_password(self, password: str) -> Iterator[str]:
        """While the block runs, sudo asks the user ADMIN for this password."""
        rules, shadow = self.directory / "sudoers.d" / "tests", self.directory / "shadow"
        kept = rules.read_text(), shadow.read_text()
        done = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        rules.write_text(kept[0].replace("NOPASSWD: ", ""))
        shadow.write_text(kept[1].replace(f"{ADMIN}:*:", f"{ADMIN}:{done.stdout.strip()}:"))
        try:
            yield password
        finally:
            rules.write_text(kept[0])
            shadow.write_text(kept[1])

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the server's mount namespace, and below its root where that is not this machine's."""
        line = ["nsenter", "-t", str(self.process.pid), "-m", "-r", "--", *command]
        return subprocess.run(line, capture_output=True, text=True, timeout=30)


@contextmanager
def ssh_server() -> Iterator[SshServer]:
    """Reached as root by the name `pbx`, as a user with sudo by `admin`, with its port by `127.0.0.1:PORT`."""
    with server_directory("sshd") as directory:
        port = free_port()
        _prepare(directory, port)
        script = _NAMESPACE.format(
            dir=shlex.quote(str(directory)), admin=ADMIN, closed=CLOSED, talkative=TALKATIVE, locked=LOCKED,
            sshd=find_program("sshd"),
        )  # fmt: skip
        process = ServerProcess("sshd", ["unshare", "-m", "sh", "-c", script], directory / "log")
        server = SshServer(port, directory / "client", directory, process)
        server.config(*_hosts(port))
        try:
            process.wait_ready(lambda: "listening" in (directory / "log").read_text(), 20)
            yield server
        finally:
            process.stop()
            wait_until(lambda: not process.running, 5)


def _hosts(port: int) -> Sequence[str]:
    where = f" HostName 127.0.0.1\n Port {port}\n"
    users = {"pbx": "root", "admin": ADMIN, "closed": CLOSED, "talkative": TALKATIVE, "locked": LOCKED}
    return [f"Host {name}\n{where} User {user}" for name, user in users.items()]


def _prepare(directory: Path, port: int) -> None:
    for name in ("key", "hostkey"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True)
    (directory / "authorized_keys").write_bytes((directory / "key.pub").read_bytes())
    (directory / "known_hosts").write_text("pbx " + (directory / "hostkey.pub").read_text())
    tools = directory / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(find_program(name) or name)
    lines = [
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {directory}/hostkey", "PidFile none", "UsePAM no",
        f"AuthorizedKeysFile {directory}/authorized_keys", "StrictModes no", "PermitRootLogin prohibit-password",
        f"SetEnv PATH={tools}", "MaxStartups 50", "PasswordAuthentication no", "LogLevel VERBOSE",
        f"Match User {CLOSED}", " AllowTcpForwarding no", " AllowStreamLocalForwarding no",
        " MaxSessions 1",
    ]  # fmt: skip
    (directory / "sshd_config").write_text("\n".join([*lines, ""]))
    shells = {
        "talkative": 'printf "Welcome\\nto the PBX "\nexec /bin/sh "$@"\n',
        "locked": "echo This account is currently not available.\nexit 1\n",  # as nologin does
    }
    for name, script in shells.items():
        (directory / name).write_text(f"#!/bin/sh\n{script}")
        (directory / name).chmod(0o755)
    client = directory / "client"
    client.mkdir()
    ssh = client / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {find_program("ssh")} -F {directory}/config "$@"\n')
    ssh.chmod(0o755)
