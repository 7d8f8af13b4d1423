"""AMI's messages: what is sent and what comes back, header lines ended by an empty one."""

from __future__ import annotations

from collections.abc import Mapping


class Message:
    """One response or event: its header lines in order; a name may stand more than once.

    What came is taken apart when it is asked for: of ten thousand answers nobody reads more than that it was done.
    """

    __slots__ = ("_headers", "_packet")

    def __init__(self, headers: tuple[tuple[str, str], ...] = (), packet: bytes = b"") -> None:
        self._packet = packet
        self._headers = headers

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names and values."""
        if self._packet and not self._headers:
            lines = self._packet.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
            self._headers = tuple(_header(line) for line in lines if line)
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
        """Whether a response says Success (or Follows, as older releases answer a Command)."""
        return self._packet.startswith(b"Response: Success\r\n") or self.get("Response") in {"Success", "Follows"}

    @property
    def action_id(self) -> str:
        """Of which action it speaks; empty where of none."""
        _, found, rest = self._packet.partition(b"\r\nActionID: ")
        return rest.partition(b"\r\n")[0].decode("utf-8", "replace") if found else self.get("ActionID")


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    return (name, value[1:] if value.startswith(" ") else value) if separator else ("Output", name)


def packet_of(action: str, identifier: str, headers: Mapping[str, str]) -> bytes:
    """An action as it is sent. Raises ValueError where a value is more than one line."""
    body = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if body.count("\r") != len(headers) or body.count("\n") != len(headers) or "\0" in body:
        name = next(name for name, value in headers.items() if not {"\r", "\n", "\0"}.isdisjoint(value))
        raise ValueError(f"AMI header {name} must be one line")
    return f"Action: {action}\r\nActionID: {identifier}\r\n{body}\r\n".encode()
