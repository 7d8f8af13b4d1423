"""One request over https with a bearer token: pinned certificate, limits for time and size, no redirects."""

from __future__ import annotations

import hmac
import io
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

from pbxlink.link import certificate
from pbxlink.link.model import DirectoryAccess
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

SECONDS = 10.0
LARGEST = 16 * 1024 * 1024
_PORT = 443
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """The server's answer; header names in lower case. `own_address`: that of this host in the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    own_address: str = ""

    @property
    def content(self) -> Mapping[str, Any]:
        """The JSON object of the body; empty where it is none."""
        try:
            found = json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, dict) else {}


def get(
    access: DirectoryAccess, headers: Mapping[str, str], seconds: float = SECONDS, largest: int = LARGEST
) -> Answer:
    """The answer to a GET; see `ask`."""
    return ask("GET", access, b"", headers, seconds, largest)


def ask(
    method: str,
    access: DirectoryAccess,
    content: bytes,
    headers: Mapping[str, str],
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> Answer:
    """The answer to a request for the URL with its token, whatever the status is.

    `seconds` bounds all of it but the resolving of the name; `largest` the body, in bytes.
    Raises SideUnavailable where there is no connection, no answer in time or one that is cut or too large;
    InvalidInput where the certificate is another one, before the token is sent.
    """
    deadline = time.monotonic() + seconds
    try:
        with _connected(access, deadline) as connection:
            return _asked(method, access, content, connection, deadline, headers, largest)
    except socket.timeout:  # TimeoutError's name before Python 3.10
        raise SideUnavailable(error("sync.slow", url=access.url, seconds=round(seconds))) from None
    except ssl.SSLCertVerificationError as problem:
        raise InvalidInput(error("sync.untrusted", url=access.url, reason=shown(problem.verify_message))) from None
    except (OSError, HTTPException, UnicodeError) as problem:
        raise SideUnavailable(error("sync.unreachable", url=access.url, reason=_reason(problem))) from None


def _reason(problem: Exception) -> str:
    """The reason without text of the server, which HTTPException would quote."""
    told = (problem.strerror or "") if isinstance(problem, OSError) else ""
    return shown(told or type(problem).__name__, 120)


def _connected(access: DirectoryAccess, deadline: float) -> ssl.SSLSocket:
    """Raises InvalidInput where the certificate is not the one that the link names."""
    parts = urlsplit(access.url)
    host = parts.hostname or ""
    context = certificate.pinning_context() if access.certificate else ssl.create_default_context()
    with socket.create_connection((host, parts.port or _PORT), timeout=_left(deadline)) as plain:
        plain.settimeout(_left(deadline))
        connection = context.wrap_socket(plain, server_hostname=host)
    found = certificate.of_der(connection.getpeercert(binary_form=True) or b"")
    if access.certificate and not hmac.compare_digest(found, access.certificate):
        connection.close()
        raise InvalidInput(error("sync.certificate", url=access.url, expected=access.certificate, found=found))
    return connection


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left


@dataclass(frozen=True)
class _Bounded:
    """A connection for http.client that ends every send and receive by the deadline. The timeout of a socket alone
    would let a server go on forever by sending a byte now and then."""

    connection: ssl.SSLSocket
    deadline: float

    def sendall(self, content: bytes) -> None:
        self.connection.settimeout(_left(self.deadline))
        self.connection.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Called by http.client before the answer was read."""


class _Reading(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._bounded.connection.settimeout(_left(self._bounded.deadline))
        return self._bounded.connection.recv_into(buffer)


def _asked(
    method: str,
    access: DirectoryAccess,
    content: bytes,
    connection: ssl.SSLSocket,
    deadline: float,
    headers: Mapping[str, str],
    largest: int,
) -> Answer:
    parts = urlsplit(access.url)
    http = HTTPConnection(parts.hostname or "", parts.port or _PORT)
    http.default_port = _PORT
    http.sock = _Bounded(connection, deadline)
    own = {"Authorization": f"Bearer {access.token}", "Accept-Encoding": "identity", "Connection": "close"}
    http.request(method, parts.path or "/", body=content or None, headers={**own, **headers})
    response = http.getresponse()
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > largest:
            raise SideUnavailable(error("sync.size", url=access.url, limit=largest))
    if response.length:  # read in pieces, http.client does not report an answer that was cut
        raise IncompleteRead(b"", response.length)
    answered = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, answered, bytes(body), str(connection.getsockname()[0]))
