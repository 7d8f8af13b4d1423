"""A small client of Asterisk's Manager Interface: actions in flight on one connection, lists, events, all bounded.

Own code by agreement: the libraries have been stale for years, and this needs little. Answers may carry passwords
(AuthDetail does, in clear), so nothing received is ever logged or put into an error whole.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType

from pbxlink.errors import SideUnavailable
from pbxlink.findings import error

_WINDOW = 256
"""Actions in flight: enough to hide the round trip, few enough that neither side's buffer fills."""


@dataclass(frozen=True)
class Message:
    """One response or event: its header lines in order; a name may stand more than once."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """The first value of the header `name`, in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """Every value of the header `name`."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def succeeded(self) -> bool:
        """Whether a response says Success (or Follows, as older releases answer a Command)."""
        return self.get("Response") in {"Success", "Follows"}


@dataclass(frozen=True)
class AmiAddress:
    """Where an AMI listens and who logs in."""

    host: str
    port: int
    user: str
    secret: str

    def __repr__(self) -> str:
        return f"AmiAddress({self.user}@{self.host}:{self.port})"


class Ami:
    """One logged-in connection. Use as a context manager; every wait ends after `timeout` seconds.

    Raises SideUnavailable when the AMI does not answer, refuses the login or closes the connection.
    """

    def __init__(self, address: AmiAddress, timeout: float = 10.0, events: str = "off") -> None:
        self._address = address
        self._timeout = timeout
        self._ids = itertools.count(1)
        self._events: list[Message] = []
        self._buffer = b""
        self._headers: list[tuple[str, str]] = []
        self._socket = self._connect()
        try:
            self._login(events)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Ami:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Logs off and closes; never raises."""
        try:
            self._socket.sendall(b"Action: Logoff\r\n\r\n")
        except OSError:
            pass
        finally:
            self._socket.close()

    def action(self, name: str, headers: Mapping[str, str] | None = None) -> Message:
        """Sends one action and returns its response."""
        return next(self.actions([(name, headers or {})]))

    def actions(self, wanted: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Message]:
        """Sends many actions, `_WINDOW` of them in flight, and yields their responses in the order asked."""
        source = iter(wanted)
        waiting: dict[str, Message | None] = {}
        while True:
            batch = list(itertools.islice(source, _WINDOW - len(waiting)))
            self._send(batch, waiting)
            if not waiting:
                return
            first = next(iter(waiting))
            deadline = time.monotonic() + self._timeout
            while waiting[first] is None:
                self._take_response(waiting, deadline)
            yield waiting.pop(first) or Message(())

    def listing(self, name: str, headers: Mapping[str, str] | None = None, absent: str = "") -> list[Message]:
        """The events of a list action, without the closing one; empty where an error says `absent`.

        Raises SideUnavailable on any other error: what was refused must not read as none.
        """
        response = self.action(name, headers)
        if not response.succeeded:
            if absent not in response.get("Message"):
                raise self._gone(response.get("Message"))
            return []
        wanted = response.get("ActionID")
        items: list[Message] = []
        for event in self._stream(self._timeout):
            if event.get("ActionID") == wanted:
                if event.get("EventList").lower() == "complete":
                    return items
                items.append(event)
        raise self._gone("timeout")

    def command(self, line: str) -> list[str]:
        """The output lines of a CLI command."""
        response = self.action("Command", {"Command": line})
        return response.all("Output")

    def events(self, seconds: float) -> Iterator[Message]:
        """The events that come within `seconds`; ends then. The caller may stop earlier."""
        yield from self._stream(seconds)

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection((self._address.host, self._address.port), self._timeout)
        except OSError as problem:
            reason = problem.strerror or "timeout"
            raise SideUnavailable(
                error("ami.unreachable", host=self._address.host, port=self._address.port, reason=reason)
            ) from problem

    def _login(self, events: str) -> None:
        banner = self._read_line(time.monotonic() + self._timeout)
        if not banner.startswith(b"Asterisk Call Manager"):
            raise self._gone("banner")
        response = self.action(
            "Login", {"Username": self._address.user, "Secret": self._address.secret, "Events": events}
        )
        if not response.succeeded:
            raise SideUnavailable(
                error("ami.refused", host=self._address.host, port=self._address.port, user=self._address.user)
            )

    def _send(self, batch: list[tuple[str, Mapping[str, str]]], waiting: dict[str, Message | None]) -> None:
        packets = []
        for name, headers in batch:
            identifier = f"pbxlink-{next(self._ids)}"
            waiting[identifier] = None
            packets.append(_packet({"Action": name, "ActionID": identifier, **headers}))
        if packets:
            try:
                self._socket.settimeout(self._timeout)
                self._socket.sendall(b"".join(packets))
            except OSError as problem:
                raise self._gone(problem.strerror or "timeout") from problem

    def _take_response(self, waiting: dict[str, Message | None], deadline: float) -> None:
        message = self._read_message(deadline)
        identifier = message.get("ActionID")
        if message.get("Response") and identifier in waiting:
            waiting[identifier] = message
        elif message.get("Event"):
            self._events.append(message)

    def _stream(self, seconds: float) -> Iterator[Message]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._events:
                yield self._events.pop(0)
                continue
            try:
                message = self._read_message(deadline)
            except TimeoutError:
                return
            if message.get("Event"):
                yield message

    def _read_message(self, deadline: float) -> Message:
        """The next message. What came of one when time is up is kept: the rest follows at a later call."""
        while True:
            line = self._read_line(deadline)
            if line:
                self._headers.append(_header(line.decode("utf-8", "replace")))
            elif self._headers:
                headers, self._headers = self._headers, []
                return Message(tuple(headers))

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AmiTimeout(self._gone("timeout"))
            self._socket.settimeout(left)
            try:
                received = self._socket.recv(65536)
            except socket.timeout:
                continue
            except OSError as problem:
                raise self._gone(problem.strerror or "?") from problem
            if not received:
                raise self._gone("closed")
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def _gone(self, reason: str) -> SideUnavailable:
        return SideUnavailable(error("ami.gone", host=self._address.host, port=self._address.port, reason=reason))


class AmiTimeout(SideUnavailable, TimeoutError):
    """Nothing came in time."""

    def __init__(self, told: SideUnavailable) -> None:
        super().__init__(*told.findings)


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    return (name, value[1:] if value.startswith(" ") else value) if separator else ("Output", name)


def _packet(headers: Mapping[str, str]) -> bytes:
    for name, value in headers.items():
        if "\r" in value or "\n" in value or "\0" in value:
            raise ValueError(f"AMI header {name} must be one line")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("utf-8") + b"\r\n"
