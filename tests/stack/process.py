"""One private server process: started, waited for, stopped by its own pid, its log shown when it fails."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: Below Linux' ephemeral range (32768 up), where no client of the tests takes a port by accident.
PORTS = range(20000, 32000)


class ServerFailed(RuntimeError):
    """A server did not start, or did not answer in time; the message ends with the tail of its log."""


def free_port(address: str = "127.0.0.1") -> int:
    """A port on ``address`` that nothing uses now, neither by TCP nor by UDP."""
    for port in random.sample(PORTS, 200):
        if _is_free(address, port):
            return port
    raise ServerFailed(f"no free port on {address} between {PORTS.start} and {PORTS.stop}")


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def find_program(name: str) -> str | None:
    """Servers live in sbin, which an ordinary user's PATH leaves out."""
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a log, or why there are none."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        return f"({path}: {error.strerror})"
    return "\n".join(text.splitlines()[-lines:])


def wait_until(ready: Callable[[], bool], timeout: float, pause: float = 0.1) -> bool:
    """Whether ``ready`` came true within ``timeout`` seconds; it is asked at least once."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


class ServerProcess:
    """A child in the foreground, output in ``log``. It may only be started from a thread that lives as long
    as it does: the kernel ends a tied child (see ``serve``) together with the thread that started it."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None):
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests, which then stop their servers in order
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, or the signal that ended it below zero; None while it runs."""
        return self._child.poll()

    def wait_ready(self, ready: Callable[[], bool], timeout: float) -> None:
        """Return once ``ready`` is true; raise ServerFailed when the process ends before or time is up."""
        answered = wait_until(lambda: not self.running or ready(), timeout)
        if not self.running:
            raise ServerFailed(f"{self.name} ended with exit code {self._child.returncode}:\n{tail(self.log)}")
        if not answered:
            raise ServerFailed(f"{self.name} did not answer within {timeout:g} s:\n{tail(self.log)}")

    def stop(self, first: signal.Signals = signal.SIGTERM, timeout: float = 10) -> None:
        """Ask with ``first``, insist with SIGKILL after ``timeout`` seconds."""
        for number in (first, signal.SIGKILL):
            if not self.running:
                return
            self._child.send_signal(number)
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                continue
