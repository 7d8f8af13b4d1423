"""AMI's effects: every connection, and every action as a packet of its own."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from pbxlink.asterisk.ami import Ami, AmiTimeout, Message
from pbxlink.asterisk.ami_connection import AmiConnection
from tests.faults.effects import HARD, Act, Failure, Watch

_connect, _send, _close = Ami._connect, Ami._send, Ami.close
Waiting = dict[str, Any]
_WRITING = ("DBPut", "DBDel", "Command module reload")


def watch_ami(watch: Watch) -> None:
    """Puts the watch around `pbxlink.asterisk.ami` in this process, for good."""

    def connect(ami: Ami) -> AmiConnection:
        def refused(act: Act) -> Any:
            return _unreachable(ami)

        found: AmiConnection = watch.around(
            "ami", "connect", lambda: _connect(ami), {"refused": refused, HARD: refused}, writes=False
        )
        return found

    def send(ami: Ami, batch: list[tuple[str, Mapping[str, str]]], waiting: Waiting) -> None:
        for name, headers in batch:
            _send_one(watch, ami, name, headers, waiting)

    def close(ami: Ami) -> None:
        watch.around("ami", "Logoff", lambda: _close(ami), {}, writes=False)

    replaced: Any = Ami
    replaced._connect, replaced._send, replaced.close = connect, send, close


def _send_one(watch: Watch, ami: Ami, name: str, headers: Mapping[str, str], waiting: Waiting) -> None:
    def act() -> None:
        _send(ami, [(name, headers)], waiting)

    def cut(act: Act) -> None:
        _cut(ami)
        act()

    def cut_after(act: Act) -> None:
        act()
        _cut(ami)

    def refused(act: Act) -> None:
        identifier = f"pbxlink-{next(ami._ids)}"
        answer = (("Response", "Error"), ("ActionID", identifier), ("Message", "Permission denied"))
        waiting[identifier] = Message(answer)

    def silent(act: Act) -> None:
        act()
        ami._connection.read_packet = lambda deadline: _time_is_up(ami)  # type: ignore[method-assign]

    ways: dict[str, Failure] = {"cut": cut, "cut-after": cut_after, "timeout": silent, "refused": refused, HARD: cut}
    what = f"{name} {headers.get('Command') or headers.get('Key') or ''}".strip()
    watch.around("ami", what, act, ways, writes=what.startswith(_WRITING))


def _cut(ami: Ami) -> None:
    ami._connection._socket.shutdown(socket.SHUT_RDWR)


def _time_is_up(ami: Ami) -> bytes:
    raise AmiTimeout(ami._connection.gone("timeout"))


def _unreachable(ami: Ami) -> AmiConnection:
    """The error of a port where nobody listens, as the client itself tells it."""
    with socket.socket() as taken:
        taken.bind((ami._address.host, 0))
        port = taken.getsockname()[1]
    kept = ami._address
    ami._address = type(kept)(kept.host, port, kept.user, kept.secret)
    try:
        return _connect(ami)
    finally:
        ami._address = kept
