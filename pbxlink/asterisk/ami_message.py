"""AMI's messages: what is sent and what comes back, header lines ended by an empty one.

A CLI command's output comes in two forms: from Asterisk 14 on each line as a header `Output`; up to 13 the lines as
they are, behind the headers, ended by `--END COMMAND--` (main/manager.c). Both are read as `Output`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_END = b"\r\n\r\n"
_FOLLOWS = b"Response: Follows\r\n"
_END_COMMAND = b"--END COMMAND--"


def packets_of(received: bytes) -> tuple[list[bytes], bytes]:
    """The whole messages in what was received, and the rest. Raw output may itself hold empty lines."""
    packets: list[bytes] = []
    begun = b""
    *parts, rest = received.split(_END)
    for part in parts:
        whole = begun + part
        is_open = whole.startswith(_FOLLOWS) and not whole.endswith(_END_COMMAND)
        begun = whole + _END if is_open else b""
        if not is_open and whole.strip():
            packets.append(whole)
    return packets, begun + rest


class Message:
    """One response or event: its header lines in order; a name may occur more than once.

    The packet is parsed on demand: of most answers only `succeeded` is read.
    """

    __slots__ = ("_headers", "_packet")

    def __init__(self, headers: tuple[tuple[str, str], ...] = (), packet: bytes = b"") -> None:
        self._packet = packet
        self._headers = headers

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names and values."""
        if self._packet and not self._headers:
            read = _raw_headers if self._packet.startswith(_FOLLOWS) else _plain_headers
            self._headers = tuple(read(self._packet))
        return self._headers

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
        """Whether the response is Success (or Follows, the answer to a Command in older releases)."""
        return self._packet.startswith(b"Response: Success\r\n") or self.get("Response") in {"Success", "Follows"}

    @property
    def action_id(self) -> str:
        """The ActionID; empty where there is none."""
        _, found, rest = self._packet.partition(b"\r\nActionID: ")
        return rest.partition(b"\r\n")[0].decode("utf-8", "replace") if found else self.get("ActionID")


def _plain_headers(packet: bytes) -> Iterator[tuple[str, str]]:
    lines = packet.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    return (_header(line) for line in lines if line)


def _raw_headers(packet: bytes) -> Iterator[tuple[str, str]]:
    """Of the old form: its two or three headers, each ended as headers are, then the output."""
    head = _RAW_HEAD.match(packet)
    start = head.end() if head else 0
    yield from _plain_headers(packet[:start])
    output = packet[start:].removesuffix(_END_COMMAND).decode("utf-8", "replace").replace("\r\n", "\n")
    yield from (("Output", line) for line in output.removesuffix("\n").split("\n"))


_RAW_HEAD = re.compile(rb"(?:(?:Response|Privilege|ActionID): [^\r\n]*\r\n)+")


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    return (name, value[1:] if value.startswith(" ") else value) if separator else ("Output", name)


def packet_of(action: str, identifier: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of an action. Raises ValueError for a value of more than one line."""
    body = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if body.count("\r") != len(headers) or body.count("\n") != len(headers) or "\0" in body:
        name = next(name for name, value in headers.items() if not {"\r", "\n", "\0"}.isdisjoint(value))
        raise ValueError(f"AMI header {name} must be one line")
    return f"Action: {action}\r\nActionID: {identifier}\r\n{body}\r\n".encode()
