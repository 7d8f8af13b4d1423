"""Whether a SIP port answers at all (OPTIONS over UDP); works before there is a trunk."""

from __future__ import annotations

import socket
import threading
import time

_TRIES = 3
_WAIT_SECONDS = 1.0
_SECONDS = 0.9
"""Enough for any network on which a call sounds well."""


def answers(address: str, port: int, tries: int = _TRIES, wait: float = _WAIT_SECONDS) -> bool:
    """Whether anything answers SIP at `address:port`; a refusal counts too. Takes at most `tries` * `wait` seconds."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.settimeout(wait)
            channel.connect((address, port))
            own, own_port = channel.getsockname()[:2]
            return any(_asked(channel, _options(address, port, own, own_port)) for _ in range(tries))
    except OSError:
        return False


class Asked:
    """Asks in a thread, while the caller does something else; waits for an answer until `_SECONDS` after the start."""

    def __init__(self, address: str, port: int) -> None:
        self._deadline = time.monotonic() + _SECONDS
        self._found = False
        self._thread = threading.Thread(target=self._ask, args=(address, port), daemon=True)
        self._thread.start()

    def _ask(self, address: str, port: int) -> None:
        self._found = answers(address, port, _TRIES, _SECONDS / _TRIES)

    def answered(self) -> bool:
        """Whether anything answered SIP in time."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return self._found


def own_address(towards: str) -> str:
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


def _options(address: str, port: int, own: str, own_port: int) -> bytes:
    import secrets

    branch = secrets.token_hex(8)
    return (
        f"OPTIONS sip:{address}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {own}:{own_port};rport;branch=z9hG4bK{branch}\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <sip:ping@{own}>;tag={branch}\r\n"
        f"To: <sip:{address}:{port}>\r\n"
        f"Call-ID: {branch}@{own}\r\n"
        f"CSeq: 1 OPTIONS\r\n"
        f"Contact: <sip:ping@{own}:{own_port}>\r\n"
        f"Content-Length: 0\r\n\r\n"
    ).encode("ascii")
