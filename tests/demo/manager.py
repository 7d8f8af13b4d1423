"""An Asterisk of the demo: answers AMI as far as an apply asks, and SIP OPTIONS; carries no calls.

What it shows as peers and endpoints is read from the files that the PBX's and OML's own generators wrote.
"""

from __future__ import annotations

import socket
import socketserver
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Trunks = Mapping[str, Mapping[str, str]]
"""Sections of a generated file by name: their settings."""

Answer = list[tuple[str, str]]


_BUILT_IN = {
    "from-pbx": (), "oml-dial-in": (), "sub-oml-set-chanvars": (),
    "from-internal": ("ext-local", "outbound-allroutes"), "ext-local": (),
}  # fmt: skip
"""Contexts that every OML or PBX has, with what they include."""


@dataclass
class DemoAsterisk:
    """`trunks` reads the generated file anew each time; `sip_port` is where it claims to listen."""

    trunks: Callable[[], Trunks]
    sip_port: int
    transport: str = ""
    dialplan: Callable[[], str] = str
    """Reads OML's generated dialplan anew each time."""
    astdb: dict[str, str] = field(default_factory=dict)

    def answer(self, action: Mapping[str, str]) -> list[Answer]:
        """The packets that answer one action."""
        handler = getattr(self, "_" + action.get("Action", "").lower(), None)
        return handler(action) if handler else [_error("not in this demo")]

    def _login(self, action: Mapping[str, str]) -> list[Answer]:
        return [_success()]

    def _modulecheck(self, action: Mapping[str, str]) -> list[Answer]:
        is_loaded = action["Module"] == ("chan_pjsip" if self.transport else "chan_sip")
        return [_success() if is_loaded else _error("Module not loaded")]

    def _dbput(self, action: Mapping[str, str]) -> list[Answer]:
        self.astdb[_key(action)] = action.get("Val", "")
        return [_success()]

    def _dbdel(self, action: Mapping[str, str]) -> list[Answer]:
        return [_success() if self.astdb.pop(_key(action), None) is not None else _error("Database entry not found")]

    def _dbget(self, action: Mapping[str, str]) -> list[Answer]:
        value = self.astdb.get(_key(action))
        if value is None:
            return [_error("Database entry not found")]
        done = [("Event", "DBGetComplete"), ("EventList", "Complete")]
        event = [("Event", "DBGetResponse"), ("Family", action["Family"]), ("Key", action["Key"]), ("Val", value)]
        return [_success(), event, done]

    def _command(self, action: Mapping[str, str]) -> list[Answer]:
        return [[*_success(), *(("Output", line) for line in self._output(action["Command"]))]]

    def _output(self, command: str) -> Iterator[str]:
        words = command.split()
        if words[:2] == ["database", "query"]:
            yield from self._queried(command.split('"')[1])
        elif words[:2] == ["database", "show"]:
            start = "/" + "/".join(words[2:])
            found = {key: value for key, value in self.astdb.items() if key == start or key.startswith(start + "/")}
            yield from (f"{key:<50}: {value:<25}" for key, value in sorted(found.items()))
        elif command == "sip show settings":
            yield f"  UDP Bindaddress:        0.0.0.0:{self.sip_port}"
        elif command == "pjsip show transports" and self.transport:
            yield f"Transport:  {self.transport}           udp      0      0  0.0.0.0:{self.sip_port}"
        elif words[:2] == ["dialplan", "show"]:
            number, sign, name = words[2].rpartition("@")
            lines = list(context(self.dialplan(), name, number if sign else ""))
            if name in _BUILT_IN and not sign:
                yield f"[ Context '{name}' created by 'pbx_config' ]"
                yield from (f"  Include =>        '{each}'    [pbx_config]" for each in _BUILT_IN[name])
                lines = lines[1:]
            yield from lines

    def _queried(self, statement: str) -> Iterator[str]:
        """As Asterisk prints it, whose AstDB is the same SQLite table."""
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256), PRIMARY KEY (key))")
            database.executemany("INSERT INTO astdb VALUES (?, ?)", self.astdb.items())
            found = database.execute(statement)
            names = [column[0] for column in found.description]
            for row in found:
                yield from (f"{name:<5}: {'(null)' if value is None else value:<50}" for name, value in zip(names, row))
                yield ""

    def _sipshowpeer(self, action: Mapping[str, str]) -> list[Answer]:
        peer = self.trunks().get(action["Peer"])
        if peer is None:
            return [_error("Peer not found")]
        return [[*_success(), ("ToHost", peer["host"]), ("Address-Port", peer["port"]), ("Status", "Unmonitored")]]

    def _pjsipshowendpoint(self, action: Mapping[str, str]) -> list[Answer]:
        name = action["Endpoint"]
        trunk = self.trunks().get(name)
        if trunk is None:
            return [_error("Unable to retrieve endpoint " + name)]
        detail = [("Event", "EndpointDetail"), ("ObjectName", name), ("Transport", trunk["transport"])]
        detail += [("Context", trunk["endpoint/context"]), ("FromUser", trunk["endpoint/from_user"])]
        detail += [("MediaEncryption", trunk.get("endpoint/media_encryption", "no"))]
        auths = [_auth(trunk, name, direction) for direction in ("inbound", "outbound")]
        contact = [("Event", "ContactStatusDetail"), ("URI", "sip:" + trunk["remote_hosts"]), ("Status", "Reachable")]
        return [_success(), detail, *auths, contact, [("Event", "EndpointDetailComplete"), ("EventList", "Complete")]]


