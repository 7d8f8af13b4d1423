"""A small AMI client: enough for the stand-in's reload and for tests, with many actions in flight on one connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from types import TracebackType

BATCH = 200
Message = list[tuple[str, str]]


class AmiError(Exception):
    """The manager could not be reached, refused the login, or closed the connection."""


class Ami:
    """One logged-in manager session without unsolicited events. `timeout` in seconds, for each answer."""

    def __init__(self, host: str, port: int, user: str, secret: str, timeout: float = 60.0) -> None:
        self._buffer = b""
        self._serial = 0
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise AmiError(f"cannot connect to {host}:{port}: {error}") from error
        try:
            self._read_until(b"\r\n")
            answer = dict(self.action("Login", Username=user, Secret=secret, Events="off"))
        except AmiError:
            self.close()
            raise
        if answer.get("Response") != "Success":
            self.close()
            raise AmiError(f"login refused: {answer.get('Message', '')}")

    def __enter__(self) -> Ami:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def action(self, name: str, **fields: str) -> Message:
        """Sends one action and returns the headers of its response (an `Output` header per line of a command)."""
        return self.actions([(name, fields)])[0]

    def actions(self, requests: Sequence[tuple[str, dict[str, str]]]) -> list[Message]:
        """Sends all actions before reading; each answer is its response followed by the events of its list."""
        first = self._serial
        self._serial += len(requests)
        text = "".join(_packet(name, f"s{first + i}", fields) for i, (name, fields) in enumerate(requests))
        self._send(text.encode())
        answers: dict[str, list[Message]] = {}
        for i in range(len(requests)):
            wanted = f"s{first + i}"
            while not _complete(answers.get(wanted, [])):
                message = self._read_message()
                answers.setdefault(dict(message).get("ActionID", ""), []).append(message)
        return [_joined(answers[f"s{first + i}"]) for i in range(len(requests))]

    def command(self, line: str) -> str:
        """Output of a CLI command."""
        answer = self.action("Command", Command=line)
        return "\n".join(value for key, value in answer if key == "Output")

    def db_get(self, family: str, key: str) -> str | None:
        return self.db_get_many([(family, key)])[0]

    def db_get_many(self, keys: Sequence[tuple[str, str]]) -> list[str | None]:
        """Values in the order of the keys; None where AstDB has no such key."""
        values: list[str | None] = []
        for start in range(0, len(keys), BATCH):
            part = [("DBGet", {"Family": family, "Key": key}) for family, key in keys[start : start + BATCH]]
            values += [dict(answer).get("Val") for answer in self.actions(part)]
        return values

    def db_put(self, family: str, key: str, value: str) -> None:
        self.db_put_many([(family, key, value)])

    def db_put_many(self, entries: Iterable[tuple[str, str, str]]) -> None:
        items = list(entries)
        for start in range(0, len(items), BATCH):
            part = [("DBPut", {"Family": f, "Key": k, "Val": v}) for f, k, v in items[start : start + BATCH]]
            for request, answer in zip(part, self.actions(part)):
                if dict(answer).get("Response") != "Success":
                    raise AmiError(f"DBPut {request[1]['Family']}/{request[1]['Key']} failed")

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise AmiError(f"connection lost: {error}") from error

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            try:
                chunk = self._socket.recv(65536)
            except OSError as error:
                raise AmiError(f"no answer: {error}") from error
            if not chunk:
                raise AmiError("connection closed")
            self._buffer += chunk
        part, _, self._buffer = self._buffer.partition(mark)
        return part

    def _read_message(self) -> Message:
        first = self._read_until(b"\r\n").decode()
        if first == "Response: Follows":  # up to Asterisk 13 a command's output stands behind the headers
            text = self._read_until(b"--END COMMAND--\r\n\r\n").decode("utf-8", "replace")
            *lines, output = text.split("\r\n")
            return _headers([first, *lines]) + [("Output", line) for line in output.removesuffix("\n").split("\n")]
        return _headers([first, *self._read_until(b"\r\n\r\n").decode("utf-8", "replace").split("\r\n")])


def connect_within(seconds: float, host: str, port: int, user: str, secret: str) -> Ami:
    """Tries until `seconds` have passed. Raises AmiError with the last reason."""
    end = time.monotonic() + seconds
    while True:
        try:
            return Ami(host, port, user, secret)
        except AmiError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.1)


def _packet(name: str, action_id: str, fields: dict[str, str]) -> str:
    lines = [
        f"Action: {name}",
        f"ActionID: {action_id}",
        *(f"{key}: {value}" for key, value in fields.items()),
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _headers(lines: Sequence[str]) -> Message:
    return [(key, value.removeprefix(" ")) for key, _, value in (line.partition(":") for line in lines)]


def _complete(messages: list[Message]) -> bool:
    """A response that opens a list is complete with the event that closes it; of Asterisk 11 neither says so."""
    if not messages:
        return False
    first, last = dict(messages[0]), dict(messages[-1])
    if first.get("EventList") != "start" and first.get("Message") != "Result will follow":
        return True
    return last.get("EventList") == "Complete" or last.get("Event") == "DBGetComplete"


def _joined(messages: list[Message]) -> Message:
    return [pair for message in messages for pair in message]
