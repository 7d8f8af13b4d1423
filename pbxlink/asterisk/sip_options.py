"""Whether a SIP port answers at all (OPTIONS by UDP, TCP or TLS); works before there is a trunk."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import AbstractContextManager

from pbxlink.link import certificate
from pbxlink.link.model import Signalling

_TRIES = 3
_WAIT_SECONDS = 1.0
_SECONDS = 0.9
"""Enough for any network on which a call sounds well."""


def answers(
    address: str, port: int, tries: int = _TRIES, wait: float = _WAIT_SECONDS, by: Signalling = Signalling.UDP
) -> bool:
    """Whether anything answers SIP at `address:port`; a refusal counts too. Takes at most `tries` * `wait` seconds, by
    TCP and TLS two `wait` more. The certificate does not matter."""
    try:
        with _channel(address, port, wait, by) as channel:
            own, own_port = channel.getsockname()[:2]
            return any(_asked(channel, _options(address, port, own, own_port, by)) for _ in range(tries))
    except OSError:
        return False


def _channel(address: str, port: int, wait: float, by: Signalling) -> AbstractContextManager[socket.socket]:
    if by is Signalling.UDP:
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        channel.settimeout(wait)
        try:
            channel.connect((address, port))
        except OSError:
            channel.close()
            raise
        return channel
    stream = socket.create_connection((address, port), timeout=wait)
    return stream if by is Signalling.TCP else certificate.wrapped(stream, address)


class Asked:
    """Asks in a thread, while the caller does something else; waits for an answer until `_SECONDS` after the start."""

    def __init__(self, address: str, port: int, by: Signalling = Signalling.UDP) -> None:
        self._deadline = time.monotonic() + _SECONDS
        self._found = False
        self._thread = threading.Thread(target=self._ask, args=(address, port, by), daemon=True)
        self._thread.start()

    def _ask(self, address: str, port: int, by: Signalling) -> None:
        self._found = answers(address, port, _TRIES, _SECONDS / _TRIES, by)

    def answered(self) -> bool:
        """Whether anything answered SIP in time."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return self._found


ANYWHERE = "192.0.2.1"
"""An address of documentation: the way to it is the way to everywhere."""


def own_address(towards: str = ANYWHERE) -> str:
    """This host's own address on the way to `towards`; empty where there is no route. Sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.connect((towards, 5060))
            return str(channel.getsockname()[0])
    except OSError:
        return ""


def _asked(channel: socket.socket, packet: bytes) -> bool:
    try:
        channel.send(packet)
        return channel.recv(4096).startswith(b"SIP/2.0 ")
    except socket.timeout:
        return False
    except ConnectionRefusedError:
        return False


def _options(address: str, port: int, own: str, own_port: int, by: Signalling) -> bytes:
    import secrets

    branch = secrets.token_hex(8)
    return (
        f"OPTIONS sip:{address}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/{by.value.upper()} {own}:{own_port};rport;branch=z9hG4bK{branch}\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <sip:ping@{own}>;tag={branch}\r\n"
        f"To: <sip:{address}:{port}>\r\n"
        f"Call-ID: {branch}@{own}\r\n"
        f"CSeq: 1 OPTIONS\r\n"
        f"Contact: <sip:ping@{own}:{own_port}>\r\n"
        f"Content-Length: 0\r\n\r\n"
    ).encode("ascii")
