"""A whole link on an Asterisk whose manager speaks as Asterisk 13 does.

No Asterisk 13 is to be had as a package: a proxy rewrites what the real one answers into the form that
main/manager.c of Asterisk 11 and 13 writes.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.pbx.product import Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]


def _older(packet: bytes) -> bytes:
    lines = packet.split(b"\r\n")
    if b"Message: Command output follows" not in lines:
        return b"\r\n".join(b"AsteriskVersion: 13.38.3" if x.startswith(b"AsteriskVersion:") else x for x in lines)
    output = [line[len(b"Output: ") :] for line in lines if line.startswith(b"Output:")]
    identifier = [line for line in lines if line.startswith(b"ActionID:")]
    head = [b"Response: Follows", b"Privilege: Command", *identifier, b""]
    return b"\r\n".join(head) + b"".join(line + b"\n" for line in output) + b"--END COMMAND--"


def _back(server: socket.socket, client: socket.socket) -> None:
    buffer = b""
    with suppress(OSError):
        client.sendall(server.recv(1024))  # the banner, which is no message
        while received := server.recv(65536):
            *packets, buffer = (buffer + received).split(b"\r\n\r\n")
            client.sendall(b"".join(_older(packet) + b"\r\n\r\n" for packet in packets))
        client.shutdown(socket.SHUT_RDWR)


def _forth(client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while received := client.recv(65536):
            server.sendall(received)
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def older_manager(address: tuple[str, int]) -> Iterator[int]:
    """The port of the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(address)
                    for work, ends in ((_back, (server, client)), (_forth, (client, server))):
                        threading.Thread(target=work, args=ends, daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def test_a_link_is_applied_and_removed(bench: Bench) -> None:
    params, before = bench.pbx.params, bench.snapshot()
    with older_manager((params.ami_host, params.ami_port)) as port:
        conf = str(bench.amportal(ASTMANAGERHOST="127.0.0.1", ASTMANAGERPORT=str(port)))
        bench.done("apply", "--yes", "--amportal-conf", conf)
        assert bench.astdb()["/DEVICE/098098/dial"]
        done = bench.json("plan", "--amportal-conf", conf)
        assert (done.code, done.actions) == (0, []), done.out
        bench.done("remove", "--yes", "--amportal-conf", conf)
    assert difference(before, bench.snapshot()) == {}
