"""The machine that the PBX runs on, in three verbs: run a command, read a file, reach a port. Nothing above knows which
host it has."""

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


class Host(Protocol):
    """The PBX's machine."""

    def run(self, line: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
        """Runs a command with `environment` added to its own. Raises OSError where it cannot be started, TimeoutError
        where it has not ended after `seconds`, and is ended then."""
        ...

    def may_run(self, path: Path) -> str:
        """Why the file cannot be run; empty where it can."""
        ...

    def read(self, path: Path) -> str:
        """The text of a file. Raises OSError."""
        ...

    def reach(self, host: str, port: int) -> tuple[str, int]:
        """Where from here the port of a host that the PBX's machine calls `host` is reached."""
        ...
