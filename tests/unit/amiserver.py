"""A small real TCP server that speaks AMI in a thread, so that the client can be tested on what no Asterisk does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Union

Headers = dict[str, str]
Reply = Sequence[Union[bytes, float]]
"""What is sent, piece by piece; a number is a pause in seconds, an empty piece closes the connection."""
BANNER = b"Asterisk Call Manager/5.0.2\r\n"


def message(**headers: object) -> bytes:
    """One AMI message; a list gives its header once for each value."""
    lines = []
    for name, value in headers.items():
        lines += [f"{name}: {each}" for each in (value if isinstance(value, list) else [value])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def success(action: Headers, **headers: object) -> bytes:
    return message(Response="Success", ActionID=action["ActionID"], **headers)


@dataclass
class AmiServer:
    """Answers each action by `answer`; Login is always granted unless `answer` says something to it."""

    answer: Callable[[Headers], Reply]
    banner: Reply = (BANNER,)
    port: int = 0
    actions: list[Headers] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                self._talk(connection)
        self.closed.set()

    def _talk(self, connection: socket.socket) -> None:
        self._send(connection, self.banner)
        for action in self._packets(connection):
            self.actions.append(action)
            if action["Action"] == "Logoff":
                return
            reply = self.answer(action)
            if not reply and action["Action"] == "Login":
                reply = (success(action),)
            self._send(connection, reply)

    def _packets(self, connection: socket.socket) -> Iterator[Headers]:
        buffer = b""
        while received := connection.recv(65536):
            buffer += received
            *packets, buffer = buffer.split(b"\r\n\r\n")
            for packet in packets:
                lines = (line.partition(":") for line in packet.decode().split("\r\n"))
                yield {name: value[1:] for name, _, value in lines}

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        for piece in reply:
            if isinstance(piece, float):
                time.sleep(piece)
            elif piece:
                connection.sendall(piece)
            else:
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def ami_server(
    answer: Callable[[Headers], Reply] = lambda action: (), banner: Reply = (BANNER,)
) -> Iterator[AmiServer]:
    """A server for one connection on a free port of the loopback; gone when the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = AmiServer(answer, banner, listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
    assert not thread.is_alive()
