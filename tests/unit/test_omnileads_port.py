"""Which SIP port of OMniLeads is proposed: the one that answers, and never the agents'."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from issabel_module.commands import omnileads_port
from pbxlink.link.model import Topology

AGENTS = 5160


@contextmanager
def listening(address: str, port: int) -> Iterator[None]:
    """Something that answers SIP there."""
    ended = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, port))
        server.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                try:
                    server.sendto(b"SIP/2.0 404 Not Found\r\n\r\n", server.recvfrom(4096)[1])
                except socket.timeout:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(5)


@pytest.mark.parametrize(
    ("topology", "ports", "found"),
    [
        (Topology.LAN, (5060, AGENTS), (5060, "trunk-transport")),
        (Topology.LAN, (5161, 5162, 5163, AGENTS), (5161, "trunk-transport")),
        (Topology.LAN, (AGENTS,), (5060, "trunk-transport")),
        (Topology.LAN, (), (5060, "trunk-transport")),
        (Topology.WAN, (5060, AGENTS), (5060, "trunk-transport")),
        (Topology.WAN, (5161, 5162, 5163, AGENTS), (5162, "trunk-nat-transport")),
        (Topology.DOCKER, (5060, 5163), (5163, "trunk-nat-docker-transport")),
        (Topology.DOCKER, (5060,), (5163, "trunk-nat-docker-transport")),
    ],
)
def test_the_port_that_answers_is_proposed(topology: Topology, ports: tuple[int, ...], found: tuple[int, str]) -> None:
    address = f"127.{secrets.randbelow(100) + 100}.{secrets.randbelow(250) + 1}.{secrets.randbelow(250) + 1}"
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(listening(address, port))
        assert omnileads_port.find(address, topology) == found


def test_nothing_is_asked_where_the_answer_would_not_count() -> None:
    with listening("127.0.99.9", 5161):
        assert omnileads_port.find("127.0.99.9", Topology.LAN, may_ask=False) == (5060, "trunk-transport")
