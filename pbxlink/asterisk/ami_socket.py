"""Where an AMI is, the socket to it, and how a signal is kept from cutting what is sent."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@dataclass(frozen=True)
class AmiAddress:
    """Where an AMI listens and who logs in."""

    host: str
    port: int
    user: str
    secret: str
    socket: str = ""
    """The Unix socket by which it is reached, where it is not reached directly."""

    def __repr__(self) -> str:
        return f"AmiAddress({self.user}@{self.host}:{self.port})"


def opened(address: AmiAddress, timeout: float) -> socket.socket:
    """A connection to it, whose calls wait `timeout` seconds at most. Raises OSError."""
    if not address.socket:
        made = socket.create_connection((address.host, address.port), timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a question must not wait for an earlier answer
        return made
    local = socket.socket(socket.AF_UNIX)
    local.settimeout(timeout)
    local.connect(address.socket)
    return local


_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Holds signals back: half a packet sent or received would make the connection useless for the undo."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
