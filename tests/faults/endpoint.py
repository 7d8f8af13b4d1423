"""An Asterisk for sweeps: AMI with an AstDB in a process of its own, set and read between two points.

Real Asterisks judge a sample of the points (test_faults.py); this one answers thousands of them in the same way.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import socketserver
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pbxlink.asterisk.ami import Ami, AmiAddress
from tests.demo.manager import Answer, DemoAsterisk, Trunks, sections, text_of

_QUIET_SECONDS = 10.0
_USER, _SECRET = "admin", "endpoint-secret"


class Endpoint(DemoAsterisk):
    """Shows what it had loaded, as Asterisk does: `read` gives what the files say at a `core reload`."""

    def __init__(
        self,
        read: Callable[[], Trunks],
        sip_port: int = 5060,
        transport: str = "",
        dialplan: Callable[[], str] = str,
        **more: Any,
    ) -> None:
        super().__init__(
            trunks=lambda: self.loaded, sip_port=sip_port, transport=transport, dialplan=lambda: self.extensions, **more
        )
        self.loaded: Trunks = {}
        self.extensions = ""
        self._read, self._read_dialplan = read, dialplan

    def answer(self, action: Mapping[str, str]) -> list[Answer]:
        """As its parent; a reload loads."""
        if action.get("Command") == "core reload":
            self.loaded, self.extensions = self._read(), self._read_dialplan()
        return super().answer(action)

    def _dbget(self, action: Mapping[str, str]) -> list[Answer]:
        first, *more = super()._dbget(action)
        return [[*first, ("EventList", "start")], *more] if more else [first]

    def _faultsset(self, action: Mapping[str, str]) -> list[Answer]:
        state = json.loads(action["Json"])
        self.astdb, self.loaded, self.extensions = state["astdb"], state["loaded"], state.get("extensions", "")
        return [[("Response", "Success")]]

    def _faultsget(self, action: Mapping[str, str]) -> list[Answer]:
        state = {"astdb": self.astdb, "loaded": self.loaded, "extensions": self.extensions}
        return [[("Response", "Success"), ("Json", json.dumps(state))]]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64
    sessions = 0
    """Counted when accepted, so that a session that is still to be served is one as well."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self.sessions += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.sessions -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed reads no answer."""


def _serve(endpoint: Endpoint, listening: socket.socket) -> None:
    class Handler(socketserver.StreamRequestHandler):
        wbufsize = -1

        def handle(self) -> None:
            _converse(endpoint, self, server)

    server = _Server(listening.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.serve_forever(poll_interval=5)


def _converse(endpoint: Endpoint, handler: socketserver.StreamRequestHandler, server: _Server) -> None:
    handler.wfile.write(b"Asterisk Call Manager/5.0.4\r\n")
    handler.wfile.flush()
    action: dict[str, str] = {}
    for line in handler.rfile:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        if name:
            action[name] = value.removeprefix(" ")
            continue
        if action.get("Action") == "Logoff":
            return
        if action.get("Action") == "FaultsGet":
            _wait_for_others(server)
        for packet in endpoint.answer(action):
            named = [*packet, ("ActionID", action.get("ActionID", ""))]
            handler.wfile.write("".join(f"{key}: {value}\r\n" for key, value in named).encode() + b"\r\n")
        handler.wfile.flush()
        action = {}


def _wait_for_others(server: _Server) -> None:
    """What a killed process had sent is done before anything is read."""
    deadline = time.monotonic() + _QUIET_SECONDS
    while server.sessions > 1 and time.monotonic() < deadline:
        time.sleep(0.001)


class Control:
    """The endpoint as the harness holds it."""

    def __init__(self, port: int) -> None:
        self.address = AmiAddress("127.0.0.1", port, _USER, _SECRET)

    def get(self) -> dict[str, Any]:
        """AstDB, loaded trunks and dialplan, once every other session has ended."""
        with Ami(self.address) as ami:
            found: dict[str, Any] = json.loads(ami.action("FaultsGet").get("Json"))
            return found

    def put(self, state: Mapping[str, Any]) -> None:
        """Makes them these."""
        with Ami(self.address) as ami:
            assert ami.action("FaultsSet", {"Json": json.dumps(state)}).succeeded


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Control]:
    """The endpoint in a process of its own, which ends with the block."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(endpoint, listening), daemon=True)
    process.start()
    port = listening.getsockname()[1]
    listening.close()
    try:
        yield Control(port)
    finally:
        process.kill()
        process.join()


def trunks_of(path: Path) -> Trunks:
    """The sections of a generated file."""
    return sections(text_of(path))