def _auth(trunk: Mapping[str, str], name: str, direction: str) -> Answer:
    user, password = trunk[f"{direction}_auth/username"], trunk[f"{direction}_auth/password"]
    return [("Event", "AuthDetail"), ("ObjectName", f"{name}-{direction[0]}auth"), ("Username", user),
            ("Password", password)]  # fmt: skip


def context(dialplan: str, name: str, number: str = "") -> Iterator[str]:
    """A context as `dialplan show` prints it, or one extension of it."""
    _, found, rest = dialplan.partition(f"[{name}]\n")
    if not found:
        yield f"There is no existence of '{name}' context"
        return
    exten = (
        line[len("exten => ") :].split(",", 2) for line in rest.partition("\n[")[0].splitlines() if _is_exten(line)
    )
    shown = [f"  '{each[0]}' =>          {each[1]}. {each[-1]}" for each in exten if number in ("", each[0])]
    if number and not shown:
        yield f"There is no existence of {number}@{name} extension"
        return
    yield f"[ Context '{name}' created by 'pbx_config' ]"
    yield from shown


def _is_exten(line: str) -> bool:
    return line.startswith("exten => ")


def text_of(path: Path) -> str:
    """A generated file; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def sections(content: str) -> Trunks:
    """The sections of a generated sip or wizard file."""
    parser = ConfigParser(
        strict=False, interpolation=None, delimiters=("=",), comment_prefixes=(";",), allow_no_value=True
    )
    parser.read_string(content)
    return {name: dict(parser[name]) for name in parser.sections()}


@contextmanager
def running(asterisk: DemoAsterisk, host: str, sip_address: str) -> Iterator[int]:
    """Answers AMI on a free port of `host`, which is returned, and OPTIONS on `sip_address`.

    The SIP port is the one asked for or, where that is taken, a free one, which `asterisk` then says.
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _converse(asterisk, self)

    server = socketserver.ThreadingTCPServer((host, 0), Handler)
    server.daemon_threads = True
    pinged = _bound(sip_address, asterisk.sip_port)
    asterisk.sip_port = pinged.getsockname()[1]
    for work in (server.serve_forever, lambda: _answer_pings(pinged)):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        pinged.close()


def _bound(address: str, wanted: int) -> socket.socket:
    """A UDP socket on the wanted port, or on a free one where something else has it."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        channel.bind((address, wanted))
    except OSError:
        channel.bind((address, 0))
    return channel


def _converse(asterisk: DemoAsterisk, handler: socketserver.StreamRequestHandler) -> None:
    handler.wfile.write(b"Asterisk Call Manager/5.0.4\r\n")
    action: dict[str, str] = {}
    for line in handler.rfile:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        if name:
            action[name] = value.removeprefix(" ")
            continue
        if action.get("Action") == "Logoff":
            return
        for packet in asterisk.answer(action):
            handler.wfile.write(_encoded([*packet, ("ActionID", action.get("ActionID", ""))]))
        action = {}


def _answer_pings(pinged: socket.socket) -> None:
    while True:
        try:
            packet, sender = pinged.recvfrom(4096)
            echoed = (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
            kept = [line for line in packet.split(b"\r\n") if line.split(b":")[0] in echoed]
            pinged.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""]), sender)
        except OSError:  # closed: the end
            return


def _encoded(packet: Answer) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in packet).encode() + b"\r\n"


def _key(action: Mapping[str, str]) -> str:
    return f"/{action['Family']}/{action['Key']}"


def _success() -> Answer:
    return [("Response", "Success")]


def _error(message: str) -> Answer:
    return [("Response", "Error"), ("Message", message)]
