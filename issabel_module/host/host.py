"""The machine that the PBX runs on, in three verbs: run a command, read a file, reach a port or socket. Nothing above
knows which host it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Finished:
    """A command that ended by itself: its exit code, and what it said, errors after the rest."""

    code: int
    output: str


@dataclass(frozen=True)
class Place:
    """Where a server listens: a Unix socket, or else the port of a host."""

    host: str = ""
    port: int = 0
    socket: str = ""

    def __str__(self) -> str:
        return self.socket or f"{self.host}:{self.port}"


class Host(Protocol):
    """The PBX's machine."""

    @property
    def is_here(self) -> bool:
        """Whether this command runs on it, so that what answers here answers there."""
        ...

    def run(self, line: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
        """Runs a command with `environment` added to its own, and waits for nothing that it leaves running. Raises
        OSError where it cannot be started, TimeoutError where it has not ended after `seconds`, and is ended then."""
        ...

    def may_run(self, path: Path) -> str:
        """Why the file cannot be run; empty where it can."""
        ...

    def read(self, path: Path) -> str:
        """The text of a file. Raises OSError."""
        ...

    def first_socket(self, paths: Sequence[str]) -> str:
        """The first of these paths at which there is a Unix socket; empty where there is none."""
        ...

    def reach(self, place: Place) -> Place:
        """Where from here the server is reached that listens, as the PBX's machine sees it, at `place`."""
        ...
