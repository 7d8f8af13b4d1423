"""AMI's effects: every connection, and every action as a packet of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from pbxlink.asterisk.ami import Action, Ami, AmiTimeout, Message
from pbxlink.asterisk.ami_block import Block
from pbxlink.asterisk.ami_connection import AmiConnection
from pbxlink.asterisk.ami_message import packet_of
from tests.faults.effects import HARD, Act, Failure, Watch

_connect, _send, _close = Ami._connect, Ami._send, Ami.close
Waiting = dict[str, Any]
_REFUSAL = b"Response: Error\r\nActionID: %s\r\nMessage: Permission denied"
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

    def send(ami: Ami, batch: list[Action], waiting: Waiting) -> None:
        for action in batch:
            _send_one(watch, ami, action, partial(_send, ami, [action], waiting), partial(_refused, ami, waiting))

    def send_block(ami: Ami, block: Block) -> None:
        for identifier, action in zip(block.identifiers, block.actions):
            packet = packet_of(action[0], identifier, action[1])
            refused = partial(ami._connection._packets.append, _REFUSAL % identifier.encode())
            _send_one(watch, ami, action, partial(ami._connection.send, packet), refused)

    def close(ami: Ami) -> None:
        watch.around("ami", "Logoff", lambda: _close(ami), {}, writes=False)

    replaced: Any = Ami
    replaced._connect, replaced._send, replaced._send_block, replaced.close = connect, send, send_block, close


def _refused(ami: Ami, waiting: Waiting) -> None:
    identifier = f"pbxlink-{next(ami._ids)}"
    waiting[identifier] = Message(packet=_REFUSAL % identifier.encode())


def _send_one(watch: Watch, ami: Ami, action: Action, act: Callable[[], None], refuse: Callable[[], None]) -> None:
    def cut(act: Act) -> None:
        _cut(ami)
        act()

    def cut_after(act: Act) -> None:
        act()
        _cut(ami)

    def refused(act: Act) -> None:
        refuse()

    def silent(act: Act) -> None:
        act()
        ami._connection.read_packet = lambda deadline: _time_is_up(ami)  # type: ignore[method-assign]
        ami._connection.take = lambda expected, deadline: _time_is_up(ami)  # type: ignore[method-assign]

    ways: dict[str, Failure] = {"cut": cut, "cut-after": cut_after, "timeout": silent, "refused": refused, HARD: cut}
    name, headers = action
    what = f"{name} {headers.get('Command') or headers.get('Key') or ''}".strip()
    watch.around("ami", what, act, ways, writes=what.startswith(_WRITING))


def _cut(ami: Ami) -> None:
    ami._connection._socket.shutdown(socket.SHUT_RDWR)


def _time_is_up(ami: Ami) -> Any:
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
