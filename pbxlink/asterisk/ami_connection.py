"""One connection to an AMI: whole messages in and out, every wait with a limit, no half packet left by a signal."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from contextlib import suppress

from pbxlink.asterisk.ami_message import packets_of
from pbxlink.asterisk.ami_socket import AmiAddress, opened, undisturbed
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

_MUCH = 4096
_MOMENT = 0.001
"""Seconds that are waited where so many bytes are still to come: Asterisk sends each answer by itself, and reading each
by itself takes longer than making it."""


class AmiConnection:
    """The socket and what has arrived on it. `timeout` is in seconds.

    Raises SideUnavailable where the AMI does not answer or closes the connection.
    """

    def __init__(self, address: AmiAddress, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._buffer = b""
        self._packets: deque[bytes] = deque()
        self._socket = self._opened()

    def close(self, farewell: bytes = b"") -> None:
        """Sends these last bytes and closes; never raises."""
        try:
            with suppress(OSError):
                self._socket.sendall(farewell)
        finally:
            self._socket.close()

    def send(self, packets: bytes) -> None:
        """Sends it all, and takes what arrives meanwhile: an Asterisk whose answers nobody takes ends the connection
        (manager.conf, `writetimeout`)."""
        content = memoryview(packets)
        deadline = time.monotonic() + self._timeout
        with undisturbed():
            while content:
                left = max(0.0, deadline - time.monotonic())
                readable, writable, _ = select.select([self._socket], [self._socket], [], left)
                if writable:
                    content = content[self._sent(content) :]
                if readable:
                    self._take_bytes()
                if content and not (left and (readable or writable)):
                    raise self.gone("timeout")

    def read_packet(self, deadline: float) -> bytes:
        """The next complete message. An incomplete one stays in the buffer for the next call.

        Raises AmiTimeout at `deadline` (of `time.monotonic`).
        """
        while not self._packets:
            whole, self._buffer = packets_of(self._buffer)
            self._packets.extend(whole)
            if not whole:
                self._receive(deadline)
        return self._packets.popleft()

    def take(self, expected: bytes, deadline: float) -> bool:
        """Whether exactly these messages come next; they are taken then, and else left. Raises as `read_packet`."""
        while not self._packets:
            if self._buffer.startswith(expected):
                self._buffer = self._buffer[len(expected) :]
                return True
            if not expected.startswith(self._buffer):
                return False
            if len(expected) - len(self._buffer) > _MUCH:
                time.sleep(_MOMENT)
            self._receive(deadline)
        return False

    def read_line(self, deadline: float) -> bytes:
        """The next line, without its end: the banner. Raises as `read_packet`."""
        while b"\n" not in self._buffer:
            self._receive(deadline)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def gone(self, reason: str) -> SideUnavailable:
        """The error that tells how the connection ended."""
        return SideUnavailable(error("ami.gone", host=self._address.host, port=self._address.port, reason=reason))

    def _opened(self) -> socket.socket:
        address = self._address
        try:
            return opened(address, self._timeout)
        except OSError as problem:
            code = "ami.unresolved" if isinstance(problem, socket.gaierror) else "ami.unreachable"
            reason = problem.strerror or "timeout"
            raise SideUnavailable(error(code, host=address.host, port=address.port, reason=reason)) from problem

    def _sent(self, content: memoryview) -> int:
        try:
            return self._socket.send(content)
        except OSError as problem:
            raise self.gone(problem.strerror or "timeout") from problem

    def _receive(self, deadline: float) -> None:
        """Reads once from the connection into the buffer."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise AmiTimeout(self.gone("timeout"))
        if not select.select([self._socket], [], [], left)[0]:
            return
        with undisturbed():
            self._take_bytes()

    def _take_bytes(self) -> None:
        """Takes what has arrived; the caller holds signals back."""
        try:
            received = self._socket.recv(1 << 18)
        except OSError as problem:
            raise self.gone(problem.strerror or "?") from problem
        self._buffer += received
        if not received:
            raise self.gone("closed")


class AmiTimeout(SideUnavailable, TimeoutError):
    """No message arrived in time."""

    def __init__(self, cause: SideUnavailable) -> None:
        super().__init__(*cause.findings)
