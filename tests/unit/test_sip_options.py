"""Asking a SIP port for any answer: UDP servers that answer, refuse, talk nonsense or are silent; and Asterisk."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pbxlink.asterisk import sip_options
from pbxlink.link.model import Signalling
from tests.stack import certificates
from tests.unit.asterisks import SILENT_PORT, Pair

OK = b"SIP/2.0 200 OK\r\n\r\n"


@contextmanager
def udp_server(reply: Callable[[int], bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Answers the n-th packet by `reply(n)`, an empty answer is none; yields its port and what it received."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        received: list[bytes] = []
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    packet, sender = server.recvfrom(4096)
                except TimeoutError:
                    continue
                except socket.timeout:
                    continue
                received.append(packet)
                if reply(len(received)):
                    server.sendto(reply(len(received)), sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], received
        finally:
            ended.set()
            thread.join(5)


@pytest.mark.parametrize("answer", [OK, b"SIP/2.0 401 Unauthorized\r\n\r\n", b"SIP/2.0 404 Not Found\r\n\r\n"])
def test_any_sip_answer_counts(answer: bytes) -> None:
    with udp_server(lambda number: answer) as (port, received):
        assert sip_options.answers("127.0.0.1", port, 3, 1.0)
        assert len(received) == 1


@contextmanager
def stream_server(folder: Path, secured: bool) -> Iterator[int]:
    """Answers one request by TCP, or by TLS with a certificate that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    keys = certificates.authority(folder)
    context.load_cert_chain(keys / "authority.pem", keys / "authority.key")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # nobody came, or whoever came does not like the certificate
                plain, _ = server.accept()
                with plain, context.wrap_socket(plain, True) if secured else plain as stream:
                    stream.recv(4096)
                    stream.send(OK)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("signalling", [Signalling.TCP, Signalling.TLS])
def test_a_port_is_asked_by_tcp_and_tls_whoever_signed_its_certificate(signalling: Signalling, tmp_path: Path) -> None:
    with stream_server(tmp_path, signalling is Signalling.TLS) as port:
        assert not sip_options.answers("127.0.0.1", port, 1, 0.2), "nobody is there by UDP"
        assert sip_options.Asked("127.0.0.1", port, signalling).answered()


def test_a_port_without_tls_does_not_answer_by_tls(tmp_path: Path) -> None:
    with stream_server(tmp_path, secured=False) as port:
        assert not sip_options.answers("127.0.0.1", port, 1, 0.5, Signalling.TLS)


def test_the_question_is_a_whole_options_request() -> None:
    with udp_server(lambda number: b"") as (port, received):
        assert not sip_options.answers("127.0.0.1", port, 2, 0.2)
    assert len(received) == 2
    for packet in received:
        text = packet.decode("ascii")
        assert text.startswith(f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\n") and text.endswith("\r\n\r\n")
        assert "\n" not in text.replace("\r\n", "")
        for header in ("Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Content-Length"):
            assert re.search(rf"^{header}: \S", text, re.MULTILINE)
        assert "branch=z9hG4bK" in text
    first, second = (re.search(rb"Call-ID: (\S+)", packet) for packet in received)
    assert first and second and first.group(1) != second.group(1)


def test_a_lost_packet_is_sent_again() -> None:
    with udp_server(lambda number: OK if number == 3 else b"") as (port, received):
        assert sip_options.answers("127.0.0.1", port, 3, 0.3)
        assert len(received) == 3


def test_silence_ends_in_time() -> None:
    began = time.monotonic()
    with udp_server(lambda number: b"") as (port, _):
        assert not sip_options.answers("127.0.0.1", port, 3, 0.2)
    assert 0.5 < time.monotonic() - began < 2


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"\0\0\0\0", b"SIP/2.0", b"OPTIONS sip:x SIP/2.0\r\n"])
def test_what_speaks_something_else_does_not_count(answer: bytes) -> None:
    with udp_server(lambda number: answer) as (port, _):
        assert not sip_options.answers("127.0.0.1", port, 2, 0.2)


def test_a_closed_port_is_known_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    assert not sip_options.answers("127.0.0.1", port, 3, 5.0)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("host", ["no.such.host.invalid", "300.1.1.1", "", "255.255.255.255"])
def test_a_host_that_cannot_be_asked(host: str) -> None:
    assert not sip_options.answers(host, 5060, 1, 0.2)


def test_own_address() -> None:
    assert sip_options.own_address("127.0.0.1") == "127.0.0.1"
    assert sip_options.own_address("no.such.host.invalid") == ""


def test_real_drivers(pair: Pair) -> None:
    assert sip_options.answers(pair.pbx.address, 5060)
    assert sip_options.answers(pair.oml.address, 5160)
    assert not sip_options.answers(pair.pbx.address, SILENT_PORT, 2, 0.3)


def test_one_that_is_silent_is_asked_while_the_caller_goes_on() -> None:
    with udp_server(lambda number: b"") as (port, received):
        asked = sip_options.Asked("127.0.0.1", port)
        before = time.monotonic()
        assert not asked.answered()
        assert time.monotonic() - before < 5, "it waits for a second and not for ever"
        assert received


def test_one_that_answers_is_not_waited_for() -> None:
    with udp_server(lambda number: OK) as (port, _):
        assert sip_options.Asked("127.0.0.1", port).answered()
