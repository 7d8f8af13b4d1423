"""A root to install into with scriptlets and all: this machine's own, under an overlay that is thrown away.

It lives in a mount namespace of its own, so nothing of it is seen or kept outside.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack.process import find_program

_MOUNT = """
set -e
mount -t tmpfs none {top}
mkdir {top}/upper {top}/work {top}/root
mount -t overlay overlay -o lowerdir=/,upperdir={top}/upper,workdir={top}/work {top}/root
mount --bind /dev {top}/root/dev
mount -t proc proc {top}/root/proc
echo ready
exec sleep 600
"""
_COMMANDS = {
    "module_admin": """#!/bin/sh
# Notes who called it with what; like the vendor's, it exits with 0 whatever happened.
echo "$(id -un) $*" >> /opt/pbx/calls
if [ -e /opt/pbx/database_stopped ]; then
    echo "FATAL: Connection attempt to the database failed"
    exit 0
fi
echo "Module omnileads successfully ${1}ed"
""",
    "fwconsole": """#!/bin/sh
echo "$(id -un) $*" >> /opt/pbx/calls
[ "$1" != ma ] || echo "Module omnileads successfully ${2}ed"
""",
}
"""By product; the product is known by its command."""


def missing_box() -> str | None:
    """Why there can be no such root here, or None."""
    if os.geteuid() != 0:
        return "an overlay root needs root"
    missing = [name for name in ("unshare", "nsenter", "runuser") if not find_program(name)]
    if missing:
        return f"not here: {', '.join(missing)} (Debian: util-linux)"
    probe = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay o -o " \
            "lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r && mount -t proc proc /mnt/r/proc"  # fmt: skip
    tried = subprocess.run(["unshare", "-m", "sh", "-c", probe], capture_output=True, text=True, timeout=30)
    return None if tried.returncode == 0 else f"no overlay can be mounted here: {tried.stderr.strip()}"


class Box:
    """Runs commands in the root."""

    def __init__(self, pid: int, root: str) -> None:
        self._enter = ["nsenter", "-t", str(pid), "-m", "chroot", root]

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command; one that fails fails the test, unless `check` is false."""
        # A PBX has none of what a run of the tests says to its own Pythons, such as where byte code goes.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [*self._enter, *command],
            capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def sh(self, script: str, check: bool = True) -> str:
        """Runs a line of shell; what it printed, on both streams."""
        done = self.run("sh", "-c", script, check=check)
        return done.stdout + done.stderr

    def write(self, path: str, content: str, mode: str = "644") -> None:
        """Writes a file."""
        parent, quoted = shlex.quote(str(Path(path).parent)), shlex.quote(path)
        self.sh(f"mkdir -p {parent} && printf %s {shlex.quote(content)} > {quoted} && chmod {mode} {quoted}")

    def put(self, file: Path, path: str) -> None:
        """Copies a file of outside: under its overlay this machine's folders look as when it was opened."""
        command = ["sh", "-c", f"cat > {shlex.quote(path)}"]
        subprocess.run([*self._enter, *command], input=file.read_bytes(), check=True, timeout=60)

    def rpm(self, action: str, *arguments: str) -> str:
        """rpm with a database of the box' own; what it and the scriptlets printed."""
        return self.sh(shlex.join(["rpm", "--dbpath", "/var/lib/rpm-box", action, "--nodeps", *arguments]))

    def become(self, command: str) -> None:
        """Makes it the PBX that has this command: `module_admin` is Issabel's, `fwconsole` FreePBX's."""
        self.sh("rm -rf /opt/pbx/bin")
        self.write(f"/opt/pbx/bin/{command}", _COMMANDS[command], "755")

    def calls(self) -> list[str]:
        """Who called the PBX's command with what."""
        return self.sh("cat /opt/pbx/calls 2>/dev/null || true").splitlines()


@contextmanager
def open_box(folder: Path) -> Iterator[Box]:
    """A box with a PBX's amportal.conf, command and user."""
    top = folder / "box"
    top.mkdir()
    script = _MOUNT.format(top=shlex.quote(str(top)))
    holder = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n", "the overlay could not be mounted"
        box = Box(holder.pid, str(top / "root"))
        box.write("/etc/amportal.conf", "AMPBIN=/opt/pbx/bin\nAMPWEBROOT=/var/www/html\n")
        box.become("module_admin")
        box.sh("chmod 777 /opt/pbx; getent passwd asterisk || useradd -r asterisk")
        yield box
    finally:
        holder.kill()
        holder.wait(10)
