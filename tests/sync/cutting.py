"""A proxy between PBX and OML that sees every request of the pairing API and can cut the network at any of them.

It ends the encryption, which it can because it has OML's own key, and encrypts anew towards OML. With any other
certificate it is the one in between that a PBX must refuse."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.stack.process import free_port
from tests.sync.certificates import Certificate

REQUEST, ANSWER = "request", "answer"
"""What is lost: the request, so that OML never sees it, or OML's answer to it."""


@dataclass
class CuttingProxy:
    """`cuts`: told the name of each request (`start apply`, `job`); says what of it is lost, empty for nothing. From a
    cut on the network is down until `heal`."""

    certificate: Certificate
    upstream: int
    port: int = field(default_factory=free_port)
    seen: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    cuts: Callable[[str], str] = lambda name: ""
    is_down: bool = False

    @property
    def url(self) -> str:
        """What OML is told to be reached at."""
        return f"https://127.0.0.1:{self.port}"

    def cut_at(self, name: str, what: str, nth: int = 1) -> None:
        """The network goes down at the `nth` request of that name; what was seen before does not count."""
        self.seen.clear()
        self.cuts = lambda each: what if each == name and self.seen.count(name) == nth else ""

    def heal(self) -> None:
        """The network is up again, and stays up."""
        self.cuts = lambda name: ""
        self.is_down = False
        self.seen.clear()

    def serve(self, plain: socket.socket) -> None:
        """One connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.pem, self.certificate.key)
        with suppress(OSError), plain:
            plain.settimeout(30)
            with context.wrap_socket(plain, server_side=True) as client:
                self._pass_on(client)

    def _pass_on(self, client: ssl.SSLSocket) -> None:
        request = _whole(client)
        self.received.append(request)
        name = name_of(request)
        self.seen.append(name)
        lost = self.cuts(name)
        self.is_down = self.is_down or bool(lost)
        if lost == REQUEST or not request:
            return
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.upstream), timeout=30)
        with context.wrap_socket(plain) as server:
            server.sendall(request)
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        if lost != ANSWER:
            client.sendall(answer)


def name_of(request: bytes) -> str:
    """`redeem`, `start apply`, `job`, `finish`, `undone`; a path where it is none of the pairing API."""
    head, _, body = request.partition(b"\r\n\r\n")
    path = head.split(b" ")[1].decode("ascii") if head.count(b" ") > 1 else ""
    found = re.search(r"/api/pair/(\w+)/$", path)
    if not found:
        return path
    content: dict[str, Any] = json.loads(body or b"{}")
    return f"{found[1]} {content['action']}" if "action" in content else found[1]


def _whole(client: ssl.SSLSocket) -> bytes:
    found = b""
    while not _is_whole(found):
        more = client.recv(65536)
        if not more:
            break
        found += more
    return found


def _is_whole(found: bytes) -> bool:
    head, separator, body = found.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return bool(separator) and len(body) >= int(length[1] if length else 0)


@contextmanager
def cutting_proxy(certificate: Certificate, upstream: int) -> Iterator[CuttingProxy]:
    """Serves until the block ends."""
    proxy = CuttingProxy(certificate, upstream)
    with socket.create_server(("127.0.0.1", proxy.port)) as listening:
        ended = threading.Event()
        threading.Thread(target=_accept, args=(proxy, listening, ended), daemon=True).start()
        try:
            yield proxy
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)


def _accept(proxy: CuttingProxy, listening: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            plain, _address = listening.accept()
        except OSError:
            return
        if proxy.is_down:
            plain.close()
        else:
            threading.Thread(target=proxy.serve, args=(plain,), daemon=True).start()
