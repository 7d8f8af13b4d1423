"""Servers that never answer: what asks them waits until it gives up."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_RESOLVER = "127.66.0.53"


@contextmanager
def silent_udp(address: str, port: int = 0) -> Iterator[int]:
    """A port that takes packets and says nothing: a PBX that is cut off, a resolver that is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind((address, port))
        yield held.getsockname()[1]


@contextmanager
def silent_tcp(address: str = "127.0.0.1") -> Iterator[int]:
    """A port that accepts connections (the kernel does) and says nothing, as a process that was stopped."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.bind((address, 0))
        held.listen(64)
        yield held.getsockname()[1]


@contextmanager
def silent_resolver(folder: Path) -> Iterator[list[str]]:
    """The beginning of a command that runs with a DNS that never answers: a mount namespace of its own with another
    /etc/resolv.conf. Skips where that cannot be had."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("another /etc/resolv.conf for one process takes root and unshare")
    written = folder / "resolv.conf"
    written.write_text(f"nameserver {_RESOLVER}\n", encoding="ascii")
    with silent_udp(_RESOLVER, 53):
        yield ["unshare", "--mount", "sh", "-c", f'mount --bind "{written}" /etc/resolv.conf && exec "$@"', "sh"]
