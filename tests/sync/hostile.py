"""A TLS server in this process that answers with whatever bytes it is told to, as slowly as it is told to."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.sync.certificates import Certificate

Answer = Callable[[ssl.SSLSocket], None]
_LONGEST = 60.0


@dataclass
class Hostile:
    """`answer` is called with each connection after its request was read; `requests` are the requests' bytes."""

    port: int
    answer: Answer
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is, with a path as the real one has."""
        return f"https://127.0.0.1:{self.port}/pbx_link/api/directory/"


def says(status: str, body: bytes = b"", *headers: str) -> Answer:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def drips(start: bytes, each: bytes, pause: float) -> Answer:
    """Something that never ends, a little at a time: no single read of it takes long."""

    def answer(connection: ssl.SSLSocket) -> None:
        connection.sendall(start)
        ending = time.monotonic() + _LONGEST
        while time.monotonic() < ending:
            connection.sendall(each)
            time.sleep(pause)

    return answer


@contextmanager
def hostile(certificate: Certificate, answer: Answer) -> Iterator[Hostile]:
    """Serves until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.pem, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Hostile(listening.getsockname()[1], answer)
        thread = threading.Thread(target=_serve, args=(found, listening, context), daemon=True)
        thread.start()
        yield found
        found.ended.set()
    thread.join(5)


def _serve(found: Hostile, listening: socket.socket, context: ssl.SSLContext) -> None:
    listening.settimeout(0.2)
    while not found.ended.is_set():
        try:
            plain, _ = listening.accept()
        except socket.timeout:
            continue
        except OSError:
            return
        threading.Thread(target=_one, args=(found, plain, context), daemon=True).start()


def _one(found: Hostile, plain: socket.socket, context: ssl.SSLContext) -> None:
    plain.settimeout(20)
    try:
        with context.wrap_socket(plain, server_side=True) as connection:
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(4096)
                if not received:
                    break
                request += received
            if request:
                found.requests.append(request)
                found.answer(connection)
    except OSError:
        return
