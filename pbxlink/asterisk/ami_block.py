"""Many AMI actions sent as one text, whose answers are compared as one text: that none failed is seen at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Action = tuple[str, Mapping[str, str]]
"""A name and headers."""


class Block:
    """Actions of one name. Each has an ActionID of its own, so that whichever failed is known."""

    def __init__(self, number: int, name: str, headers: Sequence[Mapping[str, str]]) -> None:
        self.name = name
        self.headers = headers
        self._identifier = f"pbxlink-{number}-"

    def __len__(self) -> int:
        return len(self.headers)

    @property
    def actions(self) -> Iterator[Action]:
        """The actions one by one."""
        return ((self.name, headers) for headers in self.headers)

    @property
    def identifiers(self) -> list[str]:
        """The ActionIDs, in order."""
        return [f"{self._identifier}{place}" for place in range(len(self.headers))]

    def packets(self) -> bytes:
        """What is sent. Raises ValueError for a value of more than one line."""
        bodies = ["".join([f"{name}: {value}\r\n" for name, value in headers.items()]) for headers in self.headers]
        lines = sum(map(len, self.headers))
        begin = f"Action: {self.name}\r\nActionID: {self._identifier}"
        whole = "".join([f"{begin}{place}\r\n{body}\r\n" for place, body in enumerate(bodies)])
        expected = lines + 3 * len(bodies)
        if whole.count("\r") != expected or whole.count("\n") != expected or "\0" in whole:
            named = (each for headers in self.headers for each in headers.items())
            wrong = next(name for name, value in named if not {"\r", "\n", "\0"}.isdisjoint(value))
            raise ValueError(f"AMI header {wrong} must be one line")
        return whole.encode()

    def all_succeeded(self, message: str) -> bytes:
        """The answers to all where each succeeded, with that message."""
        begin, end = f"Response: Success\r\nActionID: {self._identifier}", f"\r\nMessage: {message}\r\n\r\n"
        return "".join([f"{begin}{place}{end}" for place in range(len(self.headers))]).encode()
